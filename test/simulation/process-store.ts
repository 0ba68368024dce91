import {
  FencedError,
  UnknownOutcomeError,
  type AskedStandard,
  type KeptStandards,
  type Loaded,
  type LoadRequest,
  type OwnerRow,
  type PartitionSave,
  type PublishedRow,
  type QueuedRow,
  type Saved,
  type StateRow,
  type Store,
  type Takeover,
} from '#libs/store';
import type { CallKind, Calls } from './calls.js';
import type { Database, OwnStart } from './database.js';

/** What of the store a monitor uses. */
type Used = Pick<
  Store,
  | 'take'
  | 'release'
  | 'layDown'
  | 'takeUp'
  | 'nameRecord'
  | 'readOwner'
  | 'openClocks'
  | 'load'
  | 'statesOfKinds'
  | 'standards'
  | 'statements'
  | 'save'
  | 'readOutbox'
  | 'ackOutbox'
  | 'getDocuments'
  | 'publishedContracts'
>;

interface Writer {
  readonly connection: string;
  lost: boolean;
}

/** The store as one process has it: a connection for each partition that it owns, over a database that it shares with others. */
export class ProcessStore implements Used {
  private readonly writers = new Map<string, Writer>();
  /** How each partition was last taken here. */
  private readonly starts = new Map<string, OwnStart>();
  private connections = 0;

  constructor(
    private readonly owner: string,
    private readonly database: Database,
    private readonly calls: Calls,
  ) {}

  async take(topic: string, partition: number, _process: string): Promise<Takeover> {
    await this.release(topic, partition);
    const connection = `connection ${++this.connections} of ${this.owner}`;
    // Two statements: between them another may take it too.
    await this.ask('take', `ends the predecessor on ${partition}`, () => {
      const predecessor = this.database.backendOf(topic, partition);
      if (predecessor !== undefined) this.calls.endConnection(predecessor);
    });
    const own = this.starts.get(place(topic, partition));
    const takeover = await this.ask('take', `takes ${partition}`, () =>
      this.database.take(topic, partition, connection, own),
    );
    this.writers.set(place(topic, partition), { connection, lost: false });
    const { epoch, nextOffset: offset, slice } = takeover.owner;
    this.starts.set(place(topic, partition), { epoch, offset, slice, named: null, settled: false });
    return takeover;
  }

  async release(topic: string, partition: number, inOrder = false): Promise<void> {
    const writer = this.writers.get(place(topic, partition));
    this.writers.delete(place(topic, partition));
    if (writer === undefined) return;
    if (inOrder) await this.endInOrder(writer, topic, partition).catch(() => undefined);
    writer.lost = true;
    this.calls.hangUp(writer.connection);
  }

  async layDown(topic: string, partition: number): Promise<boolean> {
    const writer = this.writers.get(place(topic, partition));
    if (writer?.lost === false) {
      try {
        if (await this.endInOrder(writer, topic, partition)) return true;
      } catch {
        // The next line tries once more.
      }
    }
    await this.release(topic, partition, true);
    return false;
  }

  async takeUp(topic: string, partition: number): Promise<OwnerRow | undefined> {
    const writer = this.writers.get(place(topic, partition));
    const start = this.starts.get(place(topic, partition));
    if (writer?.lost !== false || start === undefined) return undefined;
    const owner = await this.askOn(writer, 'take', `takes up ${partition}`, () =>
      this.database.goOn(topic, partition, start.epoch, writer.connection),
    ).catch(() => undefined);
    if (owner !== undefined) start.settled = false;
    return owner;
  }

  async nameRecord(topic: string, partition: number, epoch: number, offset: number): Promise<void> {
    const writer = this.writers.get(place(topic, partition));
    if (writer === undefined) throw new FencedError(topic, partition, `epoch ${epoch}`, 'no take by this process');
    const start = this.starts.get(place(topic, partition));
    if (start?.epoch === epoch) start.named = offset;
    await this.askOn(writer, 'end', `names record ${offset} of ${partition}`, () =>
      this.database.nameRecord(topic, partition, epoch, offset),
    );
  }

  save(save: PartitionSave): Promise<Saved> {
    const { topic, partition } = save;
    const writer = this.writers.get(place(topic, partition));
    if (writer === undefined)
      return Promise.reject(new FencedError(topic, partition, `epoch ${save.epoch}`, 'no take by this process'));
    const lost = (): UnknownOutcomeError => {
      writer.lost = true;
      return new UnknownOutcomeError(topic, partition, new Error('the connection was lost'));
    };
    if (writer.lost) return Promise.reject(lost());
    return this.calls.ask({
      owner: this.owner,
      what: 'save',
      says:
        save.toOffset === save.fromOffset
          ? `saves ${partition} at ${save.fromOffset}, ${this.sliceOf(save)} to ${save.toSlice}`
          : `saves ${partition} from ${save.fromOffset} to ${save.toOffset}`,
      connection: writer.connection,
      // Whoever took the partition has ended this connection; what is sent on it after that comes nowhere.
      apply: () => {
        if (this.calls.hasEnded(writer.connection)) throw lost();
        return this.database.save(save);
      },
      lost,
    });
  }

  /** What goes on without a record: where the sweep that began first has gone forward, a slice of it; else firings. */
  private sliceOf({ contracts, decisions }: PartitionSave): string {
    const swept = contracts.some((row) => {
      const before = firstSweep(this.database.contracts.get(row.contract)?.state);
      return before !== undefined && before !== firstSweep(row.state);
    });
    if (!swept) return 'a slice of firings';
    return decisions.length > 0 ? 'a slice of a sweep with decisions' : 'a slice of a sweep';
  }

  statesOfKinds(
    asked: readonly { readonly contract: string; readonly kind: string }[],
    range?: { readonly after: string; readonly limit: number },
  ): Promise<readonly StateRow[]> {
    return this.ask('load', `loads states of ${asked.length} kinds`, () => this.database.statesOfKinds(asked, range));
  }

  standards(asked: readonly AskedStandard[]): Promise<KeptStandards> {
    return this.ask('load', `loads what is counted for ${asked.length} standards`, () =>
      this.database.standards(asked),
    );
  }

  statements(contracts: readonly string[]): ReturnType<Store['statements']> {
    return this.ask('load', `loads what was recorded of the statements of ${contracts.length} contracts`, () =>
      this.database.statements(contracts),
    );
  }

  load(request: LoadRequest): Promise<Loaded> {
    return this.ask('load', `loads ${request.ids.length} ids, ${request.keys.length} states`, () =>
      this.database.load(request),
    );
  }

  readOwner(topic: string, partition: number): Promise<OwnerRow | undefined> {
    return this.ask('read', `reads the owner of ${partition}`, () => this.database.owner(topic, partition));
  }

  openClocks(topic: string, partition: number): Promise<{ contract: string; obligation: string; open: number }[]> {
    return this.ask('read', `counts clocks of ${partition}`, () => {
      const open = new Map<string, { contract: string; obligation: string; open: number }>();
      for (const { contract, obligation, state } of this.database.verdicts.values()) {
        if (this.database.contracts.get(contract)?.place !== place(topic, partition)) continue;
        if (state !== 'running' && state !== 'paused') continue;
        const known = open.get(`${contract}\n${obligation}`);
        if (known === undefined) open.set(`${contract}\n${obligation}`, { contract, obligation, open: 1 });
        else known.open++;
      }
      return [...open.values()];
    });
  }

  readOutbox(topic: string, partition: number, after: number, limit: number): Promise<QueuedRow[]> {
    return this.ask('outbox', `reads the outbox of ${partition} after ${after}`, () =>
      this.database.readOutbox(topic, partition, after, limit),
    );
  }

  ackOutbox(topic: string, partition: number, through: number): Promise<void> {
    return this.ask('acknowledge', `forgets the outbox of ${partition} through ${through}`, () =>
      this.database.acknowledge(topic, partition, through),
    );
  }

  getDocuments(hashes: readonly string[]): Promise<Map<string, Buffer>> {
    return this.ask('read', `reads ${hashes.length} documents`, () => {
      const { documents } = this.database;
      return new Map(hashes.flatMap((hash) => (documents.has(hash) ? [[hash, documents.get(hash)!] as const] : [])));
    });
  }

  publishedContracts(): Promise<PublishedRow[]> {
    return this.ask('read', 'reads published contracts', () =>
      [...this.database.published.values()].sort((a, b) =>
        a.contract === b.contract ? a.version - b.version : a.contract < b.contract ? -1 : 1,
      ),
    );
  }

  /** A connection that is gone says nothing any more; another one can. */
  private async endInOrder(writer: Writer, topic: string, partition: number): Promise<boolean> {
    const start = this.starts.get(place(topic, partition));
    if (start === undefined || start.settled) return false;
    const says = `ends in order on ${partition}`;
    const apply = (): boolean | undefined => this.database.endInOrder(topic, partition, start);
    const owned = await (writer.lost ? this.ask('end', says, apply) : this.askOn(writer, 'end', says, apply));
    start.settled = owned !== undefined;
    return owned === true;
  }

  /** On the partition's own connection, behind what is under way there. */
  private askOn<T>(writer: Writer, what: CallKind, says: string, apply: () => T): Promise<T> {
    const lost = (): Error => {
      writer.lost = true;
      return Object.assign(new Error('the connection was lost'), { code: 'ECONNRESET' });
    };
    const { owner, calls } = this;
    return calls.ask({
      owner,
      what,
      says,
      connection: writer.connection,
      apply: () => {
        if (calls.hasEnded(writer.connection)) throw lost();
        return apply();
      },
      lost,
    });
  }

  private ask<T>(what: CallKind, says: string, apply: () => T): Promise<T> {
    const lost = (): Error => Object.assign(new Error('the connection was lost'), { code: 'ECONNRESET' });
    return this.calls.ask({ owner: this.owner, what, says, apply, lost });
  }
}

/** How far the first unfinished sweep of a contract's row has come. */
export function firstSweep(state: string | undefined): string | undefined {
  const { sweeps = [] } = JSON.parse(state ?? '{}') as { sweeps?: readonly { number: number; after: string }[] };
  return sweeps[0] === undefined ? undefined : `${sweeps[0].number} ${sweeps[0].after}`;
}

function place(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
