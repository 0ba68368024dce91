import type { Pool } from 'pg';
import type {
  LoadRequest,
  Loaded,
  OwnerRow,
  PartitionSave,
  PublishedRow,
  QueuedRow,
  Saved,
  StateRow,
  Takeover,
} from './api.js';
import { endInOrder, goOn, nameRecord } from './attempts.js';
import { createPool } from './create-pool.js';
import { Documents, type DocumentKind } from './documents.js';
import { DatabaseUnusableError, FencedError } from './errors.js';
import { FactPartitions } from './fact-partitions.js';
import { loadRows } from './load-rows.js';
import { selectStandards, type AskedStandard, type KeptStandards } from './standard-rows.js';
import { selectRaisedRights, selectStatements, type RaisedRightRow, type StatementRow } from './statement-rows.js';
import { statesOfKinds } from './states-of-kinds.js';
import { migrate } from './migrations/migrate.js';
import { countOpenClocks, type OpenClocksRow } from './open-clocks.js';
import { Outbox } from './outbox.js';
import type { OwnStart } from './own-start.js';
import { fixStreamPartitions } from './stream-partitions.js';
import { OWNER_COLUMNS, takePartition, toOwner, type OwnerColumns } from './take-partition.js';
import { Writer } from './writer.js';

const OLDEST_VERSION = 15;

export interface StoreOptions {
  /** PostgreSQL connection string. Writers need connections of their own: no pooler in transaction mode between. */
  readonly url: string;
  /** Shown in pg_stat_activity; default `pactwatch`. */
  readonly name?: string;
  /** Connections for everything but writing; default 10. */
  readonly poolSize?: number;
  /** On these a statement that runs longer is cancelled; default 30,000. */
  readonly statementTimeoutMillis?: number;
}

/**
 * The database of one process: one connection per partition that it owns, and a pool for the rest.
 * All instants are epoch milliseconds.
 */
export class Store {
  private readonly writers = new Map<string, Writer>();
  /** How each partition was last taken here. */
  private readonly starts = new Map<string, OwnStart>();
  private readonly partitions: FactPartitions;
  private readonly documents: Documents;
  private readonly outbox: Outbox;

  private constructor(
    private readonly url: string,
    private readonly name: string,
    /** For reads, and for the log in Postgres; closed with the store. */
    readonly pool: Pool,
  ) {
    this.partitions = new FactPartitions(pool);
    this.documents = new Documents(pool);
    this.outbox = new Outbox(pool);
  }

  /** @throws DatabaseUnusableError when it does not answer or is older than PostgreSQL 15 */
  static async connect(options: string | StoreOptions): Promise<Store> {
    const {
      url,
      name = 'pactwatch',
      poolSize = 10,
      statementTimeoutMillis,
    } = typeof options === 'string' ? { url: options } : options;
    const limits = statementTimeoutMillis === undefined ? {} : { statementTimeoutMillis };
    const pool = createPool({ url, name, max: poolSize, ...limits });
    try {
      const { rows } = await pool.query<{ version: string }>(`SELECT current_setting('server_version_num') AS version`);
      const major = Math.floor(Number(rows[0]?.version) / 10_000);
      if (major < OLDEST_VERSION) throw new Error(`it is PostgreSQL ${major}, needed is ${OLDEST_VERSION} or newer`);
    } catch (error) {
      await pool.end();
      throw new DatabaseUnusableError(withoutPassword(url), reason(error), error);
    }
    return new Store(url, name, pool);
  }

  /**
   * Brings the schema up to this release and makes the partitions of this month and the next two.
   *
   * @throws SchemaTooNewError
   */
  async migrate(): Promise<void> {
    await migrate(this.url);
    await this.ensurePartitions(Date.now(), 2);
  }

  /**
   * Fixes the number of the stream's partitions at the first call.
   *
   * @throws PartitionsChangedError
   */
  fixStreamPartitions(found: number): Promise<void> {
    return fixStreamPartitions(this.pool, found);
  }

  /** For readiness: resolves when the database answers. */
  async ping(): Promise<void> {
    await this.pool.query('SELECT 1');
  }

  /**
   * Makes this process the owner of a partition, whoever owned it before; what it had under way here is given up.
   *
   * @throws PredecessorAliveError
   */
  async take(topic: string, partition: number, process: string): Promise<Takeover> {
    await this.release(topic, partition);
    const writer = await Writer.connect(this.url, `${this.name} ${topic}/${partition}`);
    try {
      const own = this.starts.get(place(topic, partition));
      const takeover = await takePartition(writer, topic, partition, process, own);
      const { epoch, nextOffset: offset, slice } = takeover.owner;
      this.writers.set(place(topic, partition), writer);
      this.starts.set(place(topic, partition), { epoch, offset, slice, named: null, settled: false });
      return takeover;
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  /**
   * Closes the partition's connection.
   *
   * @param inOrder nothing is wrong with what was being judged; noted in the row, where the server answers
   */
  async release(topic: string, partition: number, inOrder = false): Promise<void> {
    const writer = this.writers.get(place(topic, partition));
    this.writers.delete(place(topic, partition));
    if (writer === undefined) return;
    if (inOrder) await this.endInOrder(writer, topic, partition).catch(() => undefined);
    await writer.close();
  }

  /**
   * Stops owning the partition in order, but keeps its connection for as long as nobody else takes it.
   *
   * @returns false where the connection is gone, or the partition another's: then it was released
   */
  async layDown(topic: string, partition: number): Promise<boolean> {
    const writer = this.writers.get(place(topic, partition));
    if (writer?.alive === true) {
      try {
        if (await this.endInOrder(writer, topic, partition)) return true;
      } catch {
        // The next line tries once more.
      }
    }
    await this.release(topic, partition, true);
    return false;
  }

  /** The owner row of a partition that was laid down, where nobody has taken it since: this process owns it again. */
  async takeUp(topic: string, partition: number): Promise<OwnerRow | undefined> {
    const writer = this.writers.get(place(topic, partition));
    const start = this.starts.get(place(topic, partition));
    if (writer?.alive !== true || start === undefined) return undefined;
    const owner = await goOn(writer, topic, partition, start.epoch).catch(() => undefined);
    if (owner !== undefined) start.settled = false;
    return owner;
  }

  /**
   * Notes that a record is about to be judged by itself.
   *
   * @throws FencedError when the partition is elsewhere
   * @throws anything else: nothing was noted
   */
  async nameRecord(topic: string, partition: number, epoch: number, offset: number): Promise<void> {
    const writer = this.writers.get(place(topic, partition));
    if (writer === undefined) throw new FencedError(topic, partition, `epoch ${epoch}`, 'no take by this process');
    const start = this.starts.get(place(topic, partition));
    if (start?.epoch === epoch) start.named = offset;
    await nameRecord(writer, topic, partition, epoch, offset);
  }

  /** States of some kinds of subjects by key, by code points; with a range, so many of one contract behind a key. */
  statesOfKinds(
    asked: readonly { readonly contract: string; readonly kind: string }[],
    range?: { readonly after: string; readonly limit: number },
  ): Promise<readonly StateRow[]> {
    return statesOfKinds(this.pool, asked, range);
  }

  /** Counters of standards, added up between the bounds given, and what was recorded about closed periods. */
  standards(asked: readonly AskedStandard[]): Promise<KeptStandards> {
    return selectStandards(this.pool, asked);
  }

  /** What was recorded last of each statement of the contracts, and the rights that were raised. */
  async statements(
    contracts: readonly string[],
  ): Promise<{ readonly statements: readonly StatementRow[]; readonly rights: readonly RaisedRightRow[] }> {
    const statements = await selectStatements(this.pool, { contracts });
    return { statements, rights: await selectRaisedRights(this.pool, contracts) };
  }

  /** The owner row as it stands; undefined where nobody ever took the partition. */
  async readOwner(topic: string, partition: number): Promise<OwnerRow | undefined> {
    const { rows } = await this.pool.query<OwnerColumns>(
      `SELECT ${OWNER_COLUMNS} FROM partition_owner WHERE topic = $1 AND partition = $2`,
      [topic, partition],
    );
    return rows[0] === undefined ? undefined : toOwner(rows[0]);
  }

  /** Clocks that run or are paused, by rule, of the contracts of a partition. */
  openClocks(topic: string, partition: number): Promise<OpenClocksRow[]> {
    return countOpenClocks(this.pool, topic, partition);
  }

  /** What a batch touches, in one query; reads what is committed, not what is under way. */
  load(request: LoadRequest): Promise<Loaded> {
    return loadRows(this.pool, request);
  }

  /**
   * One transaction in one round trip. Saves of one partition follow each other; those of several go side by side.
   *
   * @throws FencedError when the partition is elsewhere: drop its memory
   * @throws UnknownOutcomeError when the answer was lost: take the partition again
   * @throws anything else: nothing was written
   */
  async save(save: PartitionSave): Promise<Saved> {
    const writer = this.writers.get(place(save.topic, save.partition));
    if (writer === undefined) {
      throw new FencedError(save.topic, save.partition, `epoch ${save.epoch}`, 'no take by this process');
    }
    await this.partitions.ensure(save.recordedAt, 0);
    return writer.save(save);
  }

  /** Monthly partitions of facts, made from the month of `now` on. */
  ensurePartitions(now: number, monthsAhead: number): Promise<void> {
    return this.partitions.ensure(now, monthsAhead);
  }

  /** The next records of a partition's outbox after number `after`, in order. */
  readOutbox(topic: string, partition: number, after: number, limit: number): Promise<QueuedRow[]> {
    return this.outbox.read(topic, partition, after, limit);
  }

  /** Forgets the outbox up to and including number `through`. */
  ackOutbox(topic: string, partition: number, through: number): Promise<void> {
    return this.outbox.acknowledge(topic, partition, through);
  }

  /** @param hash SHA-256 (hex) of the bytes */
  putDocument(hash: string, kind: DocumentKind, bytes: Buffer): Promise<void> {
    return this.documents.put(hash, kind, bytes);
  }

  /** Hash -> bytes; what is not there is absent. */
  getDocuments(hashes: readonly string[]): Promise<Map<string, Buffer>> {
    return this.documents.get(hashes);
  }

  /** Every version that the stream has published, by contract and version. */
  publishedContracts(): Promise<PublishedRow[]> {
    return this.documents.published();
  }

  /** A connection that is gone says nothing any more; that the process lives, another one can say. */
  private async endInOrder(writer: Writer, topic: string, partition: number): Promise<boolean> {
    const start = this.starts.get(place(topic, partition));
    if (start === undefined || start.settled) return false;
    const owned = await endInOrder(writer.alive ? writer.client : this.pool, topic, partition, start);
    start.settled = owned !== undefined;
    return owned === true;
  }

  async close(): Promise<void> {
    const writers = [...this.writers.values()];
    this.writers.clear();
    await Promise.all(writers.map((writer) => writer.close()));
    await this.pool.end();
  }
}

function place(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

function withoutPassword(url: string): string {
  try {
    const parsed = new URL(url);
    return `${parsed.host}${parsed.pathname}`;
  } catch {
    return 'DATABASE_URL';
  }
}

function reason(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message === undefined || message === '' ? (code ?? String(error)) : message;
}
