import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALERT_KINDS } from './alert.js';
import { readRoutes } from './routes.js';

const route = (fields: string): string => `routes:\n  - name: one\n    to: [{ party: other, role: legal }]\n${fields}`;

const ROBOTS = new Set(['desk', 'chiefs']);

describe('routes', () => {
  it('that ship are fine, and name every kind of alert', () => {
    const file = join(__dirname, '../../../config/routes/account-managers.yaml');
    const read = readRoutes(file, readFileSync(file, 'utf8'), new Set());
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    // A test goes down the route it names and an escalation to those of its step, whatever the route matches.
    const told = ALERT_KINDS.filter((kind) => kind !== 'test' && kind !== 'escalation');
    expect(new Set(read.value.flatMap((one) => one.match.kinds))).toEqual(new Set(told));
  });

  it('that say nothing about matching or webhooks match all and call nobody inside', () => {
    const read = readRoutes('r.yaml', route('    channels: [webhook]\n'), ROBOTS);
    expect(read.ok && read.value[0]).toMatchObject({
      match: {},
      webhook: { url: null, secretFile: null, allowInternal: false },
    });
  });

  it.each([
    ['an unknown channel', '    channels: [mail, pigeon]\n', 4, 'pigeon'],
    ['an unknown kind', '    channels: [mail]\n    match: { kinds: [breach, rumour] }\n', 5, 'rumour'],
    ['a field nobody knows', '    channels: [mail]\n    when: always\n', 5, 'when'],
    ['nobody to reach', '    channels: []\n', 2, 'at least one'],
    ['a robot nobody knows', '    robots: [desk, butler]\n', 4, "'butler' (allowed: desk, chiefs)"],
    ['hours that are none', "    channels: [mail]\n    when: { hours: ['9-17'] }\n", 5, 'HH:MM-HH:MM'],
    ['a time that says nothing', '    channels: [mail]\n    when: {}\n', 5, 'says no time'],
    [
      'quiet hours that never end',
      "    channels: [mail]\n    quiet: { hours: ['22:00-08:00', '08:00-22:00'] }\n",
      5,
      'leaves no time',
    ],
    ['a cap without an end', '    channels: [mail]\n    repeat: { most: 3, per: P1M }\n', 5, 'PT1M to P31D'],
    [
      'steps out of order',
      '    channels: [mail]\n    escalate:\n      - { after: PT1H, to: [{ party: other, role: a }] }\n' +
        '      - { after: PT30M, to: [{ party: other, role: b }] }\n',
      7,
      'is not later',
    ],
    ['a URL that is none', '    channels: [webhook]\n    webhook: { url: example.com/hook }\n', 5, 'https://'],
    [
      'a name used twice',
      `    channels: [mail]\n  - { name: one, to: [{ party: client, role: x }], channels: [mail] }\n`,
      5,
      'one',
    ],
  ])('with %s are refused with the place', (_, fields, line, word) => {
    const read = readRoutes('r.yaml', route(fields), ROBOTS);
    expect(read.ok ? [] : read.problems).toEqual([
      expect.objectContaining({ file: 'r.yaml', line, message: expect.stringContaining(word) }),
    ]);
  });

  it('escalate by the channels of the route where a step names none', () => {
    const step = '      - { after: PT1H, to: [{ party: other, role: chief }], robots: [chiefs] }\n';
    const read = readRoutes(
      'r.yaml',
      route(`    channels: [mail]\n    robots: [desk]\n    escalate:\n${step}`),
      ROBOTS,
    );
    expect(read.ok && read.value[0]?.escalate).toEqual([
      { afterMillis: 3_600_000, to: [{ party: 'other', role: 'chief' }], channels: ['mail'], robots: ['chiefs'] },
    ]);
  });

  it('report all their problems at once', () => {
    const read = readRoutes(
      'r.yaml',
      route('    channels: [pigeon]\n    match: { parties: [arbiter], clauses: [] }\n'),
      ROBOTS,
    );
    expect(read.ok ? 0 : read.problems.length).toBe(3);
  });
});
