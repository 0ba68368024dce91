import { Decimal } from 'decimal.js';
import { formatInstant } from '#libs/calendar';
import type { LogRecord } from '#libs/bus';
import { readPublished, type Contract } from '#libs/contract';
import {
  compareCodePoints,
  packState,
  PartitionJudge,
  toRecord,
  toStandardRecord,
  versionsOf,
  type Decision,
  type FollowingDecision,
  type IdEntry,
  type JudgeItem,
  type JudgeOutcome,
  type LoadedRows,
  type StandardDecision,
} from '#libs/evaluation';
import { StatementCloser, type RecordedStatement } from '#libs/liability';
import type { DecisionRow } from '#libs/store';
import { ContractLibrary } from '../../apps/monitor/src/contract-library.js';
import { parseRecord, type ParseContext, type Publication } from '../../apps/monitor/src/parse-record.js';
import { compilations } from './compile-once.js';
import { PARTITIONS, STAMP_KEY } from './streams.js';

const NO_LIMITS = { firings: Infinity, heldStates: Infinity };

type Waiting = LoadedRows['waiting'][number];

/**
 * What a partition's log comes to where nothing ever goes wrong: one judge over its records, nothing forgotten, nothing saved,
 * no slices. It can go through the log in one go or step by step; what it has decided is what the monitors must decide.
 */
export class Undisturbed {
  /** In the order of their numbers, as texts that can be compared. */
  readonly decisions = new Map<string, string[]>();
  /** Contracts over which a sweep went: around it numbers may fall otherwise, about each instance the same is decided. */
  readonly swept = new Set<string>();
  readonly facts: string[] = [];
  readonly refused: string[] = [];
  readonly states = new Map<string, string>();
  /** Good, all, undecided items and the sum of a counter, by its key. */
  readonly counts = new Map<string, number[]>();
  readonly ids = new Map<string, IdEntry>();
  readonly waiting = new Map<string, Waiting>();
  private readonly closer = new StatementCloser();
  readonly judge = new PartitionJudge([], NO_LIMITS, [this.closer]);
  private readonly strays = new Set<number>();
  private readonly byContract = new Map<string, ByInstance>();
  /** Records judged so far. */
  offset = 0;
  private readonly library: ContractLibrary;
  private readonly parse: Omit<ParseContext, 'now'>;
  private readonly defaults = new Map<string, string>();

  constructor(
    partition: number,
    private readonly documents: ReadonlyMap<string, Buffer>,
    /** Offsets of records that were laid aside because processes kept ending at them: that is no matter of judging. */
    private readonly poisoned: ReadonlySet<number> = new Set(),
  ) {
    this.library = {
      defaultContract: (source: string) => Promise.resolve(this.defaults.get(source)),
    } as unknown as ContractLibrary;
    const session = { partition, judge: this.judge } as unknown as ParseContext['session'];
    this.parse = { session, library: this.library, stampKey: STAMP_KEY, partitions: PARTITIONS };
  }

  countOf(contract: string): number {
    return this.decisions.get(contract)?.length ?? 0;
  }

  /** The rights of a contract that hold now, as `rightsOf` names those that were raised. */
  rightsThatHold(contract: string): string[] {
    const memory = this.judge.contracts.get(contract);
    const rights = memory === undefined ? [] : this.closer.rights(memory);
    return rights.map(({ because, about }) => JSON.stringify([because.rule, about]));
  }

  /** What it has decided about one instance of a contract, without numbers, in order. */
  ofInstance(contract: string, instance: string): readonly string[] {
    let known = this.byContract.get(contract);
    if (known === undefined) this.byContract.set(contract, (known = new ByInstance()));
    return known.of(instance, this.decisions.get(contract) ?? []);
  }

  /** Judges what lies before an offset, all of it at once as far as its contracts stay the same. */
  async goTo(records: readonly LogRecord[], offset: number): Promise<void> {
    let items: JudgeItem[] = [];
    for (const record of records.slice(this.offset, offset)) {
      const parsed = this.poisoned.has(record.offset)
        ? poison(record)
        : await parseRecord(record, { ...this.parse, now: record.appendedAt });
      if (parsed.kind === 'publish') {
        this.judgeAll(items);
        items = [];
        this.judgeAll([this.published(parsed)]);
      } else if (parsed.kind === 'stray') {
        this.strays.add(record.offset);
      } else {
        items.push(parsed);
      }
    }
    this.judgeAll(items);
    this.offset = Math.max(this.offset, offset);
  }

  /** A slice fires what the next record that is judged here will make due, and not more. */
  async goThroughNext(records: readonly LogRecord[], offset: number): Promise<void> {
    for (let to = offset + 1; to <= records.length; to++) {
      await this.goTo(records, to);
      if (!this.strays.has(to - 1)) return;
    }
  }

  private judgeAll(items: readonly JudgeItem[]): void {
    for (let left = items; left.length > 0;) {
      const plan = this.judge.plan(left);
      if (plan.items === 0) throw new Error('without limits everything fits');
      this.judge.accept(this.known(), plan);
      this.judge.judge(left.slice(0, plan.items));
      this.keep(this.judge.take());
      this.sweep();
      left = left.slice(plan.items);
    }
  }

  /** What changed circumstances touch is told at once. */
  private sweep(): void {
    for (let slice = this.judge.nextSweep(); slice !== undefined; slice = this.judge.nextSweep()) {
      const { contract, kinds, keys } = slice;
      const prefix = `${contract.id}\n`;
      const all = [...this.states.keys()].filter((at) => at.startsWith(prefix)).map((at) => at.slice(prefix.length));
      const ofKinds = all.filter((key) => kinds?.includes(key.slice(0, key.indexOf('/')))).sort(compareCodePoints);
      this.swept.add(contract.id);
      // A change may name a subject of which nothing is known yet.
      this.judge.accept(this.known(), { keys: (keys ?? []).map((key) => ({ contract: contract.id, key })) });
      this.judge.sweep(slice, keys ?? ofKinds);
      this.keep(this.judge.take());
    }
  }

  /** All ids and all corrections that wait: what the judge asks for is among them. */
  private known(): LoadedRows {
    const ids = [...this.ids].map(([at, entry]) => {
      const [contract = '', source = '', id = ''] = at.split('\n');
      return { contract, source, id, entry };
    });
    return { ids, waiting: [...this.waiting.values()], states: [] };
  }

  private keep(outcome: JudgeOutcome): void {
    for (const { contract, source, id, entry } of outcome.ids.values())
      this.ids.set(`${contract}\n${source}\n${id}`, entry);
    for (const { contract, source, id } of outcome.waitingRemoved) this.waiting.delete(`${contract}\n${source}\n${id}`);
    for (const row of outcome.waitingAdded) {
      const { source, id } = row.waiting.correction;
      this.waiting.set(`${row.contract}\n${source}\n${id}`, row);
    }
    for (const { contract, key, state, nextInstant } of outcome.states.values())
      this.states.set(`${contract}\n${key}`, `${unswept(packState(state))} ${nextInstant}`);
    for (const { contract, key, packed } of outcome.kept.values()) {
      // A subject may have had breaches between two saves, or never.
      if (packed === NO_BREACHES) this.states.delete(`${contract}\n${key}`);
      else this.states.set(`${contract}\n${key}`, `${packed} null`);
    }
    for (const { fact, offset } of outcome.facts)
      this.facts.push(`${offset} ${fact.contract} ${fact.source} ${fact.id}`);
    for (const { refusal, offset } of outcome.refused) this.refused.push(`${offset} ${refusal.reason} ${refusal.id}`);
    for (const { contract, version, standard, minute, value, ...change } of outcome.figures.values()) {
      const at = JSON.stringify([contract, version, standard, minute, value]);
      const known = this.counts.get(at) ?? [0, 0, 0, 0];
      const { good, items, undecided, sum } = change;
      this.counts.set(
        at,
        [good, items, undecided, sum.toNumber()].map((one, place) => one + known[place]!),
      );
    }
    const decisions = [...outcome.decisions, ...outcome.standards, ...outcome.followed].sort(
      (a, b) => a.number - b.number,
    );
    for (const decision of decisions) {
      const list = this.decisions.get(decision.contract) ?? [];
      this.decisions.set(decision.contract, list);
      list.push(textOf(decision));
    }
  }

  private published({ contract: id, version, at, offset }: Publication): JudgeItem {
    const known = this.judge.contracts.get(id);
    const contract = compiled(id, version, this.documents);
    const others = (known?.published ?? []).filter((one) => one.version !== version.version);
    const published = { ...version, from: version.from ?? contract.inForceFrom };
    const all = [...others, published].map((one) => compiled(id, one, this.documents));
    for (const { uri, isDefault } of contract.sources.values()) if (isDefault) this.defaults.set(uri, id);
    return { kind: 'published', contract: id, version: published, versions: versionsOf(all), at, offset };
  }
}

/** Decisions of one contract by their instances: what is new in a list that grows is read once. */
export class ByInstance {
  private read = 0;
  private readonly texts = new Map<string, string[]>();

  of(instance: string, decisions: readonly string[]): readonly string[] {
    for (; this.read < decisions.length; this.read++) {
      const one = unnumbered(decisions[this.read]!);
      const known = this.texts.get(one.instance);
      if (known === undefined) this.texts.set(one.instance, [one.text]);
      else known.push(one.text);
    }
    return this.texts.get(instance) ?? [];
  }
}

interface Unnumbered {
  readonly instance: string;
  readonly text: string;
  /** About what closes: a standard in a period, a statement, a right. */
  readonly ofClosing: boolean;
  /** About a statement or a right. */
  readonly isAbout: boolean;
  /** Of a decision about a statement. */
  readonly statement: RecordedStatement | null;
}

/** The instance that a decision is about, and what it says but for its number. */
export function unnumbered(decided: string): Unnumbered {
  const { number: _, supersedes: __, ...decision } = JSON.parse(decided) as Record<string, unknown>;
  const period = decision['standard'] as Record<string, unknown> | undefined;
  // How often it was revised around a sweep is no function of the log, what it comes to is.
  if (period !== undefined) {
    const instance = JSON.stringify([period['standard'], period['period']]);
    return { instance, text: JSON.stringify(period), ofClosing: true, isAbout: false, statement: null };
  }
  const about = decision['about'] as About | undefined;
  if (about !== undefined) {
    const { type, rule, subject, record } = about;
    const statement = type.startsWith('compliance.statement.') ? (record as RecordedStatement) : null;
    return { instance: JSON.stringify([rule, subject]), text: type, ofClosing: true, isAbout: true, statement };
  }
  const { obligation, subject, instance } = decision['verdict'] as Record<string, unknown>;
  return {
    instance: JSON.stringify([obligation, subject, instance]),
    text: JSON.stringify(decision),
    ofClosing: false,
    isAbout: false,
    statement: null,
  };
}

/** What a decision about a statement or a right says. */
interface About {
  readonly type: string;
  readonly rule: string;
  readonly subject: string;
  readonly record: object;
}

/**
 * Decisions in the order of their instances, those about one as they followed each other; of a standard in a period the last, of
 * all statements together what they come to, of rights nothing.
 */
export function byInstance(texts: readonly string[]): string[] {
  const all = texts.map(unnumbered);
  const last = new Map(all.map((one) => [one.instance, one]));
  const compared = all
    .map((one, place) => ({ ...one, place, isLast: last.get(one.instance) === one }))
    .filter(({ ofClosing, isAbout, isLast }) => !ofClosing || (isLast && !isAbout))
    .sort((a, b) => (a.instance < b.instance ? -1 : a.instance > b.instance ? 1 : a.place - b.place))
    .map(({ text }) => text);
  return [...compared, ...sumsOf([...last.values()].flatMap(({ statement }) => statement ?? []))];
}

/** The rights that decisions have raised, by rule and what they are about. */
export function rightsOf(texts: readonly string[]): ReadonlySet<string> {
  const all = texts.map(unnumbered);
  return new Set(all.flatMap((one) => (one.isAbout && one.statement === null ? [one.instance] : [])));
}

/**
 * Nothing becomes final under a sweep. What comes meanwhile stands in the statement itself where the sweep took long, and as an
 * adjustment in the next where it did not: their sum is the same. Of a dispute it decides whether it came too late.
 */
function sumsOf(records: readonly RecordedStatement[]): string[] {
  if (records.some(({ disputes }) => disputes.length > 0)) return [];
  return (['client', 'provider'] as const).map((party) => {
    const sum = records.reduce((all, { totals }) => all.plus(totals[party]), new Decimal(0));
    return `all statements of the ${party} together: ${sum.toFixed(2)}`;
  });
}

/** How breaches of a subject are kept that has none. */
export const NO_BREACHES = '[]';

const NUMBER = 9;

/** A state without what hangs on when a sweep came to it: its mark, and the numbers of decisions, which are compared as such. */
export function unswept(packed: string): string {
  const [layout, names, facts, corrections, recorded, , contributed] = JSON.parse(packed) as [
    number,
    unknown,
    unknown,
    unknown,
    unknown[][],
    unknown,
    unknown,
  ];
  return JSON.stringify([
    layout,
    names,
    facts,
    corrections,
    recorded.map((row) => row.filter((_, at) => at !== NUMBER)),
    contributed ?? null,
  ]);
}

function poison({ appendedAt: at, offset }: LogRecord): JudgeItem {
  const refusal = { reason: 'POISON', detail: '', id: null, source: null, contract: null } as const;
  return { kind: 'refused', refusal, at, live: false, offset };
}

function compiled(id: string, version: Publication['version'], documents: ReadonlyMap<string, Uint8Array>): Contract {
  return compilations.of(version, () => {
    const read = readPublished({ ...version, contract: id, fromInstant: version.from }, documents);
    if (!read.ok) throw new Error(read.problem);
    return read.contract;
  });
}

function textOf(decision: Decision | StandardDecision | FollowingDecision): string {
  if ('rule' in decision) return textOfFollowing(decision);
  if ('standard' in decision) return textOfStandard(decision);
  const { cause, warning, backfill } = decision;
  return JSON.stringify({
    type: decision.type,
    number: decision.number,
    supersedes: decision.supersedes,
    effectiveAt: formatInstant(decision.effectiveAt),
    cause: cause.kind === 'deadline' ? { kind: 'deadline', at: formatInstant(cause.at) } : cause,
    warning,
    backfill,
    verdict: toRecord(decision.verdict, decision.revision),
  });
}

function textOfStandard({ type, number, supersedes, effectiveAt, cause, backfill, ...one }: StandardDecision): string {
  return JSON.stringify({
    type,
    number,
    supersedes,
    effectiveAt: formatInstant(effectiveAt),
    cause: cause.kind === 'deadline' ? { kind: 'deadline', at: formatInstant(cause.at) } : cause,
    backfill,
    revision: one.revision,
    standard: toStandardRecord(one.standard),
  });
}

function textOfFollowing(decision: FollowingDecision): string {
  const { type, number, supersedes, cause, backfill, rule, subject, revision, clause, party, state } = decision;
  const effectiveAt = formatInstant(decision.effectiveAt);
  return JSON.stringify({
    number,
    supersedes,
    cause: cause.kind === 'deadline' ? { kind: 'deadline', at: formatInstant(cause.at) } : cause,
    effectiveAt,
    backfill,
    revision,
    about: { type, rule, subject, clause, party, state, record: bare(decision.record) },
  });
}

/** What beside the record is compared, or differs from run to run. */
const NUMBERING = ['generation', 'number', 'supersedes', 'revision', 'cause', 'effectiveAt', 'decidedAt', 'backfill'];

function bare(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !NUMBERING.includes(name)));
}

const texts = new WeakMap<DecisionRow, string>();

/** A stored decision in the same words. */
export function textOfStored(row: DecisionRow): string {
  const known = texts.get(row) ?? readStored(row);
  texts.set(row, known);
  return known;
}

function readStored(row: DecisionRow): string {
  if (row.type.startsWith('compliance.statement.') || row.type === 'compliance.right.raised') {
    const record = JSON.parse(row.record) as Record<string, unknown>;
    const { number, supersedes, cause, effectiveAt, backfill, revision } = record;
    const { type, obligation: rule, subject, clause, party, state } = row;
    const about = { type, rule, subject, clause, party, state, record: bare(record) };
    return JSON.stringify({ number, supersedes, cause, effectiveAt, backfill, revision, about });
  }
  if (row.type.startsWith('compliance.standard.')) {
    const {
      number,
      supersedes,
      effectiveAt,
      cause,
      backfill,
      revision,
      id: _,
      generation: __,
      decidedAt: ___,
      ...standard
    } = JSON.parse(row.record) as Record<string, unknown>;
    return JSON.stringify({ type: row.type, number, supersedes, effectiveAt, cause, backfill, revision, standard });
  }
  const { number, supersedes, effectiveAt, cause, warning, backfill, ...record } = JSON.parse(row.record) as Record<
    string,
    unknown
  >;
  const verdict: Record<string, unknown> = {};
  for (const name of VERDICT_FIELDS) verdict[name] = record[name];
  return JSON.stringify({ type: row.type, number, supersedes, effectiveAt, cause, warning, backfill, verdict });
}

const VERDICT_FIELDS = [
  ...['kind', 'contract', 'obligation', 'clause', 'party', 'subject', 'instance', 'state', 'startedAt', 'dueAt'],
  ...['stoppedAt', 'elapsed', 'allowed', 'overdueBy', 'revision', 'dimensions', 'because'],
];
