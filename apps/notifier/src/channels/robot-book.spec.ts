import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRobotBook } from './robot-book.js';

describe('the robots', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'robots-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const file = (name: string, text: string): void => writeFileSync(join(folder, name), text);

  it('are none where there is no folder', () => {
    expect(readRobotBook(join(folder, 'absent'))).toEqual({ ok: true, robots: new Map() });
  });

  it('have their addresses and secrets from the files they name', () => {
    file('wecom.url', 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1\n');
    file('ding.url', 'https://oapi.dingtalk.com/robot/send?access_token=2');
    file('ding.secret', 'SEC3');
    file('duty.key', '0123456789abcdef0123456789abcdef\n');
    file(
      'robots.yaml',
      `robots:
  - { name: desk, channel: wecom, urlFile: wecom.url }
  - { name: desk-2, channel: dingtalk, urlFile: ding.url, secretFile: ding.secret }
  - { name: duty, channel: pagerduty, keyFile: duty.key }
  - { name: ops, channel: alertmanager, url: 'http://alertmanager:9093', allowInternal: true }
`,
    );
    const read = readRobotBook(folder);
    expect(read.ok && [...read.robots.values()]).toEqual([
      {
        name: 'desk',
        channel: 'wecom',
        url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1',
        secret: null,
        allowInternal: false,
      },
      {
        name: 'desk-2',
        channel: 'dingtalk',
        url: 'https://oapi.dingtalk.com/robot/send?access_token=2',
        secret: 'SEC3',
        allowInternal: false,
      },
      {
        name: 'duty',
        channel: 'pagerduty',
        url: 'https://events.pagerduty.com/v2/enqueue',
        secret: '0123456789abcdef0123456789abcdef',
        allowInternal: false,
      },
      { name: 'ops', channel: 'alertmanager', url: 'http://alertmanager:9093', secret: null, allowInternal: true },
    ]);
  });

  it('are refused with the place of every mistake', () => {
    file('words', 'not a url');
    file('none', 'ftp://x');
    file(
      'a.yaml',
      'robots:\n  - { name: one, channel: wecom, urlFile: absent }\n  - { name: one, channel: wecom, urlFile: none }\n',
    );
    file('b.yaml', 'robots:\n  - { name: two, channel: feishu, urlFile: words, secretFile: words }\n');
    file('c.yaml', 'robots:\n  - { name: Three!, channel: dingtalk, urlFile: x }\n  - { name: x, channel: pigeon }\n');
    const read = readRobotBook(folder);
    expect(read.ok ? [] : read.problems.map((one) => one.replaceAll(`${folder}/`, ''))).toEqual([
      'a.yaml:2:43: absent cannot be read (ENOENT)',
      "a.yaml:3:13: there is a robot 'one' already (allowed: each name once)",
      'a.yaml:3:43: none holds no URL (allowed: https://… or http://…, nothing else)',
      'b.yaml:2:44: words is not allowed: one line without spaces, at most 4096 bytes, is',
      'b.yaml:2:63: words is not allowed: one line without spaces, at most 4096 bytes, is',
      expect.stringContaining('c.yaml:2:5: robots.0.secretFile is missing'),
      expect.stringContaining('c.yaml:2:13: robots.0.name: lower-case letters'),
      expect.stringContaining('c.yaml:3:25: robots.1.channel'),
    ]);
  });
});
