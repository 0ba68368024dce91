import { formatInstant, UncoveredYearError, type Instant } from '#libs/calendar';
import type { Contract, Right } from '#libs/contract';
import {
  deriveStatementFacts,
  isStatementKind,
  packBreaches,
  speaker,
  unpackBreaches,
  versionFor,
  type Breach,
  type Closer,
  type ClosingOccasion,
  type ContractMemory,
  type ContractVersions,
  type FollowingDecision,
  type JudgeOutcome,
  type Notice,
  type StandardVerdict,
  type StatementFacts,
} from '#libs/evaluation';
import { raisedRights } from './find-rights.js';
import { lastRevision } from './last-revision.js';
import type { LastRevision, LiveStatement } from './live-statement.js';
import { agreeOnMoney, cycleAt, cyclesOf } from './make-statements.js';
import type { RecordedStatement } from './recorded-statement.js';
import { finalInstant, freezingInstant, liveStatements } from './statement-life.js';
import type { RaisedRight, Statement } from './statement.js';
import { toLiveRecord, toRightRecord } from './to-record.js';

/** Kind of the rows that keep the breaches of a subject. */
export const BREACH_KIND = 'breach:';

const KIND = 'closing:';
const RIGHTS = `${KIND}rights`;

/** A revision without what the shell adds when it is recorded. */
type Unnumbered = Omit<RecordedStatement, 'generation' | 'number' | 'decidedAt'>;

/** What is held of the statements of one contract. */
interface Book {
  /** By the key of the subject's state. */
  readonly breaches: Map<string, readonly Breach[]>;
  /** The same as it is kept. */
  readonly packed: Map<string, string>;
  readonly last: Map<string, LastRevision>;
  /** Rights that were raised: rule, what they are about, and since when. */
  readonly raised: Set<string>;
  /** Something that recorded statements are made from has changed since they were made, or time has. */
  changed: boolean;
  /** The same for rights. */
  rightsChanged: boolean;
  /** Number of the last decision that was looked at. */
  seen: number;
  /** When the next breach in a recorded statement has come to its end that is known already; null: none. */
  stopsAt: Instant | null;
  /** What the parties have said; null where it must be derived anew. */
  facts: StatementFacts | null;
  /** It was taken over, and nothing was scheduled since. */
  restored: boolean;
}

/** What is stored of the statements of a contract, as it is read when a partition is taken. */
export interface StoredBook {
  readonly contract: string;
  readonly versions: ContractVersions;
  readonly breaches: readonly { readonly key: string; readonly packed: string }[];
  /** The last revision of each cycle. */
  readonly statements: readonly RecordedStatement[];
  readonly rights: readonly { readonly rule: string; readonly about: string; readonly since: Instant }[];
}

/**
 * Freezes statements, revises them and makes them final by the contract's clock, and raises rights. It holds all breaches of a
 * contract that agrees on money or rights, and what was recorded last about each cycle; everything is derived from them.
 */
export class StatementCloser implements Closer {
  readonly kind = KIND;
  private readonly books = new Map<string, Book>();

  /** Whether a contract has statements or rights at all. */
  follows(versions: ContractVersions | null): versions is ContractVersions {
    return versions !== null && follows(versions);
  }

  /** Takes over what is stored; before anything is judged. */
  restore({ contract, versions, breaches, statements, rights }: StoredBook): void {
    const book = this.bookOf(contract);
    for (const row of breaches) {
      const key = row.key.slice(BREACH_KIND.length + 1);
      const found = unpackBreaches(versions, row.packed);
      if (found.length === 0) continue;
      book.packed.set(key, row.packed);
      book.breaches.set(key, found);
    }
    for (const record of statements) book.last.set(record.cycle, lastRevision(record));
    for (const { rule, about, since } of rights) book.raised.add(nameOf(rule, about, since));
    bookChanged(book);
    book.restored = true;
  }

  schedule(contract: ContractMemory): void {
    if (contract.versions === null || !follows(contract.versions)) return;
    const book = this.bookOf(contract.id);
    bookChanged(book);
    setDeadlines(contract, contract.versions, book);
    if (!book.restored) return;
    book.restored = false;
    // Nothing may come before the next right is due: it has its deadline from the takeover on.
    within(() => {
      const due = this.rightsNotRaised(contract, book, contract.clock ?? -Infinity).map(({ since }) => since);
      contract.deadlines.set(RIGHTS, due.length === 0 ? null : Math.min(...due));
    });
  }

  judged(contract: ContractMemory, key: string, breaches: readonly Breach[], outcome: JudgeOutcome): void {
    const { versions } = contract;
    if (versions === null || !follows(versions)) return;
    const book = this.bookOf(contract.id);
    const slash = key.indexOf('/');
    // Kinds that no contract names end with a colon.
    if (key[slash - 1] === ':') {
      const kind = key.slice(0, slash);
      if (isStatementKind(kind)) {
        book.changed = true;
        book.facts = null;
      }
      if (kind === 'notice:') book.rightsChanged = true;
    }
    if (breaches.length === 0 && !book.packed.has(key)) return;
    const packed = breaches.length === 0 ? undefined : packBreaches(breaches);
    if (packed === book.packed.get(key)) return;
    const touched = [...(book.breaches.get(key) ?? []), ...breaches];
    book.changed ||= touched.some(({ at }) => bearsOnRecorded(book, versions, at));
    book.rightsChanged ||= touched.some(({ rule }) => versions.some(({ rights }) => rights.some(readsRule(rule))));
    if (packed === undefined) {
      book.packed.delete(key);
      book.breaches.delete(key);
    } else {
      book.packed.set(key, packed);
      book.breaches.set(key, breaches);
    }
    const row = { contract: contract.id, key: `${BREACH_KIND}/${key}`, packed: packed ?? '[]' };
    outcome.kept.set(`${row.contract}\n${row.key}`, row);
  }

  close(contract: ContractMemory, key: string, occasion: ClosingOccasion): void {
    const book = this.bookOf(contract.id);
    if (key === RIGHTS) book.rightsChanged = true;
    else book.changed = true;
    this.settle(contract, occasion);
  }

  swept({ id }: ContractMemory): void {
    bookChanged(this.bookOf(id));
  }

  settle(contract: ContractMemory, occasion: ClosingOccasion): void {
    const { versions } = contract;
    if (versions === null || !follows(versions)) return;
    const book = this.bookOf(contract.id);
    const { lastNumber } = contract;
    if (lastNumber > book.seen) this.lookAtStandards(contract.id, book, versions, occasion);
    if (book.stopsAt !== null && book.stopsAt <= occasion.now.at) {
      book.changed = true;
      book.stopsAt = null;
    }
    if (book.changed) within(() => this.reviewStatements(contract, book, occasion));
    // A statement that was recorded may say that a limit was reached.
    if (book.rightsChanged || contract.lastNumber > lastNumber)
      within(() => this.reviewRights(contract, book, occasion));
    book.changed = false;
    book.rightsChanged = false;
    book.seen = contract.lastNumber;
  }

  /** The statements of the cycles that have begun, as of the contract's clock. Nothing is recorded. */
  statements(contract: ContractMemory): readonly LiveStatement[] {
    const { versions, clock } = contract;
    if (versions === null || clock === null) return [];
    return within(() => this.live(contract, this.bookOf(contract.id), { at: clock, passed: false })) ?? [];
  }

  /** The rights that hold as of the contract's clock, whether or not they were raised. */
  rights(contract: ContractMemory): readonly RaisedRight[] {
    const { versions, clock } = contract;
    if (versions === null || clock === null) return [];
    return (within(() => this.rightsFound(contract, this.bookOf(contract.id), clock)) ?? []).filter(
      ({ since }) => since < clock,
    );
  }

  private bookOf(contract: string): Book {
    let book = this.books.get(contract);
    if (book === undefined) {
      book = {
        breaches: new Map(),
        packed: new Map(),
        last: new Map(),
        raised: new Set(),
        changed: false,
        rightsChanged: false,
        seen: 0,
        stopsAt: null,
        facts: null,
        restored: false,
      };
      this.books.set(contract, book);
    }
    return book;
  }

  /** Standards that were decided since the last look: what is agreed about them may change a recorded statement, or raise a right. */
  private lookAtStandards(
    contract: string,
    book: Book,
    versions: ContractVersions,
    { outcome: { standards } }: ClosingOccasion,
  ): void {
    for (let place = standards.length - 1; place >= 0; place--) {
      const decided = standards[place]!;
      if (decided.contract !== contract) continue;
      if (decided.number <= book.seen) return;
      const { standard, period } = decided.standard;
      book.changed ||= costs(versions, standard) && bearsOnRecorded(book, versions, period.to - 1);
      book.rightsChanged ||= countsMisses(versions, standard);
    }
  }

  private live(contract: ContractMemory, book: Book, now: ClosingOccasion['now']): LiveStatement[] {
    const { versions, bearing } = contract;
    if (versions === null) return [];
    const judged = {
      breaches: [...book.breaches.values()].flat(),
      standards: resultsOf(contract, versions, now.at, (standard) => costs(versions, standard)),
    };
    const facts = (book.facts ??= deriveStatementFacts(versions, bearing.values()));
    return liveStatements(versions, { judged, facts, last: book.last, waitsTo: waitsTo(contract) }, now);
  }

  /** Records one change after the other, since each may bring about another. */
  private reviewStatements(contract: ContractMemory, book: Book, occasion: ClosingOccasion): void {
    for (let left = MOST_CHANGES; ; left--) {
      const next = this.live(contract, book, occasion.now).find(({ change }) => change !== null);
      if (next === undefined) break;
      if (left === 0) throw new Error(`the statements of contract ${contract.id} do not come to rest`);
      recordChange(contract, book, next, occasion);
    }
    setDeadlines(contract, contract.versions!, book);
    book.stopsAt = nextStop(contract.versions!, book, occasion.now.at);
  }

  private rightsNotRaised(contract: ContractMemory, book: Book, at: Instant): RaisedRight[] {
    const found = this.rightsFound(contract, book, at);
    return found.filter((right) => !book.raised.has(nameOf(right.because.rule, right.about, right.since)));
  }

  private rightsFound(contract: ContractMemory, book: Book, at: Instant): RaisedRight[] {
    const { standards, circumstances } = contract;
    const versions = contract.versions!;
    if (!versions.some(({ rights }) => rights.length > 0)) return [];
    const notices = [...circumstances.notices].flatMap(([about, served]) =>
      served.map((one): Notice => ({ about, ...one })),
    );
    return raisedRights(
      versions,
      {
        breaches: [...book.breaches.values()].flat(),
        // What has not closed yet may still turn out otherwise.
        standards: resultsOf(contract, versions, at, (standard) => countsMisses(versions, standard)).filter(
          ({ standard, period }) => standards.recorded(standard, period.name) !== undefined,
        ),
        notices,
        statements: recordedCycles(versions, book),
      },
      Infinity,
    );
  }

  private reviewRights(contract: ContractMemory, book: Book, occasion: ClosingOccasion): void {
    const { now } = occasion;
    let next: Instant | null = null;
    for (const right of this.rightsNotRaised(contract, book, now.at)) {
      const name = nameOf(right.because.rule, right.about, right.since);
      if (book.raised.has(name)) continue;
      if (right.since < now.at || (now.passed && right.since <= now.at)) {
        book.raised.add(name);
        raise(contract, right, occasion);
      } else if (next === null || right.since < next) next = right.since;
    }
    contract.deadlines.set(RIGHTS, next);
  }
}

/** Each cycle can freeze, become final and be revised a few times by one change; more is a defect. */
const MOST_CHANGES = 1_000;

const followed = new WeakMap<ContractVersions, boolean>();

function follows(versions: ContractVersions): boolean {
  let known = followed.get(versions);
  if (known === undefined) {
    known = agreeOnMoney(versions) || versions.some(({ rights }) => rights.length > 0);
    followed.set(versions, known);
  }
  return known;
}

/** Beyond the years of the calendar nothing can be reckoned: what was recorded stands until another calendar is published. */
function within<T>(reckon: () => T): T | undefined {
  try {
    return reckon();
  } catch (error) {
    if (error instanceof UncoveredYearError) return undefined;
    throw error;
  }
}

function bookChanged(book: Book): void {
  book.changed = true;
  book.rightsChanged = true;
  book.facts = null;
}

/** Whether what a cycle owes bears on a statement that was recorded: its own, or one after it. None looks at those behind it. */
function bearsOnRecorded({ last }: Book, versions: ContractVersions, at: Instant): boolean {
  if (last.size === 0) return false;
  const cycles = cyclesOf(versions);
  const cycle = cycleAt(cycles, at);
  return cycle !== undefined && cycles.some(({ name, from }) => from >= cycle.from && last.has(name));
}

/** When time alone next changes what a recorded statement owes: a stop of a source that only knows dates holds from their end on. */
function nextStop(versions: ContractVersions, book: Book, now: Instant): Instant | null {
  let next: Instant | null = null;
  for (const breaches of book.breaches.values()) {
    for (const { at, stoppedAt } of breaches) {
      if (stoppedAt === null || stoppedAt <= now || (next !== null && stoppedAt >= next)) continue;
      if (bearsOnRecorded(book, versions, at)) next = stoppedAt;
    }
  }
  return next;
}

function costs(versions: ContractVersions, standard: string): boolean {
  return versions.some(({ money }) => money.rules.some(({ rule }) => rule === standard));
}

function countsMisses(versions: ContractVersions, standard: string): boolean {
  return versions.some(({ rights }) =>
    rights.some(({ when }) => when.by === 'missed-running' && when.standards.includes(standard)),
  );
}

function resultsOf(
  { standards, circumstances }: ContractMemory,
  versions: ContractVersions,
  at: Instant,
  counts: (standard: string) => boolean,
): StandardVerdict[] {
  return standards.results(versions, at, circumstances.gaps, counts);
}

function readsRule(rule: string): (right: Right) => boolean {
  return ({ when }) => (when.by === 'breaches' ? when.rules.includes(rule) : 'rule' in when && when.rule === rule);
}

/** Cycles that ended before this are not frozen yet: no fact has come, and what comes may be their past. */
function waitsTo({ hasFacts, dutiesWaitFrom }: ContractMemory): Instant {
  return hasFacts ? -Infinity : (dutiesWaitFrom ?? -Infinity);
}

function setDeadlines(contract: ContractMemory, versions: ContractVersions, book: Book): void {
  if (!agreeOnMoney(versions)) return;
  for (const cycle of cyclesOf(versions)) {
    const last = book.last.get(cycle.name);
    const law = versionFor(versions, cycle.from);
    let at = last === undefined ? freezingInstant(law, cycle) : null;
    if (at !== null && at <= waitsTo(contract)) at = null;
    if (last?.state === 'frozen' && !last.disputes.some(({ state }) => state === 'open'))
      at = finalInstant(law, last.frozenAt);
    contract.deadlines.set(`${KIND}/${cycle.name}`, at);
  }
}

function recordedCycles(versions: ContractVersions, { last }: Book): Pick<Statement, 'cycle' | 'capped'>[] {
  return cyclesOf(versions).flatMap((cycle) => {
    const recorded = last.get(cycle.name);
    return recorded === undefined ? [] : [{ cycle, capped: recorded.capped }];
  });
}

function recordChange(contract: ContractMemory, book: Book, next: LiveStatement, occasion: ClosingOccasion): void {
  const { cause, now } = occasion;
  const cycle = next.cycle.name;
  const before = book.last.get(cycle);
  const number = ++contract.lastNumber;
  const revision = (before?.revision ?? 0) + 1;
  const supersedes = before?.number ?? null;
  const linesRevision = next.linesChanged ? revision : before!.linesRevision;
  const law = versionFor(contract.versions!, next.cycle.from);
  const effectiveAt = next.change === 'frozen' ? next.frozenAt! : next.change === 'final' ? next.finalAt! : now.at;
  const record: Unnumbered = {
    ...toLiveRecord(next),
    revision,
    supersedes,
    linesRevision,
    cause: cause.kind === 'deadline' ? { kind: 'deadline', at: formatInstant(cause.at) } : cause,
    who: cause.kind === 'fact' ? speaker(law, cause.source) : null,
    effectiveAt: formatInstant(effectiveAt),
  };
  book.last.set(cycle, lastRevision({ ...record, number }));
  follow(contract, occasion, {
    type: `compliance.statement.${next.change!}`,
    contract: contract.id,
    number,
    revision,
    supersedes,
    effectiveAt,
    rule: 'statement',
    clause: clauseOf(law),
    party: next.net.from === 'client' ? 'client' : 'provider',
    subject: cycle,
    state: next.state,
    record,
  });
}

/** A statement comes from all clauses that agree on money; the first limit names the clause on liability. */
function clauseOf({ money }: Contract): string {
  return money.limits[0]?.clause ?? money.rules[0]?.clause ?? '';
}

function raise(contract: ContractMemory, right: RaisedRight, occasion: ClosingOccasion): void {
  follow(contract, occasion, {
    type: 'compliance.right.raised',
    contract: contract.id,
    number: ++contract.lastNumber,
    revision: 1,
    supersedes: null,
    effectiveAt: right.since,
    rule: right.because.rule,
    clause: right.clause,
    party: right.party,
    subject: right.about,
    state: 'raised',
    record: { ...toRightRecord(right), id: `${contract.id}/${right.because.rule}/${right.about}` },
  });
}

function follow(
  contract: ContractMemory,
  { cause, backfill, outcome }: ClosingOccasion,
  decision: Omit<FollowingDecision, 'cause' | 'backfill'>,
): void {
  const open = contract.import;
  if (open !== null && backfill?.import === open.id) open.decisions++;
  outcome.followed.push({ ...decision, cause, ...(backfill === undefined ? {} : { backfill }) });
  outcome.contracts.add(contract);
}

function nameOf(rule: string, about: string, since: Instant): string {
  return `${rule}\n${about}\n${since}`;
}
