import { readdirSync, readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { formatInstant, parseInstant, readCalendar, type Calendar, type Instant } from '#libs/calendar';
import { readContract, type Contract, type Fact } from '#libs/contract';
import { parseJsonEvent, toFact } from '#libs/events';
import { FactSet, toRecord, toStandardRecord } from '#libs/evaluation';
import { laidOver } from '../libs/contract/test/laid-over.js';

const FOLDER = 'libs/contract/docs/language';
const ZONE = '+08:00';

const calendars = new Map<string, Calendar>(
  readdirSync('config/calendars').map((name) => {
    const read = readCalendar(name, readFileSync(`config/calendars/${name}`, 'utf8'));
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    return [read.value.id, read.value];
  }),
);

interface Case {
  readonly page: string;
  readonly example: string;
  readonly lines: readonly string[];
}

/** The cases of a page, each with the example above it. */
function casesOf(page: string): Case[] {
  const text = readFileSync(`${FOLDER}/${page}`, 'utf8');
  let example = '';
  return [...text.matchAll(/```(yaml|case)\n([\s\S]*?)```/g)].flatMap(([, kind, body = '']) => {
    if (kind === 'case') return [{ page, example, lines: body.trim().split('\n') }];
    example = body;
    return [];
  });
}

const pages = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));
const whole = /```yaml\n([\s\S]*?)```/.exec(readFileSync(`${FOLDER}/a-whole-contract.md`, 'utf8'))?.[1] ?? '';
const cases = pages.flatMap(casesOf);

function contractOf({ page, example }: Case): Contract {
  const read = readContract(page, stringify(laidOver(parse(whole), parse(example))), calendars);
  if (!read.ok) throw new Error(read.problems.map(({ line, message }) => `${page}:${line}: ${message}`).join('\n'));
  return read.value;
}

/** `2026-03-02 10:00` on the clocks of the contract. */
function at(date: string, time: string): Instant {
  const instant = parseInstant(`${date}T${time.length === 5 ? `${time}:00` : time}${ZONE}`);
  if (instant === undefined) throw new Error(`'${date} ${time}' is no local time such as 2026-03-02 10:00`);
  return instant;
}

/** `2026-03-02 10:00 ticket.opened T-1 urgency=high`; `source=` names another one, `came=` when it reached us. */
function factOf(line: string, index: number, contract: Contract): Fact {
  const [date = '', time = '', type = '', subject = '', ...pairs] = line.split(' ');
  const { source = '/desk', ...data } = Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      return [name, valueOf(contract, type, name, value)];
    }),
  );
  const occurredAt = at(date, time);
  const event = { specversion: '1.0', id: `e${index + 1}`, source, type, time: formatInstant(occurredAt), data };
  const parsed = parseJsonEvent(JSON.stringify(subject === '-' ? event : { ...event, subject }));
  if (!parsed.ok) throw new Error(`${line}: ${parsed.refusal.detail}`);
  const read = toFact(parsed.event, contract, occurredAt, 'offline');
  if (!read.ok) throw new Error(`${line}: ${read.refusal.detail}`);
  return { ...read.fact, contract: contract.id };
}

/** JSON where the declared type asks for it. */
function valueOf(contract: Contract, type: string, name: string, value: string): unknown {
  if (value.startsWith('[')) return JSON.parse(value);
  const shapes = contract.eventTypes.get(type)?.schema['properties'] as Record<string, { type?: string }> | undefined;
  const declared = shapes?.[name]?.type;
  return declared === 'number' || declared === 'integer' || declared === 'boolean' ? JSON.parse(value) : value;
}

const local = (instant: string): string =>
  formatInstant(parseInstant(instant)! + 8 * 3_600_000)
    .replace('T', ' ')
    .replace(/(:00)?Z$/, '');

function told(contract: Contract, facts: readonly Fact[], asOf: Instant): string[] {
  const set = new FactSet([contract]);
  for (const fact of facts) for (const { detail } of set.add(fact)) throw new Error(detail);
  const { verdicts, standards } = set.judge(asOf);
  const shown = (name: string, instant: string | null) => (instant === null ? '' : `, ${name} ${local(instant)}`);
  return [
    ...verdicts.map(({ verdict }) => {
      const { obligation, subject, instance, state, dueAt, stoppedAt, overdueBy, because } = toRecord(verdict, 1);
      const late = /^P(T?0[SD])$/.test(overdueBy) ? '' : `, late ${overdueBy}`;
      return `${obligation} ${subject} ${instance}: ${state}${shown('due', dueAt)}${shown('stopped', stoppedAt)}${late}${shown('material since', because.material?.since ?? null)}`;
    }),
    ...standards
      .map(toStandardRecord)
      .filter(({ state, sample }) => state !== 'open' && (sample > 0 || state === 'unknown'))
      .map(
        ({ standard, period, state, value }) => `${standard} ${period}: ${state}${value === null ? '' : `, ${value}`}`,
      ),
  ];
}

describe('the pages of the language', () => {
  it('are all in the index', () => {
    const index = readFileSync('libs/contract/docs/language.md', 'utf8');
    expect(pages.filter((name) => !index.includes(`(language/${name})`))).toEqual([]);
  });

  it.each(cases.map((one) => [one.page.replace('.md', ''), one] as const))('say what follows: %s', (_, one) => {
    const judged = one.lines.findIndex((line) => line.endsWith(' judged'));
    const [date = '', time = ''] = one.lines[judged]!.split(' ');
    const contract = contractOf(one);
    const facts = one.lines.slice(0, judged).map((line, index) => factOf(line, index, contract));
    expect(told(contract, facts, at(date, time))).toEqual(one.lines.slice(judged + 1));
  });
});
