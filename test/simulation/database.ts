import { Decimal } from 'decimal.js';
import { compareCodePoints } from '#libs/evaluation';
import {
  FencedError,
  type AskedStandard,
  type ContractRow,
  type DecisionRow,
  type FactRow,
  type IdRow,
  type KeptStandards,
  type Loaded,
  type LoadRequest,
  type OwnerRow,
  type PartitionSave,
  type PublishedRow,
  type QuarantineRow,
  type QueuedMessage,
  type QueuedRow,
  type Saved,
  type StandardCountRow,
  type Store,
  type StandardPeriodRow,
  type StateRow,
  type Takeover,
  type VerdictRow,
  type WaitingRow,
} from '#libs/store';

/** What a process remembers of its last start at a partition. */
export interface OwnStart {
  readonly epoch: number;
  readonly offset: number;
  readonly slice: number;
  named: number | null;
  settled: boolean;
}

interface Owned {
  row: Omit<OwnerRow, 'named'>;
  /** The connection that writes for the owner. */
  backend: string;
  startOffset: number;
  startSlice: number;
  endedInOrder: boolean;
  named: { readonly offset: number; readonly starts: number; readonly epoch: number } | null;
}

/**
 * The tables and the fenced transaction of the store, in memory, with what PostgreSQL would refuse. Every method is one
 * statement: it does all or nothing.
 */
export class Database {
  readonly owners = new Map<string, Owned>();
  readonly contracts = new Map<string, ContractRow & { readonly place: string }>();
  readonly facts: FactRow[] = [];
  readonly ids = new Map<string, IdRow>();
  readonly waiting = new Map<string, WaitingRow>();
  readonly states = new Map<string, StateRow>();
  readonly verdicts = new Map<string, VerdictRow>();
  readonly decisions = new Map<string, DecisionRow[]>();
  readonly quarantine: QuarantineRow[] = [];
  readonly outbox = new Map<string, QueuedMessage[]>();
  readonly documents = new Map<string, Buffer>();
  readonly published = new Map<string, PublishedRow>();
  readonly counts = new Map<string, StandardCountRow>();
  readonly periods = new Map<string, StandardPeriodRow>();
  private readonly decided = new Set<string>();
  /** Called where a partition is taken from another who has not ended in order, with the offset it stands at and that one's connection. */
  onOvertaken: (partition: number, offset: number, connection: string) => void = () => {};
  /** Called within each save that is kept. */
  onSaved: (save: PartitionSave, before: OwnerRow) => void = () => {};

  owner(topic: string, partition: number): OwnerRow | undefined {
    const owned = this.owners.get(placeOf(topic, partition));
    return owned === undefined ? undefined : asRead(owned);
  }

  backendOf(topic: string, partition: number): string | undefined {
    return this.owners.get(placeOf(topic, partition))?.backend;
  }

  /** Raises the epoch; the caller, whose last start here was `own`, has ended the predecessor's connection before. */
  take(topic: string, partition: number, backend: string, own?: OwnStart): Takeover {
    const place = placeOf(topic, partition);
    const former = this.owners.get(place);
    if (former !== undefined && !former.endedInOrder && former.row.epoch !== own?.epoch)
      this.onOvertaken(partition, former.row.nextOffset, former.backend);
    const owned = taken(former, { topic, partition, backend, own });
    this.owners.set(place, owned);
    const contracts = [...this.contracts.values()].filter((one) => one.place === place);
    const mine = new Set(contracts.map((one) => one.contract));
    return {
      owner: asRead(owned),
      contracts: contracts
        .map(({ contract, clock, lastNumber, state }) => ({ contract, clock, lastNumber, state }))
        .sort((a, b) => (a.contract < b.contract ? -1 : 1)),
      deadlines: this.deadlinesOf(mine),
      faulted: this.faultedOf(mine),
      generation: 1,
    };
  }

  private deadlinesOf(contracts: ReadonlySet<string>): Takeover['deadlines'] {
    const found = new Map<string, { contract: string; keys: string[]; instants: number[] }>();
    for (const { contract, key, nextInstant } of this.states.values()) {
      if (nextInstant === null || !contracts.has(contract)) continue;
      const open = found.get(contract) ?? { contract, keys: [], instants: [] };
      open.keys.push(key);
      open.instants.push(nextInstant);
      found.set(contract, open);
    }
    return [...found.values()];
  }

  private faultedOf(contracts: ReadonlySet<string>): Takeover['faulted'] {
    const found = new Map<string, { contract: string; key: string; at: number }>();
    for (const { contract, stateKey: key, state, effectiveAt } of this.verdicts.values()) {
      if (state !== 'faulted' || !contracts.has(contract)) continue;
      const at = Math.max(found.get(`${contract}\n${key}`)?.at ?? -Infinity, effectiveAt);
      found.set(`${contract}\n${key}`, { contract, key, at });
    }
    return [...found.values()];
  }

  /** Whether the caller still owned it; where another has taken it since, the start is taken back. */
  endInOrder(topic: string, partition: number, start: OwnStart): boolean | undefined {
    const owned = this.owners.get(placeOf(topic, partition));
    if (owned === undefined || owned.row.epoch < start.epoch) return undefined;
    if (owned.row.epoch === start.epoch) {
      owned.endedInOrder = true;
      return true;
    }
    const { row, named } = owned;
    if (row.starts > 1 && countedHere(owned, start)) owned.row = { ...row, starts: row.starts - 1 };
    if (named !== null && named.starts > 0 && named.offset === start.named)
      owned.named = { ...named, starts: named.starts - 1 };
    return false;
  }

  goOn(topic: string, partition: number, epoch: number, backend: string): OwnerRow | undefined {
    const owned = this.owners.get(placeOf(topic, partition));
    if (owned?.row.epoch !== epoch || owned.backend !== backend) return undefined;
    owned.endedInOrder = false;
    return asRead(owned);
  }

  nameRecord(topic: string, partition: number, epoch: number, offset: number): void {
    const owned = this.owners.get(placeOf(topic, partition));
    if (owned?.row.epoch !== epoch) throw new FencedError(topic, partition, `epoch ${epoch}`, 'another epoch');
    const { named } = owned;
    owned.named = { offset, starts: named?.offset === offset ? named.starts + 1 : 1, epoch };
  }

  save(save: PartitionSave): Saved {
    const owned = this.owners.get(placeOf(save.topic, save.partition));
    this.checkFence(save, owned?.row);
    const before = owned!.row;
    this.refuseTwins(save);
    const recordedAt = Math.max(before.recordedAt ?? -Infinity, save.recordedAt);
    owned!.row = {
      ...before,
      nextOffset: save.toOffset,
      slice: save.toSlice,
      outboxNumber: save.outboxNumber + save.outbox.length,
      last: save.last,
      recordedAt,
    };
    this.write(save, recordedAt);
    this.onSaved(save, { ...before, named: null });
    return { recordedAt };
  }

  load(request: LoadRequest): Loaded {
    const wanted = new Map(request.keys.map(({ contract, key }) => [`${contract}\n${key}`, { contract, key }]));
    const ids: IdRow[] = [];
    const waiting: WaitingRow[] = [];
    for (const { contract, source, id, withStates } of request.ids) {
      const row = this.ids.get(`${contract}\n${source}\n${id}`);
      if (row !== undefined) {
        ids.push(row);
        if (withStates) for (const key of row.keys) wanted.set(`${contract}\n${key}`, { contract, key });
      }
      for (const one of this.waiting.values()) {
        if (one.contract === contract && one.targetSource === source && one.targetId === id) waiting.push(one);
      }
    }
    const states = [...wanted.keys()].flatMap((at) => this.states.get(at) ?? []);
    return { ids, waiting, states };
  }

  statesOfKinds(
    asked: readonly { readonly contract: string; readonly kind: string }[],
    { after, limit }: { readonly after: string; readonly limit: number } = { after: '', limit: Infinity },
  ): StateRow[] {
    const wanted = new Set(asked.map(({ contract, kind }) => `${contract}\n${kind}`));
    const found = [...this.states.values()].filter(
      ({ contract, key }) =>
        wanted.has(`${contract}\n${key.slice(0, key.indexOf('/'))}`) && compareCodePoints(key, after) > 0,
    );
    return found
      .sort((a, b) => compareCodePoints(a.contract, b.contract) || compareCodePoints(a.key, b.key))
      .slice(0, limit);
  }

  standards(asked: readonly AskedStandard[]): KeptStandards {
    const key = (one: { readonly contract: string; readonly version: number; readonly standard: string }): string =>
      `${one.contract}\n${one.version}\n${one.standard}`;
    const wanted = new Set(asked.map(key));
    const contracts = new Set(asked.map(({ contract }) => contract));
    return {
      counts: [...this.counts.values()].filter((one) => wanted.has(key(one))),
      periods: [...this.periods.values()].filter(({ contract }) => contracts.has(contract)),
    };
  }

  statements(contracts: readonly string[]): Awaited<ReturnType<Store['statements']>> {
    const decisions = contracts.flatMap((contract) => this.decisions.get(contract) ?? []);
    const last = new Map(
      decisions
        .filter(({ type }) => type.startsWith('compliance.statement.'))
        .map((row) => [`${row.contract}\n${row.subject}`, row]),
    );
    const rights = decisions.filter(({ type }) => type === 'compliance.right.raised');
    return {
      statements: [...last.values()].map(({ contract, subject: cycle, revision, number, record }) => ({
        contract,
        cycle,
        revision,
        number,
        decidedAt: 0,
        record,
      })),
      rights: rights.map(({ contract, obligation: rule, subject: about, effectiveAt: since, record }) => ({
        contract,
        rule,
        about,
        since,
        record,
      })),
    };
  }

  readOutbox(topic: string, partition: number, after: number, limit: number): QueuedRow[] {
    const rows = this.outbox.get(placeOf(topic, partition)) ?? [];
    const next = rows.filter((row) => row.number > after).slice(0, limit);
    return next.map((row) => {
      const { number, recordedAt, decisionNumber, key } = row;
      if (decisionNumber === undefined) return row;
      // Of a told decision the outbox keeps the number alone.
      const decision = this.decisions.get(key!)?.find((one) => one.number === decisionNumber);
      if (decision === undefined)
        throw new Error(`outbox, number ${number}: decision ${key}/${decisionNumber} is gone`);
      return { number, recordedAt, decision };
    });
  }

  acknowledge(topic: string, partition: number, through: number): void {
    const rows = this.outbox.get(placeOf(topic, partition)) ?? [];
    this.outbox.set(
      placeOf(topic, partition),
      rows.filter((row) => row.number > through),
    );
  }

  protected checkFence(save: PartitionSave, row: Omit<OwnerRow, 'named'> | undefined): void {
    const passes =
      row?.epoch === save.epoch &&
      row.nextOffset === save.fromOffset &&
      row.slice === save.fromSlice &&
      row.outboxNumber === save.outboxNumber;
    if (passes) return;
    const at = (epoch: number, offset: number, slice: number, outbox: number): string =>
      `epoch ${epoch}, next offset ${offset}, slice ${slice}, outbox number ${outbox}`;
    throw new FencedError(
      save.topic,
      save.partition,
      at(save.epoch, save.fromOffset, save.fromSlice, save.outboxNumber),
      row === undefined ? 'never taken' : at(row.epoch, row.nextOffset, row.slice, row.outboxNumber),
    );
  }

  /** What a primary key or an upsert that meets a row twice would refuse. */
  private refuseTwins(save: PartitionSave): void {
    const upserts: Record<string, string[]> = {
      processed_id: save.ids.map((row) => `${row.contract}\n${row.source}\n${row.id}`),
      waiting_correction: save.waitingAdded.map((row) => `${row.contract}\n${row.source}\n${row.id}`),
      subject_state: save.states.map((row) => `${row.contract}\n${row.key}`),
      verdict: save.verdicts.map((row) => `${row.contract}\n${row.obligation}\n${row.subject}\n${row.instance}`),
      contract_state: save.contracts.map((row) => row.contract),
      standard_count: (save.counts ?? []).map(keyOfCount),
      standard_period: (save.periods ?? []).map((row) => `${row.contract}\n${row.standard}\n${row.period}`),
      published_contract: (save.published ?? []).map((row) => `${row.contract}\n${row.version}`),
    };
    for (const [table, keys] of Object.entries(upserts)) {
      if (new Set(keys).size === keys.length) continue;
      const twin = keys.find((key, index) => keys.indexOf(key) < index)!;
      // These two are merged: a row that is there would be changed twice, another one made twice.
      const merged = { subject_state: this.states, verdict: this.verdicts }[table];
      if (merged?.has(twin) === false) throw refused('23505', `duplicate key in ${table}: ${twin}`);
      throw refused('21000', `${table} would be changed twice by one statement`);
    }
    const seen = new Set<string>();
    for (const { contract, number } of save.decisions) {
      const key = `${contract}\n${number}`;
      if (seen.has(key) || this.decided.has(key)) throw refused('23505', `duplicate key in decision: ${key}`);
      seen.add(key);
    }
  }

  private write(save: PartitionSave, recordedAt: number): void {
    const place = placeOf(save.topic, save.partition);
    this.facts.push(...save.facts);
    for (const row of save.ids) this.ids.set(`${row.contract}\n${row.source}\n${row.id}`, row);
    for (const row of save.waitingRemoved) this.waiting.delete(`${row.contract}\n${row.source}\n${row.id}`);
    for (const row of save.waitingAdded) this.waiting.set(`${row.contract}\n${row.source}\n${row.id}`, row);
    for (const row of save.states) this.states.set(`${row.contract}\n${row.key}`, row);
    for (const row of save.verdicts)
      this.verdicts.set(`${row.contract}\n${row.obligation}\n${row.subject}\n${row.instance}`, row);
    for (const row of save.decisions) {
      this.decided.add(`${row.contract}\n${row.number}`);
      const list = this.decisions.get(row.contract);
      if (list === undefined) this.decisions.set(row.contract, [row]);
      else list.push(row);
    }
    this.quarantine.push(...save.quarantine);
    const queue = this.outbox.get(place) ?? [];
    save.outbox.forEach((row, index) => queue.push({ ...row, number: save.outboxNumber + 1 + index, recordedAt }));
    this.outbox.set(place, queue);
    for (const row of save.contracts) this.contracts.set(row.contract, { ...row, place });
    for (const row of save.published ?? []) this.published.set(`${row.contract}\n${row.version}`, row);
    for (const row of save.counts ?? []) {
      const known = this.counts.get(keyOfCount(row));
      this.counts.set(keyOfCount(row), {
        ...row,
        good: row.good + (known?.good ?? 0),
        items: row.items + (known?.items ?? 0),
        undecided: row.undecided + (known?.undecided ?? 0),
        sum: new Decimal(row.sum).plus(known?.sum ?? 0).toString(),
      });
    }
    for (const row of save.periods ?? []) this.periods.set(`${row.contract}\n${row.standard}\n${row.period}`, row);
  }
}

function taken(
  known: Owned | undefined,
  { topic, partition, backend, own }: { topic: string; partition: number; backend: string; own: OwnStart | undefined },
): Owned {
  if (known === undefined) {
    const start = { nextOffset: 0, slice: 0, outboxNumber: 0, last: null, recordedAt: null, starts: 1 };
    const row = { topic, partition, epoch: 1, ...start };
    return { row, backend, startOffset: 0, startSlice: 0, endedInOrder: false, named: null };
  }
  const { row, named } = known;
  const moved = known.startOffset !== row.nextOffset || known.startSlice !== row.slice;
  const isNoAttempt = known.endedInOrder || row.epoch === own?.epoch;
  const held = own === undefined || own.settled || row.epoch <= own.epoch ? undefined : own;
  const starts = isNoAttempt || (held !== undefined && countedHere(known, held)) ? row.starts : row.starts + 1;
  let namedStarts = named?.starts ?? 0;
  if (named?.epoch === row.epoch && isNoAttempt) namedStarts--;
  if (named !== null && named.starts > 0 && held?.named === named.offset) namedStarts--;
  return {
    row: { ...row, epoch: row.epoch + 1, starts: moved ? 1 : starts },
    backend,
    startOffset: row.nextOffset,
    startSlice: row.slice,
    endedInOrder: false,
    named: named === null ? null : { ...named, starts: namedStarts },
  };
}

/** Whether the start began where the row's last one did: then it is among those that are counted. */
function countedHere({ startOffset, startSlice }: Owned, { offset, slice }: OwnStart): boolean {
  return startOffset === offset && startSlice === slice;
}

/** A name is behind when its record was saved. */
function asRead({ row, named }: Owned): OwnerRow {
  const counts = named !== null && named.offset >= row.nextOffset;
  return { ...row, named: counts ? { offset: named.offset, starts: named.starts } : null };
}

function refused(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function keyOfCount({ contract, version, standard, minute, value }: StandardCountRow): string {
  return JSON.stringify([contract, version, standard, minute, value]);
}

function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
