import { Decimal } from 'decimal.js';
import { homePartition, TOPICS, type NewRecord } from '#libs/bus';
import { parseInstant } from '#libs/calendar';
import { BREACH_KIND, type RecordedStatement } from '#libs/liability';
import type { DecisionRow, OutboxRow, OwnerRow, PartitionSave } from '#libs/store';
import type { Database } from './database.js';
import type { Dice } from './dice.js';
import { firstSweep } from './process-store.js';
import type { SharedLog } from './shared-log.js';
import { PARTITIONS } from './streams.js';
import {
  byInstance,
  ByInstance,
  NO_BREACHES,
  rightsOf,
  textOfStored,
  Undisturbed,
  unnumbered,
  unswept,
} from './undisturbed.js';

/** What must never be, with the first place at which it was. */
export class Divergence extends Error {
  override readonly name = 'Divergence';
}

/** Topics that decisions go to, in one row of numbers. */
const DECIDED: readonly string[] = [TOPICS.decisions, TOPICS.statements];

/** So many owners must have ended at a record before it is taken for poison. */
const ENDINGS_OF_POISON = 3;

interface Place {
  readonly partition: number;
  readonly number: number;
}

/** Holds what monitors save and send against what an undisturbed judge makes of the same log, step by step. */
export class Checks {
  private readonly beside: Undisturbed[];
  private readonly counts = new Map<string, number>();
  /** What was saved of each contract, in order. */
  private readonly saved = new Map<string, { readonly texts: string[]; readonly byInstance: ByInstance }>();
  private readonly poisoned = Array.from({ length: PARTITIONS }, () => new Set<number>());
  /** Partitions in which more has been fired than the records that count make due. */
  private readonly firedForPoison = new Set<number>();
  private unchecked: { readonly save: PartitionSave; readonly before: OwnerRow }[] = [];
  /** By content: where in the outbox that stands of it which was not sent yet. */
  private readonly unsent = new Map<string, Place[]>();
  /** Revisions of statements that were held against the same one, with all their words. */
  statementsCompared = 0;
  private readonly everSaved = new Set<string>();
  private readonly firstSent = new Map<number, number>();
  private readonly outboxNumbers = new Map<number, number>();
  private readonly endings = new Map<string, (() => boolean)[]>();
  private readonly lastSent = new Map<string, number>();
  /** By contract: how far the first unfinished sweep had come at the last save. */
  private readonly sweeps = new Map<string, string | undefined>();

  constructor(
    private readonly database: Database,
    private readonly log: SharedLog,
    /** Of whose connection it was: what tells, now and later, whether that process was gone when it was overtaken. */
    private readonly gone: (connection: string) => () => boolean,
  ) {
    this.beside = this.judges();
    database.onOvertaken = (partition, offset, connection) => this.ended(partition, offset, connection);
    database.onSaved = (save, before) => this.unchecked.push({ save, before });
  }

  /** An owner was overtaken, and had not ended in order, while this record was the next to be judged. */
  private ended(partition: number, offset: number, connection: string): void {
    const place = `${partition}/${offset}`;
    this.endings.set(place, [...(this.endings.get(place) ?? []), this.gone(connection)]);
  }

  /** Everything saved since the last call. */
  async saves(): Promise<number> {
    const saves = this.unchecked;
    this.unchecked = [];
    for (const { save, before } of saves) await this.checkSave(save, before);
    return saves.length;
  }

  /** What a process sends, but for ticks. */
  sent(records: readonly NewRecord[]): void {
    for (const record of records) {
      const content = contentOf(record);
      if (!this.everSaved.has(content))
        throw new Divergence(`sent to ${record.topic}, but never saved: ${String(record.value)}`);
      this.checkOrder(content);
      if (DECIDED.includes(record.topic)) this.checkNumber(String(record.value));
    }
  }

  private checkOrder(content: string): void {
    const places = this.unsent.get(content) ?? [];
    const first = places[0];
    // It was sent before.
    if (first === undefined) return;
    const at = places.findIndex(({ partition, number }) => number === (this.firstSent.get(partition) ?? 0) + 1);
    if (at < 0) {
      const { partition, number } = first;
      const sent = this.firstSent.get(partition) ?? 0;
      throw new Divergence(`partition ${partition}: outbox record ${number} was sent after record ${sent}`);
    }
    const [{ partition, number }] = places.splice(at, 1) as [Place];
    this.firstSent.set(partition, number);
  }

  private checkNumber(value: string): void {
    const { contract, number } = JSON.parse(value) as { contract: string; number: number };
    const last = this.lastSent.get(contract) ?? 0;
    if (number > last + 1)
      throw new Divergence(`contract ${contract}: decision ${number} was sent after decision ${last}`);
    this.lastSent.set(contract, Math.max(last, number));
  }

  /** At the end, when all is quiet: everything is where an undisturbed judge has it, and everything was sent. */
  async atRest(now: number, dice: Dice): Promise<void> {
    const whole = this.judges();
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const records = this.log.records(TOPICS.events, partition);
      const next = this.database.owner(TOPICS.events, partition)?.nextOffset ?? 0;
      same(`partition ${partition}: the offset reached`, next, records.length);
      await whole[partition]!.goTo(records, records.length);
    }
    const decisions = [...this.database.decisions.values()].flat();
    for (const contract of new Set([
      ...decisions.map((row) => row.contract),
      ...whole.flatMap((one) => [...one.decisions.keys()]),
    ])) {
      const stored = (this.database.decisions.get(contract) ?? []).map(textOfStored);
      const one = whole[homePartition(contract, PARTITIONS)]!;
      const compared = one.swept.has(contract) ? byInstance : (texts: readonly string[]) => texts;
      const expected = one.decisions.get(contract) ?? [];
      sameLists(`contract ${contract}: decision`, compared(stored), compared(expected));
      // A right that held for a while between two sweeps is seen by whoever has come to the end of the first by then.
      const raised = rightsOf(stored);
      const holding = one.swept.has(contract) ? one.rightsThatHold(contract) : [...rightsOf(expected)];
      const missing = holding.find((right) => !raised.has(right));
      if (missing !== undefined) throw new Divergence(`contract ${contract}: right ${missing} was not raised`);
      same(`contract ${contract}: decisions sent`, this.lastSent.get(contract) ?? 0, stored.length);
    }
    const expected = (of: (one: Undisturbed) => Iterable<string>): string[] =>
      whole.flatMap((one) => [...of(one)]).sort();
    const { facts, quarantine, states, ids, waiting, contracts } = this.database;
    sameLists(
      'fact',
      facts.map((row) => `${row.offset} ${row.contract} ${row.source} ${row.id}`).sort(),
      expected((one) => one.facts),
    );
    sameLists(
      'quarantined record',
      quarantine.map((row) => `${row.offset} ${row.reason} ${row.id}`).sort(),
      expected((one) => one.refused),
    );
    sameLists(
      'state',
      [...states]
        .flatMap(([at, { key, packed, nextInstant }]) => {
          if (!key.startsWith(`${BREACH_KIND}/`)) return `${at} ${unswept(packed)} ${nextInstant}`;
          return packed === NO_BREACHES ? [] : `${at} ${packed} ${nextInstant}`;
        })
        .sort(),
      expected((one) => [...one.states].map(([at, text]) => `${at} ${text}`)),
    );
    sameLists(
      'processed id',
      [...ids].map(([at, row]) => idText(at, row, row.note === null ? null : JSON.parse(row.note))).sort(),
      expected((one) => [...one.ids].map(([at, entry]) => idText(at, entry, entry.note))),
    );
    sameLists(
      'waiting correction',
      [...waiting.keys()].sort(),
      expected((one) => [...one.waiting.keys()]),
    );
    // Around a sweep the periods of standards may be revised more or less often.
    const swept = new Set(whole.flatMap((one) => [...one.swept]));
    const numberOf = (contract: string, number: number): string => (swept.has(contract) ? '' : String(number));
    sameLists(
      'contract',
      [...contracts.values()]
        .map((row) => `${row.contract} ${row.clock} ${numberOf(row.contract, row.lastNumber)}`)
        .sort(),
      expected((one) =>
        [...one.judge.contracts.values()].map(
          (memory) => `${memory.id} ${memory.clock} ${numberOf(memory.id, memory.lastNumber)}`,
        ),
      ),
    );
    const nonZero = (figures: readonly number[]): boolean => figures.some((figure) => figure !== 0);
    sameLists(
      'counter',
      [...this.database.counts.values()]
        .map(({ contract, version, standard, minute, value, good, items, undecided, sum }) => ({
          at: JSON.stringify([contract, version, standard, minute, value]),
          figures: [good, items, undecided, Number(sum)],
        }))
        .filter(({ figures }) => nonZero(figures))
        .map(({ at, figures }) => `${at} ${figures.join(' ')}`)
        .sort(),
      expected((one) =>
        [...one.counts].filter(([, figures]) => nonZero(figures)).map(([at, figures]) => `${at} ${figures.join(' ')}`),
      ),
    );
    for (const [place, rows] of this.database.outbox) same(`${place}: outbox records left`, rows.length, 0);
    for (const [content, places] of this.unsent) if (places.length > 0) throw new Divergence(`never sent: ${content}`);
    for (const row of states.values()) {
      if (row.nextInstant !== null && row.nextInstant < now)
        throw new Divergence(
          `state ${row.key} of ${row.contract}: its deadline ${row.nextInstant} passed and never fired`,
        );
    }
    this.readBack(dice, decisions);
  }

  /** A reader that gets everything at least once, in parts again and not in order, has each decision once. */
  private readBack(dice: Dice, stored: readonly DecisionRow[]): void {
    const delivered: string[] = [];
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const values = DECIDED.flatMap((topic) => this.log.records(topic, partition)).map(({ value }) => String(value));
      for (let at = 0; at < values.length; at++) {
        delivered.push(values[at]!);
        if (dice.chance(0.05)) at = Math.max(-1, at - dice.between(1, 5));
      }
    }
    for (let n = delivered.length; n > 1; n--) {
      if (!dice.chance(0.2)) continue;
      const [a, b] = [n - 1, dice.between(0, n - 1)];
      [delivered[a], delivered[b]] = [delivered[b]!, delivered[a]!];
    }
    const kept = new Map<string, string>();
    for (const value of delivered) {
      const { contract, generation, number } = JSON.parse(value) as Record<string, unknown>;
      const key = `${contract}/${generation}/${number}`;
      if (!kept.has(key)) kept.set(key, value);
    }
    sameLists(
      'decision as a reader has it',
      [...kept].map(([key, value]) => `${key} ${value}`).sort(),
      stored.map((row) => `${row.contract}/${row.generation}/${row.number} ${row.record}`).sort(),
    );
  }

  private async checkSave(save: PartitionSave, before: OwnerRow): Promise<void> {
    const { partition } = save;
    const where = `partition ${partition}, saved from ${save.fromOffset}/${save.fromSlice} to ${save.toOffset}/${save.toSlice}`;
    if (save.toOffset < before.nextOffset || save.toSlice < before.slice)
      throw new Divergence(`${where}: the row stood at ${before.nextOffset}/${before.slice}, it went back`);
    this.checkOutbox(where, partition, save.outboxNumber, save.outbox);
    for (const { reason, offset } of save.quarantine)
      if (reason === 'POISON') this.checkPoison(where, partition, offset);
    const records = this.log.records(TOPICS.events, partition);
    const beside = this.beside[partition]!;
    const isSlice = save.toOffset === save.fromOffset;
    // Firings are what the next record makes due; a sweep asks for no record, and the next may not be ready to be judged.
    const isFirings = isSlice && !this.isOfSweep(save);
    this.noteSweeps(save);
    if (isFirings) await beside.goThroughNext(records, save.toOffset);
    else await beside.goTo(records, save.toOffset);
    for (const row of save.decisions) {
      const count = (this.counts.get(row.contract) ?? 0) + 1;
      if (row.number !== count)
        throw new Divergence(`${where}: contract ${row.contract}: decision ${row.number} after ${count - 1}`);
      this.counts.set(row.contract, count);
      const { text, expected } = this.heldAgainst(beside, row, count);
      if (text !== expected)
        throw new Divergence(
          `${where}: contract ${row.contract}: decision ${count} is\n  ${text}\nexpected\n  ${expected ?? 'none'}`,
        );
      if (isStatement(row)) checkTotals(where, row);
      this.checkInstant(where, row, records, isSlice ? beside.offset : save.toOffset);
    }
    if (isSlice || this.firedForPoison.has(partition)) return;
    for (const contract of beside.decisions.keys()) {
      const stored = this.counts.get(contract) ?? 0;
      if (beside.offset === save.toOffset && !beside.swept.has(contract))
        same(`${where}: decisions of ${contract}`, stored, beside.countOf(contract));
    }
  }

  private isOfSweep({ contracts }: PartitionSave): boolean {
    return contracts.some(({ contract, state }) => {
      const before = this.sweeps.get(contract);
      return before !== undefined && before !== firstSweep(state);
    });
  }

  private noteSweeps({ contracts }: PartitionSave): void {
    for (const { contract, state } of contracts) this.sweeps.set(contract, firstSweep(state));
  }

  /** What a decision says, and what the undisturbed judge says in its place: of a contract that was swept, about its instance. */
  private heldAgainst(
    beside: Undisturbed,
    row: DecisionRow,
    count: number,
  ): { text: string; expected: string | undefined } {
    const stored = textOfStored(row);
    const saved = this.saved.get(row.contract) ?? { texts: [], byInstance: new ByInstance() };
    this.saved.set(row.contract, saved);
    saved.texts.push(stored);
    if (!beside.swept.has(row.contract)) {
      if (isStatement(row)) this.statementsCompared++;
      return { text: stored, expected: beside.decisions.get(row.contract)?.[count - 1] };
    }
    const { instance, text, ofClosing } = unnumbered(stored);
    // What closes does so, and is revised, only between sweeps: the end of them all is compared at rest.
    if (ofClosing) return { text, expected: text };
    const place = saved.byInstance.of(instance, saved.texts).length - 1;
    return { text, expected: beside.ofInstance(row.contract, instance)[place] };
  }

  /** Nothing falls due before the log says that its instant has passed. */
  private checkInstant(
    where: string,
    row: DecisionRow,
    records: readonly { readonly appendedAt: number }[],
    read: number,
  ): void {
    const { cause } = JSON.parse(row.record) as { cause: { kind: string; at?: string } };
    if (cause.kind !== 'deadline') return;
    const at = parseInstant(cause.at!)!;
    for (let offset = Math.min(read, records.length) - 1; offset >= 0; offset--)
      if (records[offset]!.appendedAt > at) return;
    throw new Divergence(
      `${where}: decision ${row.number} of ${row.contract} fired at ${cause.at}, which had not passed`,
    );
  }

  /** A record is laid aside only where owner after owner was gone when it was its turn: who was only overtaken says so. */
  private checkPoison(where: string, partition: number, offset: number): void {
    const endings = (this.endings.get(`${partition}/${offset}`) ?? []).filter((gone) => gone()).length;
    if (endings < ENDINGS_OF_POISON)
      throw new Divergence(
        `${where}: record ${offset} was taken for poison after ${endings} owners that did not end in order`,
      );
    this.poisoned[partition]!.add(offset);
    if (this.beside[partition]!.offset <= offset) return;
    // Slices have fired what it made due before it was laid aside: it must not act, and what was fired stays.
    this.beside[partition] = new Undisturbed(partition, this.database.documents, this.poisoned[partition]);
    this.firedForPoison.add(partition);
  }

  private checkOutbox(where: string, partition: number, after: number, rows: readonly OutboxRow[]): void {
    same(`${where}: outbox records before it`, after, this.outboxNumbers.get(partition) ?? 0);
    this.outboxNumbers.set(partition, after + rows.length);
    rows.forEach((row, index) => {
      const content = contentOf(row);
      this.everSaved.add(content);
      const places = this.unsent.get(content) ?? [];
      places.push({ partition, number: after + 1 + index });
      this.unsent.set(content, places);
    });
  }

  private judges(): Undisturbed[] {
    return Array.from(
      { length: PARTITIONS },
      (_, partition) => new Undisturbed(partition, this.database.documents, this.poisoned[partition]),
    );
  }
}

function isStatement({ type }: DecisionRow): boolean {
  return type.startsWith('compliance.statement.');
}

/** The lines of a statement are all that it comes to. */
function checkTotals(where: string, { contract, number, record }: DecisionRow): void {
  const { lines, totals, cycle } = JSON.parse(record) as RecordedStatement;
  for (const party of ['client', 'provider'] as const) {
    const own = lines.filter((line) => line.party === party);
    const sum = own.reduce((all, { amount }) => all.plus(amount), new Decimal(0)).toFixed(2);
    if (sum !== totals[party])
      throw new Divergence(
        `${where}: decision ${number} of ${contract}: lines of the ${party} in ${cycle} add up to ${sum}, not ${totals[party]}`,
      );
  }
}

function contentOf({ topic, key, value, headers }: Pick<NewRecord, 'topic' | 'key' | 'value' | 'headers'>): string {
  return JSON.stringify([topic, key, String(value), headers]);
}

function idText(
  at: string,
  entry: {
    readonly contentHash: string;
    readonly type: string;
    readonly appendedAt: number;
    readonly keys: readonly string[];
  },
  note: unknown,
): string {
  return JSON.stringify([at, entry.contentHash, entry.type, entry.appendedAt, entry.keys, note]);
}

function same(what: string, found: number, expected: number): void {
  if (found !== expected) throw new Divergence(`${what}: ${found}, expected ${expected}`);
}

function sameLists(what: string, found: readonly string[], expected: readonly string[]): void {
  const at = [...found, ...expected].findIndex((_, index) => found[index] !== expected[index]);
  if (found.length === expected.length && at < 0) return;
  throw new Divergence(
    `${what} ${at + 1} of ${found.length} is\n  ${found[at] ?? 'missing'}\nexpected (of ${expected.length})\n  ${expected[at] ?? 'none'}`,
  );
}
