import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDuration, parseInstant } from '#libs/calendar';

/** Results of an independent implementation for the sample contract; kept outside the project. */
const whole = join(__dirname, '../../shared/data/reference');
/** The same for its clock rules only, over a stream without what lies outside them. */
const folder = join(whole, 'clocks');

export const referenceIsThere = existsSync(join(folder, 'expected.ndjson'));
/** For the names of what is skipped without it. */
export const REFERENCE_NAME = referenceIsThere ? 'the reference stream' : `no reference stream at ${folder}`;
export const referenceEvents = join(folder, 'events.ndjson');
export const wholeReferenceEvents = join(whole, 'events.ndjson');
export const sampleContract = join(__dirname, '../config/contracts/ecommerce-crm.yaml');

export type ReferenceRecord = Readonly<Record<string, unknown>>;

/** The instants at which the reference was judged, each after its name; null: after the last event. */
export const REFERENCE_INSTANTS = instantsIn(folder);
export const WHOLE_REFERENCE_INSTANTS = instantsIn(whole);

function instantsIn(results: string): readonly (readonly [string, string | null])[] {
  const names = referenceIsThere ? readdirSync(results) : [];
  return [
    ['the last event', null],
    ...names
      .flatMap((name) => /^expected-(.*)\.ndjson$/.exec(name)?.[1] ?? [])
      .map((name) => [spelt(name), spelt(name)] as const),
  ];
}

/** `2026-04-07T033000Z` of a file's name as an instant. */
function spelt(name: string): string {
  return name.replace(/T(\d\d)(\d\d)(\d\d)Z$/, 'T$1:$2:$3Z');
}

export function referenceRecords(asOf: string | null): ReferenceRecord[] {
  return recordsIn(folder, asOf);
}

export function wholeReferenceRecords(asOf: string | null): ReferenceRecord[] {
  return recordsIn(whole, asOf);
}

function recordsIn(results: string, asOf: string | null): ReferenceRecord[] {
  const name = asOf === null ? 'expected.ndjson' : `expected-${asOf.replaceAll(':', '')}.ndjson`;
  return readFileSync(join(results, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ReferenceRecord);
}

/** The clock rules of the sample contract: what `clocks` holds results of. */
const CLOCK_RULES = [
  'inquiry-first-response',
  'complaint-first-response',
  'complaint-next-response',
  'complaint-resolution',
  'rectification-plan',
  'rectification-done',
  'data-provision',
  'improvement-proposal',
];

/** Without the records of other rules. */
export function ofClockRules<T extends object>(records: readonly T[]): T[] {
  return records.filter((one) => CLOCK_RULES.includes(String((one as ReferenceRecord)['obligation'])));
}

const INSTANTS = ['startedAt', 'dueAt', 'stoppedAt'];
const DURATIONS = ['elapsed', 'allowed', 'overdueBy'];
const FIELDS = ['contract', 'clause', 'party', 'state', ...INSTANTS, ...DURATIONS];

/** Verdicts by `obligation/subject/instance`, each as one text of its fields; instants and durations by value. */
export function verdictsByKey(records: readonly object[], ignored: readonly string[] = []): Map<string, string> {
  const fields = FIELDS.filter((field) => !ignored.includes(field));
  const found = new Map<string, string>();
  for (const one of records as readonly ReferenceRecord[]) {
    if (one['kind'] !== 'verdict') continue;
    const key = `${String(one['obligation'])}/${String(one['subject'])}/${String(one['instance'])}`;
    if (found.has(key)) throw new Error(`there are two verdicts ${key}`);
    found.set(key, fields.map((field) => `${field}=${String(valueOf(field, one[field]))}`).join(' '));
  }
  return found;
}

function valueOf(field: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (INSTANTS.includes(field)) return parseInstant(value);
  if (!DURATIONS.includes(field)) return value;
  return JSON.stringify(parseDuration(value));
}

/** Quarantined lines as `id reason`, sorted: the same line may be refused twice. */
export function quarantinedOf(records: readonly object[]): string[] {
  return (records as readonly ReferenceRecord[]).map((one) => `${String(one['id'])} ${String(one['reason'])}`).sort();
}

/** What differs, as few lines as tell it: a thousand verdicts side by side tell nobody anything. */
export function differences(actual: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): string[] {
  const keys = [...new Set([...actual.keys(), ...expected.keys()])].sort();
  return keys.flatMap((key) =>
    actual.get(key) === expected.get(key)
      ? []
      : [`${key}: ${actual.get(key) ?? 'missing'}, expected ${expected.get(key) ?? 'none'}`],
  );
}
