import { checkClause } from './compile-head.js';
import { sumAt } from './compile-remedies.js';
import type { ContractFile } from './contract-file.js';
import { AMOUNT, declaredField, NAME } from './declared-field.js';
import type { Limit, Money } from './money.js';
import { periodAt, typeNames, type Path, type Reading } from './reading.js';
import { rulesAt } from './rule-names.js';
import { feedsOf, type RuleReads } from './rule-reads.js';
import type { Loose } from './salvage.js';

/** Compiles the caps and floors over many lines, in the order of application. */
export function compileLimits(reading: Reading): Limit[] {
  const seen = new Set<string>();
  return (reading.file.limits ?? []).flatMap((written, index): Limit[] => {
    if (written === undefined) return [];
    const path: Path = ['limits', index];
    const { id, kind, clause, party, over, feeMonths } = written;
    checkClause(reading, [...path, 'clause'], clause);
    const sum = sumAt(reading, [...path, 'sum'], written.sum);
    const except = rulesAt(reading, [...path, 'except'], written.except);
    if (id !== undefined && seen.has(id))
      reading.report([...path, 'id'], `the limit ${id} is there twice (allowed: each id once)`);
    if (id !== undefined) seen.add(id);
    if (sum?.by === 'fee-share' && over !== undefined && over !== 'cycle' && feeMonths === undefined)
      reading.report(
        path,
        `${id ?? 'the limit'} is a share of the fees of how many months? (needed: feeMonths)`,
        'key',
      );
    if (feeMonths !== undefined && (sum?.by === 'amount' || over === 'cycle'))
      reading.report(
        [...path, 'feeMonths'],
        `feeMonths of ${id ?? 'the limit'} says nothing (allowed: with a share over more than one cycle)`,
      );
    const complete = id !== undefined && kind !== undefined && clause !== undefined && party !== undefined;
    if (!complete || over === undefined || sum === undefined) return [];
    return [{ kind, about: id, clause, party, over, sum, feeMonths: feeMonths ?? null, except }];
  });
}

type LooseStatements = Loose<NonNullable<ContractFile['statements']>>;

/** What a fact about a statement must carry, by the part it plays. */
const CARRIES = {
  disputed: ['cycle', 'line'],
  decided: ['dispute', 'outcome', 'amount'],
  signed: ['cycle', 'revision'],
} as const;

/** The states that facts about a statement feed: those of its cycle, and those of the dispute that they decide. */
const FEEDS = {
  disputed: { kind: 'statement:', field: 'cycle' },
  decided: { kind: 'dispute:', field: 'dispute' },
  signed: { kind: 'statement:', field: 'cycle' },
} as const;

/** Compiles the life of a statement. */
export function compileStatements(reading: Reading): Pick<Money, 'finalAfter' | 'statementEvents'> & RuleReads {
  const written: LooseStatements | undefined = reading.file.statements;
  const path: Path = ['statements'];
  const finalAfter = periodAt(reading, [...path, 'finalAfter'], written?.finalAfter) ?? null;
  const fieldsRead = (['disputed', 'decided', 'signed'] as const).flatMap((part) => {
    const at = [...path, part];
    const [type] = typeNames(reading, at, written?.[part]);
    if (type === undefined) return [];
    const needed = CARRIES[part].flatMap((field) =>
      declaredField(reading, at, [type], field, field === 'amount' ? AMOUNT : NAMES_STATE.has(field) ? NAME : ANY),
    );
    const reasoned = reading.types.get(type)?.fields.has('reason') === true;
    return reasoned ? [...needed, { type, field: 'reason' }] : needed;
  });
  const { disputed, decided, signed } = written ?? {};
  const statementEvents =
    disputed !== undefined && decided !== undefined && signed !== undefined ? { disputed, decided, signed } : null;
  const feeds = (['disputed', 'decided', 'signed'] as const).flatMap((part) =>
    statementEvents === null ? [] : feedsOf(FEEDS[part].kind, [statementEvents[part]], { field: FEEDS[part].field }),
  );
  return { finalAfter, statementEvents, feeds, fieldsRead };
}

const NAMES_STATE: ReadonlySet<string> = new Set(['cycle', 'dispute']);

const ANY = { as: 'a field of its data', fits: () => true };
