import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRoutes } from './routes.js';

const route = (fields: string): string => `routes:\n  - name: one\n    to: [{ party: other, role: legal }]\n${fields}`;

describe('routes', () => {
  it('that ship are fine, and name every kind of alert', () => {
    const file = join(__dirname, '../../../config/routes/account-managers.yaml');
    const read = readRoutes(file, readFileSync(file, 'utf8'));
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    expect(new Set(read.value.flatMap((one) => one.match.kinds))).toEqual(
      new Set(['warning', 'breach', 'revision', 'withdrawal', 'faulted', 'import-summary', 'feed.silent']),
    );
  });

  it('that say nothing about matching or webhooks match all and call nobody inside', () => {
    const read = readRoutes('r.yaml', route('    channels: [webhook]\n'));
    expect(read.ok && read.value[0]).toMatchObject({
      match: {},
      webhook: { url: null, secretFile: null, allowInternal: false },
    });
  });

  it.each([
    ['an unknown channel', '    channels: [mail, pigeon]\n', 4, 'pigeon'],
    ['an unknown kind', '    channels: [mail]\n    match: { kinds: [breach, rumour] }\n', 5, 'rumour'],
    ['a field nobody knows', '    channels: [mail]\n    when: always\n', 5, 'when'],
    ['no channel', '    channels: []\n', 4, 'at least one'],
    ['a URL that is none', '    channels: [webhook]\n    webhook: { url: example.com/hook }\n', 5, 'https://'],
    [
      'a name used twice',
      `    channels: [mail]\n  - { name: one, to: [{ party: client, role: x }], channels: [mail] }\n`,
      5,
      'one',
    ],
  ])('with %s are refused with the place', (_, fields, line, word) => {
    const read = readRoutes('r.yaml', route(fields));
    expect(read.ok ? [] : read.problems).toEqual([
      expect.objectContaining({ file: 'r.yaml', line, message: expect.stringContaining(word) }),
    ]);
  });

  it('report all their problems at once', () => {
    const read = readRoutes(
      'r.yaml',
      route('    channels: [pigeon]\n    match: { parties: [arbiter], clauses: [] }\n'),
    );
    expect(read.ok ? 0 : read.problems.length).toBe(3);
  });
});
