import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runPactwatch } from './run-pactwatch.js';

/** Working hours of a small office; the years covered are its own, so nothing here depends on published holidays. */
const CALENDAR = `id: office
zone: Asia/Shanghai
weekly:
  monday-friday: ['09:00-12:00', '13:00-18:00']
  saturday-sunday: closed
years: { first: 2026, last: 2026 }
`;

const CONTRACT = `contract: DESK-1
parties: { client: { name: Buyer }, provider: { name: Desk } }
term: { from: 2026-01-01, to: 2027-12-31 }
zone: Asia/Shanghai
calendar: office
sources: { /desk: { trust: trusted, default: true } }
clauses: { '1': Every ticket is answered within four working hours. }
events: { opened: {}, answered: {} }
subjects: { ticket: { opened: opened } }
obligations:
  answer: { clauses: ['1'], party: provider, subject: ticket, start: opened, stop: answered, target: PT4H working time }
`;

const MAPPING = `mapping: desk
input: csv
zone: Asia/Shanghai
events:
  - { type: opened, id: '{No}', source: /desk, subject: '{No}', time: { field: At, format: 'yyyy-MM-dd HH:mm' } }
`;

const event = (id: string, type: string, subject: string, time: string) =>
  JSON.stringify({ specversion: '1.0', id, source: '/desk', type, subject, time });

describe('pactwatch', () => {
  let folder = '';
  const file = (name: string) => join(folder, name);
  const write = (name: string, text: string): string => {
    writeFileSync(file(name), text);
    return file(name);
  };
  const env = () => ({ PACTWATCH_CONFIG: folder, PACTWATCH_DATA: file('data') });
  const pactwatch = (argv: readonly string[], stdin = '') => runPactwatch(argv, { stdin, env: env() });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pactwatch-cli-'));
    write('desk.yaml', CONTRACT);
    write('mapping.yaml', MAPPING);
    // Beside the contract, so that it is found there.
    mkdirSync(file('calendars'));
    write('calendars/office.yaml', CALENDAR);
    const lines = [
      event('1', 'opened', 'T-1', '2026-03-02T16:00:00+08:00'),
      event('2', 'answered', 'T-1', '2026-03-03T11:30:00+08:00'),
      event('3', 'opened', 'T-2', '2026-03-03T10:00:00+08:00'),
      '{"id":',
    ];
    write('events.ndjson', `${lines.join('\n')}\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const judging = (...more: string[]) => [
    ...['evaluate', '--contract', file('desk.yaml'), '--events', file('events.ndjson')],
    ...more,
  ];

  it.each([
    ['an unknown command', ['frobnicate'], 2, /unknown command 'frobnicate'/],
    ['a flag that is missing', ['evaluate', '--contract', 'x'], 2, /--events/],
    ['a choice that is none', ['check', 'x', '--format', 'xml'], 2, /Allowed choices are text, json/],
    ['flags that do not belong together', ['send', 'x', '--open'], 2, /--open and --alerts belong to --backfill/],
    ['half of what explaining offline needs', ['explain', 'a/b/c/1', '--events', 'x'], 2, /--contract and --events/],
    [
      'a file that is not there',
      ['check', '/nowhere/x.yaml'],
      3,
      /^\/nowhere\/x.yaml: cannot be read: there is no such file/,
    ],
    ['neither an item nor a reason', ['quarantine', 'release'], 2, /the number of an item is needed, or --reason/],
    [
      'an item and a reason',
      ['quarantine', 'release', '7', '--reason', 'SCHEMA'],
      2,
      /either the number of an item, or --reason/,
    ],
    ['a server that is not there', ['quarantine', 'list'], 3, /DATABASE_URL is not set, and no 'pactwatch start' runs/],
  ])('answers %s with its exit code and a sentence on standard error', (_, argv, code, message) => {
    const ran = pactwatch(argv);
    expect(ran.err).toMatch(message);
    expect([ran.code, ran.out]).toEqual([code, '']);
  });

  it('reports every problem of every contract file by its place, on standard output', () => {
    const broken = write(
      'broken.yaml',
      CONTRACT.replace('trusted', 'perhaps').replace('stop: answered', 'stop: solved'),
    );
    const text = pactwatch(['check', file('desk.yaml'), broken]);
    expect(text.code).toBe(1);
    expect(text.out.split('\n').map((line) => line.replace(`${folder}/`, '').slice(0, 24))).toEqual([
      expect.stringMatching(/^broken\.yaml:6:\d+: /),
      expect.stringMatching(/^broken\.yaml:11:\d+: /),
      expect.stringMatching(/^desk\.yaml: no problems/),
      '',
    ]);
    const json = pactwatch(['check', file('desk.yaml'), broken, '--format', 'json']);
    expect(json.records().map(({ line }) => line)).toEqual([6, 11]);
  });

  it.each([
    ['zh-CN', /^# 合同 .+ 第 1 版/],
    ['en', /^# Contract .+, version 1/],
  ])('prints a contract back as sentences in %s', (language, first) => {
    const ran = pactwatch(['check', file('desk.yaml'), '--explain', language]);
    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(ran.out).toMatch(first);
    const [one] = pactwatch(['check', file('desk.yaml'), '--explain', language, '--format', 'json']).records();
    expect(one).toMatchObject({ version: 1, language, text: ran.out });
  });

  it('names the calendar that a contract asks for and nobody has', () => {
    const lost = write('lost.yaml', CONTRACT.replace('calendar: office', 'calendar: elsewhere'));
    expect(pactwatch(['check', lost])).toMatchObject({
      code: 1,
      out: expect.stringMatching(/lost\.yaml:5:11: .*'?elsewhere'?.*office/) as string,
    });
  });

  it('judges events offline and lists what could not be judged, as JSON lines', () => {
    const ran = pactwatch(judging('--format', 'json'));
    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(ran.records()).toEqual([
      expect.objectContaining({
        kind: 'verdict',
        contract: 'DESK-1',
        subject: 'T-1',
        state: 'breached',
        dueAt: '2026-03-03T03:00:00Z',
        stoppedAt: '2026-03-03T03:30:00Z',
        elapsed: 'PT4H30M',
        allowed: 'PT4H',
        overdueBy: 'PT30M',
        revision: 1,
      }),
      // The last event is of 11:30, and nobody has answered by then.
      expect.objectContaining({ subject: 'T-2', state: 'running', dueAt: '2026-03-03T07:00:00Z', elapsed: 'PT1H30M' }),
      expect.objectContaining({ kind: 'quarantined', id: null, reason: 'SCHEMA' }),
    ]);
  });

  it('judges as of another instant, and by events from standard input', () => {
    const argv = ['evaluate', '--contract', file('desk.yaml'), '--events', '-', '--as-of', '2026-03-03T16:00:00+08:00'];
    const ran = pactwatch([...argv, '--format', 'json'], readFileSync(file('events.ndjson'), 'utf8'));
    expect(ran.records().map(({ state }) => state)).toEqual(['breached', 'breached', undefined]);
    expect(pactwatch([...argv.slice(0, -1), 'yesterday'])).toMatchObject({ code: 2, out: '' });
  });

  it('prints a table for people', () => {
    const { out } = pactwatch(judging());
    expect(out).toMatch(/^answer +T-1 +1 +breached /m);
    expect(out).toMatch(/\n2 verdicts: breached 1, running 1\n$/);
  });

  it('prints nothing where judging leaves the years that the calendar covers', () => {
    const later = write('later.ndjson', `${event('1', 'opened', 'T-1', '2026-12-31T16:00:00+08:00')}\n`);
    const ran = pactwatch(['evaluate', '--contract', file('desk.yaml'), '--events', later]);
    expect([ran.code, ran.out]).toEqual([1, '']);
    expect(ran.err).toMatch(/calendar office .*2027/);
  });

  it('explains a verdict from files, in either language', () => {
    const argv = ['explain', 'DESK-1/answer/T-1/1', ...judging().slice(1)];
    expect(pactwatch(argv).out).toMatch(
      /^The provider \(Desk\) breached clause 1 .* overdue by 30 min .*\n\n {2}2 March/,
    );
    expect(pactwatch([...argv, '--language', 'zh-CN']).out).toMatch(/^乙方（Desk）违反合同 DESK-1 第 1 条.*逾期 30 分/);
    expect(pactwatch(argv.with(1, 'DESK-1/answer/T-9/1'))).toMatchObject({ code: 1, out: '' });
  });

  it('imports what it can read, tells which rows it cannot, and ends with 1', () => {
    const rows = write('rows.csv', 'No,At\nA,2026-03-02 09:00\nB,2026-02-30 09:00\n"C,\nD"\nE,2026-03-02 10:00\n');
    const ran = pactwatch(['import', '--mapping', file('mapping.yaml'), rows]);
    expect(ran.records().map(({ id, time }) => [id, time])).toEqual([
      ['A', '2026-03-02T01:00:00Z'],
      ['E', '2026-03-02T02:00:00Z'],
    ]);
    const told = ran.err.replaceAll(`${folder}/`, '').trimEnd().split('\n');
    expect(told).toEqual([
      "rows.csv:3:1: opened: At is '2026-02-30 09:00': an instant as yyyy-MM-dd HH:mm was expected",
      expect.stringMatching(/^rows\.csv:\d:1: /),
      '2 rows were left out',
    ]);
    expect(ran.code).toBe(1);
  });

  it('refuses a header without the columns that the mapping names, at the place that names them', () => {
    const rows = write('columns.csv', 'Number,At\nA,2026-03-02 09:00\n');
    const ran = pactwatch(['import', '--mapping', file('mapping.yaml'), rows]);
    expect([ran.code, ran.out]).toEqual([1, '']);
    expect(ran.err).toMatch(/mapping\.yaml:5:\d+: 'No' is no column of the input \(allowed: Number, At\)/);
  });

  it('writes what it imports to a file where one is named', () => {
    const rows = write('one.csv', 'No,At\nA,2026-03-02 09:00\n');
    const ran = pactwatch(['import', '--mapping', file('mapping.yaml'), rows, '--output', file('out.ndjson')]);
    expect([ran.code, ran.out, ran.err]).toEqual([0, '', '']);
    expect(JSON.parse(readFileSync(file('out.ndjson'), 'utf8'))).toMatchObject({ id: 'A', type: 'opened' });
  });

  it.each([
    [['add', '--from', '2026-03-02T16:00:00+08:00', '--duration', 'PT4H'], '2026-03-03T03:00:00Z'],
    [['add', '--from', '2026-03-03T11:00:00+08:00', '--duration', '-PT4H'], '2026-03-02T08:00:00Z'],
    [['between', '--from', '2026-03-02T16:00:00+08:00', '--to', '2026-03-03T11:00:00+08:00'], 'PT4H'],
    [['days', '--from', '2026-03-06T10:00:00+08:00', '--count', '1', '--unit', 'working-days'], '2026-03-09T10:00:00Z'],
  ])('counts by a calendar: %j', (argv, result) => {
    const ran = pactwatch(['calendar', ...argv, '--calendar', file('calendars/office.yaml')]);
    expect([ran.code, ran.records()]).toEqual([0, [{ result }]]);
  });

  it('answers questions to a calendar line by line, the wrong ones too', () => {
    const questions = [
      { op: 'is-open', at: '2026-03-02T12:30:00+08:00' },
      { op: 'days', from: '2026-03-06T10:00:00+08:00', count: 1, unit: 'working-days', 'ends-at': '24:00' },
      { op: 'add', from: '2026-12-31T16:00:00+08:00', duration: 'PT4H' },
      { op: 'sing' },
    ];
    const stdin = `${questions.map((one) => JSON.stringify(one)).join('\n')}\nnot JSON\n`;
    const ran = pactwatch(['calendar', 'batch', '--calendar', file('calendars/office.yaml')], stdin);
    expect(ran.code).toBe(0);
    expect(ran.records()).toEqual([
      { result: false },
      { result: '2026-03-09T16:00:00Z' },
      { error: expect.stringContaining('2027') as string },
      { error: expect.stringMatching(/add.*between.*days.*is-open/) as string },
      { error: expect.stringMatching(/^not JSON/) as string },
    ]);
  });

  it('makes an access key: shown once, on standard error, and kept as a hash', () => {
    const ran = pactwatch(['access', 'new', '--name', 'shop', '--party', 'client', '--source', '/desk']);
    const key = /^The key, shown only now: (\S+)$/m.exec(ran.err)?.[1] ?? '';
    expect(key).toMatch(/^pw_.{40,}$/);
    expect(ran.out).toMatch(/^ +hash: sha256:[0-9a-f]{64}$/m);
    expect(ran.out).not.toContain(key);
    expect(pactwatch(['access', 'new', '--name', 'x', '--duty', 'king'])).toMatchObject({ code: 2, out: '' });
  });

  it('finds no server where none runs, and refuses one that reads another log', () => {
    const sent = () => pactwatch(['publish', file('desk.yaml')]);
    expect(sent()).toMatchObject({ code: 3, err: expect.stringContaining('no server to talk to') as string });
    const running = { databaseUrl: 'postgres://127.0.0.1:1/x', brokers: ['127.0.0.1:9'], pid: process.pid, port: 1 };
    mkdirSync(file('data'), { recursive: true });
    writeFileSync(file('data/running.json'), JSON.stringify(running));
    expect(sent()).toMatchObject({
      code: 3,
      err: expect.stringContaining('reads Kafka at 127.0.0.1:9, KAFKA_BROKERS here names no Kafka') as string,
    });
  });
});
