import { Decimal } from 'decimal.js';

/** A record of `evaluate --format json`, as read. */
export type OutcomeRecord = Readonly<Record<string, unknown>> & { readonly kind: string };

/** What differs about one record. `fields` are named where both sides have it. */
export interface Difference {
  readonly kind: string;
  /** `contract/obligation/subject/instance`, `contract/standard/period`, `contract/cycle` … */
  readonly id: string;
  readonly change: 'only-in-a' | 'only-in-b' | 'changed';
  readonly fields: Readonly<Record<string, { readonly a: unknown; readonly b: unknown }>>;
}

/** What the difference is worth: B less A, for each contract and party, in all statements that either has. */
interface Worth {
  readonly contract: string;
  readonly party: 'client' | 'provider';
  readonly a: string;
  readonly b: string;
  readonly difference: string;
}

export interface OutcomeDiff {
  readonly differences: readonly Difference[];
  readonly worth: readonly Worth[];
}

/** How a record is told from others of its kind, in the order of the kinds. */
const identity: Readonly<Record<string, readonly string[]>> = {
  verdict: ['contract', 'obligation', 'subject', 'instance'],
  standard: ['contract', 'standard', 'period'],
  statement: ['contract', 'cycle'],
  right: ['contract', 'party', 'right', 'about', 'since'],
  quarantined: ['line', 'id', 'reason'],
};

/** Not differences by themselves: which version judged is the question, not the answer. */
const leftOut = new Set(['because', 'revision', 'kind', 'detail']);

/** Kinds of record that can be compared; others in a file are a mistake of its author. */
export const kindsCompared = Object.keys(identity);

export function diffOutcomes(a: readonly OutcomeRecord[], b: readonly OutcomeRecord[]): OutcomeDiff {
  const differences: Difference[] = [];
  for (const kind of kindsCompared) {
    const [before, after] = [indexOf(a, kind), indexOf(b, kind)];
    for (const id of [...new Set([...before.keys(), ...after.keys()])].sort()) {
      const [one, other] = [before.get(id), after.get(id)];
      if (one === undefined || other === undefined) {
        differences.push({ kind, id, change: one === undefined ? 'only-in-b' : 'only-in-a', fields: {} });
        continue;
      }
      const fields = changedFields(one, other);
      if (Object.keys(fields).length > 0) differences.push({ kind, id, change: 'changed', fields });
    }
  }
  return { differences, worth: worthOf(a, b) };
}

function indexOf(records: readonly OutcomeRecord[], kind: string): Map<string, OutcomeRecord> {
  const index = new Map<string, OutcomeRecord>();
  for (const record of records) {
    if (record.kind !== kind) continue;
    const id = identity[kind]!.map((field) => String(record[field] ?? '')).join('/');
    index.set(id, record);
  }
  return index;
}

function changedFields(a: OutcomeRecord, b: OutcomeRecord): Difference['fields'] {
  const changed: Record<string, { a: unknown; b: unknown }> = {};
  for (const field of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (leftOut.has(field) || JSON.stringify(a[field]) === JSON.stringify(b[field])) continue;
    changed[field] =
      field === 'lines' ? changedLines(a[field], b[field]) : { a: a[field] ?? null, b: b[field] ?? null };
  }
  return changed;
}

/** Of the lines of two statements those that only one has. */
function changedLines(a: unknown, b: unknown): { a: unknown; b: unknown } {
  const [before, after] = [a, b].map((lines) =>
    (Array.isArray(lines) ? lines : []).map((line) => JSON.stringify(line)),
  );
  const without = (lines: string[], others: string[]): unknown[] => {
    const left = [...others];
    return lines
      .filter((line) => {
        const at = left.indexOf(line);
        if (at >= 0) left.splice(at, 1);
        return at < 0;
      })
      .map((line) => JSON.parse(line) as unknown);
  };
  return { a: without(before!, after!), b: without(after!, before!) };
}

function worthOf(a: readonly OutcomeRecord[], b: readonly OutcomeRecord[]): Worth[] {
  const sums = new Map<string, { a: Decimal; b: Decimal }>();
  const add = (side: 'a' | 'b', records: readonly OutcomeRecord[]): void => {
    for (const record of records) {
      if (record.kind !== 'statement') continue;
      const totals = (record['totals'] ?? {}) as Readonly<Record<string, string>>;
      for (const party of ['client', 'provider'] as const) {
        const key = `${String(record['contract'])}\n${party}`;
        const sum = sums.get(key) ?? { a: new Decimal(0), b: new Decimal(0) };
        sums.set(key, { ...sum, [side]: sum[side].plus(totals[party] ?? 0) });
      }
    }
  };
  add('a', a);
  add('b', b);
  return [...sums]
    .sort(([x], [y]) => (x < y ? -1 : 1))
    .map(([key, sum]) => {
      const [contract = '', party = ''] = key.split('\n');
      return {
        contract,
        party: party as Worth['party'],
        a: sum.a.toFixed(2),
        b: sum.b.toFixed(2),
        difference: sum.b.minus(sum.a).toFixed(2),
      };
    });
}
