import {
  bearingKinds,
  beginRecount,
  countedStandards,
  keptSweep,
  newContractMemory,
  PartitionJudge,
  restoreBearing,
  restoreFaulted,
  sweepFrom,
  unpackState,
  type ContractMemory,
  type ImportState,
  type KeptSweep,
  type PublishedVersion,
  type RecordedStandard,
} from '#libs/evaluation';
import { BREACH_KIND, StatementCloser, type RecordedStatement } from '#libs/liability';
import type { ContractRow, OwnerRow, Store, Takeover } from '#libs/store';
import type { ContractLibrary } from './contract-library.js';

/** Firings per slice, and states held between saves. */
export type SessionLimits = ConstructorParameters<typeof PartitionJudge>[1];

/** Records below `through` are judged one by one, each named in the owner row before, to find the one that kills. */
interface Trial {
  readonly through: number;
  /** Found: it is not judged, not even parsed. */
  readonly poison: number | null;
}

/** From so many starts at one place on, records are judged by themselves; named by as many, one is taken for poison. */
const STARTS = 3;
/** As far as a dead owner can have come: one batch being saved, one being judged behind it. */
const TRIAL_RECORDS = 2_000;

/** What an owner holds of one partition between saves; dropped whole when anything is in doubt. */
export interface PartitionSession {
  readonly topic: string;
  readonly partition: number;
  readonly epoch: number;
  readonly generation: number;
  readonly judge: PartitionJudge;
  readonly statements: StatementCloser;
  /** Behind the last record judged; as the four below, it runs ahead of the database while a save is under way. */
  nextOffset: number;
  slice: number;
  outboxNumber: number;
  last: OwnerRow['last'];
  /** Greatest instant of recording so far. */
  recordedAt: number;
  /** Where owners before this one died again and again. */
  readonly trial: Trial | null;
  /** Resolves when everything handed over to be saved is saved and announced; rejects where that failed. */
  saving: Promise<void>;
  /** Wall instant of the last save: silence is measured from it. */
  lastProgressAt: number;
  /** Given up: whatever still runs for it has nothing to say any more. */
  closed: boolean;
}

/** What is kept of a contract between takeovers, as JSON in its row. */
interface ContractRecord {
  readonly published: PublishedVersion[];
  readonly hasFacts: boolean;
  readonly import: ImportState | null;
  /** Absent in rows of releases that judged nothing again. */
  readonly changedAt?: number | null;
  /** Instants by door, and by feed; absent in rows of releases that knew none. */
  readonly doors?: Readonly<Record<string, number>>;
  readonly signs?: Readonly<Record<string, number>>;
  readonly silent?: Readonly<Record<string, number>>;
  /** Absent in rows of releases that judged without circumstances. */
  readonly circumstancesAt?: ContractMemory['circumstancesAt'];
  readonly sweeps?: readonly KeptSweep[];
  readonly lastSweep?: number;
  readonly dutiesWaitFrom?: number | null;
  /** Absent in rows of releases that counted nothing for standards. */
  readonly counts?: true;
}

export function contractRow(contract: ContractMemory): ContractRow {
  const record: ContractRecord = {
    published: contract.published,
    hasFacts: contract.hasFacts,
    import: contract.import,
    changedAt: contract.changedAt,
    doors: Object.fromEntries(contract.doors),
    signs: Object.fromEntries(contract.signs),
    silent: Object.fromEntries(contract.silent),
    circumstancesAt: contract.circumstancesAt,
    sweeps: contract.sweeps.map(keptSweep),
    lastSweep: contract.lastSweep,
    dutiesWaitFrom: contract.dutiesWaitFrom,
    counts: true,
  };
  return {
    contract: contract.id,
    clock: contract.clock,
    lastNumber: contract.lastNumber,
    state: JSON.stringify(record),
  };
}

export async function openSession(
  topic: string,
  partition: number,
  takeover: Takeover,
  library: ContractLibrary,
  store: Pick<Store, 'statesOfKinds' | 'standards' | 'statements'>,
  now: number,
  limits?: SessionLimits,
): Promise<PartitionSession> {
  const contracts = new Map<string, ContractMemory>();
  const uncounted: ContractMemory[] = [];
  for (const row of takeover.contracts) {
    const record = JSON.parse(row.state) as ContractRecord;
    const memory = newContractMemory(row.contract);
    memory.published = record.published;
    memory.versions = record.published.length === 0 ? null : await library.versions(row.contract, record.published);
    memory.clock = row.clock;
    memory.lastNumber = row.lastNumber;
    memory.hasFacts = record.hasFacts;
    memory.import = record.import;
    memory.changedAt = record.changedAt ?? null;
    memory.circumstancesAt = record.circumstancesAt ?? null;
    memory.sweeps = (record.sweeps ?? []).map(sweepFrom);
    memory.lastSweep = record.lastSweep ?? 0;
    memory.dutiesWaitFrom = record.dutiesWaitFrom ?? null;
    for (const name of ['doors', 'signs', 'silent'] as const)
      for (const [key, at] of Object.entries(record[name] ?? {})) memory[name].set(key, at);
    contracts.set(row.contract, memory);
    if (record.counts !== true) uncounted.push(memory);
  }
  for (const { contract, keys, instants } of takeover.deadlines) {
    const memory = contracts.get(contract);
    if (memory !== undefined) keys.forEach((key, index) => memory.deadlines.set(key, instants[index]!));
  }
  for (const { contract, key, at } of takeover.faulted) {
    const memory = contracts.get(contract);
    if (memory !== undefined) restoreFaulted(memory, key, at);
  }
  await loadBearing(contracts, store);
  for (const contract of uncounted) beginRecount(contract);
  await loadStandards(contracts, store);
  const statements = await loadStatements(contracts, store);
  const { owner } = takeover;
  return {
    topic,
    partition,
    epoch: owner.epoch,
    generation: takeover.generation,
    judge: new PartitionJudge([...contracts.values()], limits, [statements]),
    statements,
    nextOffset: owner.nextOffset,
    slice: owner.slice,
    outboxNumber: owner.outboxNumber,
    last: owner.last,
    recordedAt: owner.recordedAt ?? 0,
    trial: trialOf(owner),
    saving: Promise.resolve(),
    lastProgressAt: now,
    closed: false,
  };
}

/** All states that bear on others, of all contracts of the partition, in one query. */
async function loadBearing(
  contracts: ReadonlyMap<string, ContractMemory>,
  store: Pick<Store, 'statesOfKinds'>,
): Promise<void> {
  const asked = [...contracts.values()].flatMap(({ id, versions }) =>
    versions === null ? [] : [...bearingKinds(versions)].map((kind) => ({ contract: id, kind })),
  );
  const rows = asked.length === 0 ? [] : await store.statesOfKinds(asked);
  const found = new Map<string, { key: string; state: ReturnType<typeof unpackState> }[]>();
  for (const { contract, key, packed } of rows) {
    const states = found.get(contract) ?? [];
    states.push({ key, state: unpackState(key, packed) });
    found.set(contract, states);
  }
  for (const contract of contracts.values()) restoreBearing(contract, found.get(contract.id) ?? []);
}

/** What statements and rights are made from, and what was recorded of them. */
async function loadStatements(
  contracts: ReadonlyMap<string, ContractMemory>,
  store: Pick<Store, 'statesOfKinds' | 'statements'>,
): Promise<StatementCloser> {
  const closer = new StatementCloser();
  const followed = [...contracts.values()].filter(({ versions }) => closer.follows(versions));
  if (followed.length === 0) return closer;
  const ids = followed.map(({ id }) => id);
  const { statements, rights } = await store.statements(ids);
  const breaches = await store.statesOfKinds(ids.map((contract) => ({ contract, kind: BREACH_KIND })));
  for (const { id, versions } of followed) {
    closer.restore({
      contract: id,
      versions: versions!,
      breaches: breaches.filter(({ contract }) => contract === id),
      statements: statements
        .filter(({ contract }) => contract === id)
        .map(({ record }) => JSON.parse(record) as RecordedStatement),
      rights: rights.filter(({ contract }) => contract === id),
    });
  }
  return closer;
}

/** What is counted for the standards of all contracts of the partition, added up for their periods in one query. */
async function loadStandards(
  contracts: ReadonlyMap<string, ContractMemory>,
  store: Pick<Store, 'standards'>,
): Promise<void> {
  const asked = [...contracts.values()].flatMap(({ id, versions }) =>
    versions === null
      ? []
      : countedStandards(versions).all.map(({ version, standard, bounds }) => ({
          contract: id,
          version: version.version,
          standard: standard.id,
          bounds,
        })),
  );
  if (asked.length === 0) return;
  const { counts, periods } = await store.standards(asked);
  for (const { contract, minute: at, ...count } of counts) {
    const { standards, versions } = contracts.get(contract)!;
    standards.restore(versions!, { at, ...count });
  }
  for (const { contract, ...recorded } of periods)
    contracts.get(contract)?.standards.record(recorded as RecordedStandard);
}

/** True where a record is held to have killed its process, or is looked for. */
export function isOnTrial({ starts, named }: OwnerRow): boolean {
  return starts >= STARTS || named !== null;
}

function trialOf(owner: OwnerRow): Trial | null {
  if (!isOnTrial(owner)) return null;
  const { named, nextOffset } = owner;
  return {
    through: nextOffset + TRIAL_RECORDS,
    poison: named !== null && named.starts >= STARTS ? named.offset : null,
  };
}
