import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Failure } from '../failure.js';
import { run, type StatementOptions } from './statement.js';

jest.setTimeout(120_000);

const CALENDAR = `
id: office
zone: Asia/Shanghai
weekly: { monday-friday: ['09:00-18:00'], saturday-sunday: closed }
`;
const CONTRACT = `
contract: DESK-1
parties: { client: { name: 云阶公司 }, provider: { name: 和信公司 } }
language: zh-CN
term: { from: 2026-01-01, to: 2026-12-31 }
zone: Asia/Shanghai
calendar: office
currency: CNY
cycle: { every: month }
sources: { /desk: { trust: trusted, default: true } }
clauses: { '1': 工单应在四个工作小时内答复。 }
events: { opened: {}, answered: {} }
subjects: { ticket: { opened: opened } }
obligations:
  answer:
    title: { zh-CN: 答复, en: Answer }
    clauses: ['1']
    party: provider
    subject: ticket
    start: opened
    stop: answered
    target: PT4H working time
    remedies: [{ remedy: per-breach, sum: '200.00' }]
`;
const event = (id: string, time: string, type: string) =>
  JSON.stringify({ specversion: '1.0', id, source: '/desk', type, subject: 'T-1', time });

const folder = mkdtempSync(join(tmpdir(), 'pactwatch-statement-'));
const place = (name: string) => join(folder, name);
const OFFLINE = { contract: [place('desk.yaml')], events: place('events.ndjson'), cycle: '2026-03' };

beforeAll(() => {
  writeFileSync(place('desk.yaml'), CONTRACT);
  writeFileSync(
    place('events.ndjson'),
    `${event('1', '2026-03-02T16:00:00+08:00', 'opened')}\n${event('2', '2026-03-03T11:30:00+08:00', 'answered')}\n`,
  );
  // Where the calendars of a contract are looked for.
  mkdirSync(place('calendars'));
  writeFileSync(join(place('calendars'), 'office.yaml'), CALENDAR);
});

afterAll(() => rmSync(folder, { recursive: true }));

async function statement(options: Partial<StatementOptions>) {
  let out = '';
  const terminal = {
    out: (text: string) => void (out += text),
    err: () => undefined,
    stdin: Readable.from([]),
    env: {},
    interactive: false,
  };
  const code = await run(terminal, { format: 'text', ...OFFLINE, ...options } as StatementOptions);
  return { code, out };
}

it('says in the language of the contract, or in another, what is owed', async () => {
  const chinese = await statement({});
  expect(chinese.code).toBe(0);
  expect(chinese.out).toContain('相抵后，乙方应向甲方支付人民币 200.00 元。');
  expect(chinese.out).toContain('DESK-1/answer/T-1/1');
  const english = await statement({ lang: 'en', lossOfClient: '100.00' });
  expect(english.out).toContain('the provider owes the client CNY 200.00');
  expect(english.out).toContain('which is more than 30');
});

it('gives the record, with the name of each line', async () => {
  const { out } = await statement({ format: 'json' });
  expect(JSON.parse(out)).toMatchObject({
    kind: 'statement',
    id: 'DESK-1/2026-03',
    lines: [{ id: 'provider/per-breach/1/answer/T-1/1', amount: '200.00' }],
    net: { from: 'provider', amount: '200.00' },
  });
});

it.each([
  ['csv' as const, 'number,id,party'],
  ['xlsx' as const, 'PK'],
  ['pdf' as const, '%PDF-'],
])('writes %s to a file', async (format, begin) => {
  const file = place(`out.${format}`);
  expect(await statement({ format, out: file })).toEqual({ code: 0, out: '' });
  expect(readFileSync(file).toString('latin1').startsWith(begin)).toBe(true);
});

it.each<[string, number, string, Partial<StatementOptions>]>([
  ['a cycle that has not begun', 1, 'there: 2026-01, 2026-02, 2026-03', { cycle: '2026-04' }],
  ['a PDF without a file', 2, '--out', { format: 'pdf' }],
  ['a loss that is no amount', 2, '--loss-of-client', { lossOfClient: '-1' }],
])('refuses %s', async (_, exitCode, said, options) => {
  const failure = await statement(options).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Failure);
  expect(failure).toMatchObject({ exitCode, message: expect.stringContaining(said) });
});

it.each<[string, string, Omit<StatementOptions, 'format'>]>([
  ['an instant', '--as-of', { contract: ['X'], cycle: '2026-03', asOf: '2026-04-01T00:00:00Z' }],
  ['several contracts', 'one contract', { contract: ['X', 'Y'], cycle: '2026-03' }],
])('without events refuses %s', async (_, said, options) => {
  const terminal = {
    out: () => undefined,
    err: () => undefined,
    stdin: Readable.from([]),
    env: {},
    interactive: false,
  };
  await expect(run(terminal, { format: 'text', ...options })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(said),
  });
});
