import { parseInstant, type Instant } from '#libs/calendar';
import type { Contract, Refusal } from '#libs/contract';
import {
  byPublicOrder,
  compareCodePoints,
  FactSet,
  toFindingRecord,
  toRecord,
  toStandardRecord,
  versionsOf,
  type ContractVersions,
  type FindingRecord,
  type JudgedFinding,
  type JudgedVerdict,
  type StandardRecord,
  type StandardVerdict,
  type VerdictRecord,
} from '#libs/evaluation';
import {
  findRights,
  makeStatements,
  toRightRecord,
  toStatementRecord,
  type RaisedRight,
  type RightRecord,
  type Statement,
  type StatementRecord,
} from '#libs/liability';
import { parseJsonEvent, reservedExtensions, toFact } from '#libs/events';

/** A line that could not be judged. `line` counts from 1, blank lines included. */
export interface QuarantinedLine {
  readonly kind: 'quarantined';
  readonly id: string | null;
  readonly reason: Refusal['reason'];
  readonly detail: string;
  readonly line: number;
}

export interface Evaluation {
  /** In public order. */
  readonly verdicts: readonly JudgedVerdict[];
  /** By contract, standard and period. */
  readonly standards: readonly StandardVerdict[];
  /** By contract and cycle. */
  readonly statements: readonly Statement[];
  /** By contract and the instant they were raised. */
  readonly rights: readonly RaisedRight[];
  readonly quarantined: readonly QuarantinedLine[];
  /** Accepted facts that do not act, by contract and their time. */
  readonly findings: readonly { readonly contract: string; readonly finding: JudgedFinding }[];
  readonly asOf: Instant;
}

/**
 * Judges a stream of CloudEvents lines, all in memory. Lines that cannot be judged are listed and take no part. Every line
 * counts as received when it happened, unless it carries `appendedtime` (reading 6). `asOf` absent: the greatest `time` accepted.
 *
 * Throws UncoveredYearError where judging leaves the years a calendar covers.
 */
export function evaluateLines(
  contracts: readonly Contract[],
  lines: Iterable<string>,
  options: { readonly asOf?: Instant } = {},
): Evaluation {
  const bench = new Bench(contracts);
  let number = 0;
  for (const line of lines) {
    number += 1;
    if (line.trim() !== '') bench.take(line, number);
  }
  return bench.result(options.asOf);
}

/** The records of `evaluate --format json`, kind after kind, each in its order; findings where they are asked for. */
export function* recordsOf(
  evaluation: Evaluation,
  shown: { readonly findings?: boolean } = {},
): Generator<VerdictRecord | StandardRecord | StatementRecord | RightRecord | QuarantinedLine | FindingRecord> {
  for (const { verdict, revision } of evaluation.verdicts) yield toRecord(verdict, revision);
  for (const standard of evaluation.standards) yield toStandardRecord(standard);
  for (const statement of evaluation.statements) yield toStatementRecord(statement);
  for (const right of evaluation.rights) yield toRightRecord(right);
  yield* evaluation.quarantined;
  if (shown.findings !== true) return;
  for (const { contract, finding } of evaluation.findings) yield toFindingRecord(contract, finding);
}

interface ContractSet {
  readonly versions: ContractVersions;
  readonly set: FactSet;
}

function byContract({ versions: [a] }: ContractSet, { versions: [b] }: ContractSet): number {
  return compareCodePoints(a.id, b.id);
}

function judgeContract({ versions, set }: ContractSet, asOf: Instant) {
  const judgement = set.judge(asOf);
  const statements = makeStatements(versions, judgement, asOf);
  return {
    ...judgement,
    contract: versions[0].id,
    statements,
    rights: findRights(versions, { ...judgement, statements }, asOf),
  };
}

class Bench {
  private readonly sets = new Map<string, ContractSet>();
  private readonly defaults = new Map<string, string>();
  private readonly quarantined: QuarantinedLine[] = [];
  /** Where each correction came, for those that turn out wrong only when the fact they correct arrives. */
  private readonly corrections = new Map<string, number>();

  constructor(contracts: readonly Contract[]) {
    for (const contract of contracts) {
      for (const one of contract.sources.values()) if (one.isDefault) this.defaults.set(one.uri, contract.id);
    }
    for (const id of new Set(contracts.map((one) => one.id))) {
      const versions = versionsOf(contracts.filter((one) => one.id === id));
      this.sets.set(id, { versions, set: new FactSet(versions) });
    }
  }

  take(text: string, line: number): void {
    const parsed = parseJsonEvent(text);
    if (!parsed.ok) return this.refuse(parsed.refusal, line);
    const { event } = parsed;
    const refuse = (reason: Refusal['reason'], detail: string): void =>
      this.refuse({ reason, detail, id: event.id, source: event.source, contract: null }, line);
    const id = event.contractid ?? this.defaults.get(event.source);
    if (id === undefined) {
      return refuse(
        'UNKNOWN_CONTRACT',
        `contractid is missing, and no loaded contract takes source '${event.source}' by default`,
      );
    }
    const entry = this.sets.get(id);
    if (entry === undefined) {
      const loaded = [...this.sets.keys()].join(', ');
      return refuse('UNKNOWN_CONTRACT', `contract '${id}' is not loaded (loaded: ${loaded})`);
    }
    const stamp = event.extensions[reservedExtensions.appendedTime];
    const appendedAt = stamp === undefined ? event.time : parseInstant(stamp);
    if (appendedAt === undefined) return refuse('SCHEMA', `appendedtime is not an RFC 3339 instant: '${stamp}'`);
    const law = entry.versions[entry.versions.length - 1]!;
    const read = toFact(event, law, appendedAt, 'offline');
    if (!read.ok) return this.refuse(read.refusal, line);
    const { fact } = read;
    if (fact.type === law.vocabulary.correction) this.corrections.set(`${id}\n${fact.source}\n${fact.id}`, line);
    for (const refusal of entry.set.add(fact)) this.refuse(refusal, this.lineOf(refusal, line));
  }

  result(asked: Instant | undefined): Evaluation {
    const all = [...this.sets.values()];
    const asOf = asked ?? Math.max(...all.map(({ set }) => set.greatestTime));
    const judged = Number.isFinite(asOf) ? all.sort(byContract).map((entry) => judgeContract(entry, asOf)) : [];
    const quarantined = this.quarantined.sort((a, b) => a.line - b.line || compareCodePoints(a.id ?? '', b.id ?? ''));
    return {
      verdicts: judged.flatMap(({ verdicts }) => verdicts).sort(byPublicOrder),
      standards: judged.flatMap(({ standards }) => standards),
      statements: judged.flatMap(({ statements }) => statements),
      rights: judged.flatMap(({ rights }) => rights),
      quarantined,
      findings: judged.flatMap(({ contract, findings }) => findings.map((finding) => ({ contract, finding }))),
      asOf,
    };
  }

  private lineOf(refusal: Refusal, line: number): number {
    if (refusal.id === null) return line;
    return this.corrections.get(`${refusal.contract}\n${refusal.source}\n${refusal.id}`) ?? line;
  }

  private refuse(refusal: Refusal, line: number): void {
    this.quarantined.push({
      kind: 'quarantined',
      id: refusal.id,
      reason: refusal.reason,
      detail: refusal.detail,
      line,
    });
  }
}
