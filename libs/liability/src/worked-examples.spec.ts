import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Decimal } from 'decimal.js';
import { parse } from 'yaml';
import { parseInstant, readCalendar } from '#libs/calendar';
import { readContract, type Fact, type JsonObject } from '#libs/contract';
import { FactSet, versionsOf } from '#libs/evaluation';
import { makeStatements, toStatementRecord, type StatementRecord } from './index.js';

jest.setTimeout(60_000);

interface Example {
  readonly name: string;
  /** Remedies by rule, limits: put into the contract of the page. */
  readonly agreed: { readonly remedies?: Record<string, unknown>; readonly limits?: unknown };
  /** `2026-03-02 09:00 opened C-1`, data behind it. */
  readonly facts: readonly string[];
  readonly asOf: string;
  readonly cycle: string;
  readonly lines: readonly string[];
  readonly totals: Readonly<Record<string, string>>;
}

const PAGES = ['worked-examples.md', 'worked-examples.zh-CN.md'];
const pages = PAGES.map((page) => readPage(join(__dirname, '..', 'docs', page)));

function readPage(file: string) {
  const blocks = [...readFileSync(file, 'utf8').matchAll(/```yaml (calendar|contract|example)\n(.*?)```/gs)];
  const first = (kind: string) => blocks.find((one) => one[1] === kind)![2]!;
  const examples = blocks.filter((one) => one[1] === 'example').map((one) => parse(one[2]!) as Example);
  return { calendar: first('calendar'), contract: first('contract'), examples };
}

describe.each(PAGES.map((name, index) => [name, pages[index]!] as const))('%s', (_, page) => {
  it.each(page.examples.map((example) => [example.name, example] as const))(
    '%s comes to what stands there',
    (__, one) => {
      const statement = statementOf(page, one);
      expect(statement.lines.map(asWritten)).toEqual(one.lines.map((line) => line.replace(/ = .* = /, ' = … = ')));
      expect(statement.totals).toEqual(one.totals);
    },
  );

  it.each(page.examples.flatMap(({ name, lines }) => lines.map((line) => [name, line] as const)))(
    'the arithmetic of %s is right: %s',
    (__, line) => {
      const [, sum = '', amount = ''] = line.split(' = ');
      expect(computed(sum).toDecimalPlaces(2, Decimal.ROUND_HALF_UP).toFixed(2)).toBe(
        amount.replace(/,/g, '').replace('−', '-'),
      );
    },
  );
});

it('both pages hold the same examples', () => {
  const [english, chinese] = pages.map(({ calendar, contract, examples }) => ({
    calendar: parse(calendar) as unknown,
    contract: parse(contract) as unknown,
    examples: examples.map(({ name: _, ...example }) => example),
  }));
  expect(chinese).toEqual(english);
});

it('every remedy of the language has an example', () => {
  const shown = new Set(pages[0]!.examples.flatMap(({ lines }) => lines.map((line) => line.split(' ')[1])));
  for (const remedy of [
    'per-breach',
    'per-day-late',
    'per-unit-late',
    'per-point',
    'per-step',
    'tier',
    'fee-share',
    'bonus',
    'earn-back',
    'interest',
    'service-extension',
    'cap',
    'floor',
    'waiver',
  ])
    expect(shown).toContain(remedy);
});

/** `provider per-day-late solve = … = 400.00`: the arithmetic itself is checked by itself. */
function asWritten({ party, remedy, about, amount }: StatementRecord['lines'][number]): string {
  const grouped = amount.replace(/\B(?=(\d{3})+(?=\.))/g, ',').replace('-', '−');
  return `${party} ${remedy} ${about} = … = ${grouped}`;
}

function statementOf(page: (typeof pages)[number], { agreed, facts, asOf, cycle }: Example): StatementRecord {
  const calendar = readCalendar('office.yaml', page.calendar);
  if (!calendar.ok) throw new Error(JSON.stringify(calendar.problems));
  const contract = parse(page.contract) as Record<string, Record<string, Record<string, unknown>>>;
  for (const [rule, remedies] of Object.entries(agreed.remedies ?? {})) {
    const section = ['obligations', 'duties', 'standards'].find((name) => contract[name]?.[rule] !== undefined)!;
    contract[section]![rule]!['remedies'] = remedies;
  }
  const text = JSON.stringify({ ...contract, ...(agreed.limits === undefined ? {} : { limits: agreed.limits }) });
  const read = readContract('example.yaml', text, new Map([['office', calendar.value]]));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const versions = versionsOf([read.value]);
  const set = new FactSet(versions);
  facts.flatMap(repeated).forEach((line, index) => {
    const refused = set.add(factOf(line, index, read.value.id));
    if (refused.length > 0) throw new Error(`${line}: ${JSON.stringify(refused)}`);
  });
  const now = instant(asOf);
  const found = makeStatements(versions, set.judge(now), now).find((one) => one.cycle.name === cycle);
  return toStatementRecord(found!);
}

/** `checked × 36`: that many alike, each about a subject of its own. */
function repeated(line: string): string[] {
  const [, before = '', type = '', count = '0', after = ''] = /^(\S+ \S+) (\S+) × (\d+)(.*)$/.exec(line) ?? [];
  if (type === '') return [line];
  return Array.from(
    { length: Number(count) },
    (_, i) => `${before} ${type} ${type}-${before.slice(0, 10)}-${i}${after}`,
  );
}

function factOf(line: string, index: number, contract: string): Fact {
  const [, at = '', type = '', subject = '', data = '{}'] = /^(\S+ \S+) (\S+) (\S+)(?: (\{.*\}))?$/.exec(line) ?? [];
  const occurredAt = instant(at);
  return {
    contract,
    source: type === 'waived' ? '/arbiter' : '/desk',
    id: String(index),
    type,
    subject,
    occurredAt,
    appendedAt: occurredAt,
    data: parse(data) as JsonObject,
    contentHash: String(index),
  } as Fact;
}

function instant(local: string): number {
  return parseInstant(`${local.replace(' ', 'T')}:00+08:00`)!;
}

/** Numbers with `%`, joined by × ÷ + −, brackets first; × and ÷ before + and −. */
function computed(text: string): Decimal {
  const tokens = text.match(/\d[\d,]*(\.\d+)?( ?%)?|[×÷+−()]/g) ?? [];
  let place = 0;
  const factor = (): Decimal => {
    const token = tokens[place++]!;
    if (token === '(') {
      const inner = sum();
      place++;
      return inner;
    }
    if (token === '−') return factor().negated();
    const number = new Decimal(token.replace(/[, %]/g, ''));
    return token.endsWith('%') ? number.dividedBy(100) : number;
  };
  const product = (): Decimal => {
    let value = factor();
    while (tokens[place] === '×' || tokens[place] === '÷')
      value = tokens[place++] === '×' ? value.times(factor()) : value.dividedBy(factor());
    return value;
  };
  const sum = (): Decimal => {
    let value = product();
    while (tokens[place] === '+' || tokens[place] === '−')
      value = tokens[place++] === '+' ? value.plus(product()) : value.minus(product());
    return value;
  };
  return sum();
}
