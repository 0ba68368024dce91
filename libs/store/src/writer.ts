import pg from 'pg';
import type { PartitionSave, Saved } from './api.js';
import { COMPOSITES, SAVE_STATEMENT, encodeSave, type CompositeIds } from './encode-save.js';
import { FencedError, UnknownOutcomeError } from './errors.js';
import { SESSION_SETTINGS } from './session-settings.js';

const STATEMENT_TIMEOUT_MILLIS = 60_000;
/** Later than the server's own timeout: past it the connection is taken for lost. */
const ANSWER_TIMEOUT_MILLIS = 75_000;

/** SQLSTATE classes after which nobody knows what became of the statement: connection exceptions, operator intervention. */
const LOST = /^(08|57P)/;

/**
 * The one connection through which the owner of a partition writes. It belongs to nobody else, so that a successor can
 * end it by its backend's pid and start without hurting other work.
 */
export class Writer {
  private sizeHint = 0;
  private lost: Error | undefined;

  private constructor(
    readonly client: pg.Client,
    private readonly types: CompositeIds,
  ) {
    client.on('error', (error) => (this.lost ??= error));
    client.on('end', () => (this.lost ??= new Error('the connection was closed')));
  }

  static async connect(url: string, name: string): Promise<Writer> {
    const client = new pg.Client({
      connectionString: url,
      application_name: name,
      statement_timeout: STATEMENT_TIMEOUT_MILLIS,
      idle_in_transaction_session_timeout: 30_000,
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      // A save that was answered must survive a power cut, whatever the server's default is.
      options: `${SESSION_SETTINGS} -c synchronous_commit=on`,
    });
    // A server that goes away before the writer is built fails what is under way; by itself the event would end the process.
    client.on('error', () => undefined);
    await client.connect();
    try {
      const columns = COMPOSITES.map((name) => `'${name}'::regtype::oid::bigint::float8 AS ${name}`).join(', ');
      const { rows } = await client.query<CompositeIds>(`SELECT ${columns}`);
      return new Writer(client, rows[0] as CompositeIds);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  get alive(): boolean {
    return this.lost === undefined;
  }

  /**
   * One statement, one round trip.
   *
   * @throws FencedError, UnknownOutcomeError; any other error: nothing was written
   */
  async save(save: PartitionSave): Promise<Saved> {
    if (this.lost !== undefined) throw new UnknownOutcomeError(save.topic, save.partition, this.lost);
    const { values, size } = encodeSave(save, this.types, this.sizeHint);
    this.sizeHint = Math.min(size + (size >> 3), 8 << 20);
    const query = { name: 'save_batch', text: SAVE_STATEMENT, values, query_timeout: ANSWER_TIMEOUT_MILLIS };
    try {
      const { rows } = await this.client.query<{ recorded_at: string }>(query);
      return { recordedAt: Math.round(Number(rows[0]?.recorded_at)) };
    } catch (error) {
      const code = error instanceof pg.DatabaseError ? error.code : undefined;
      if (code === 'PW001') throw fenced(save, (error as pg.DatabaseError).detail);
      if (code !== undefined && !LOST.test(code)) throw error;
      this.lost ??= error as Error;
      throw new UnknownOutcomeError(save.topic, save.partition, error);
    }
  }

  /** Ends the connection without waiting for what is under way on it. */
  async close(): Promise<void> {
    this.lost ??= new Error('the writer was closed');
    await this.client.end().catch(() => undefined);
  }
}

function fenced(save: PartitionSave, found: string | undefined): FencedError {
  const expected = `epoch ${save.epoch}, next offset ${save.fromOffset}, slice ${save.fromSlice}, outbox number ${save.outboxNumber}`;
  return new FencedError(save.topic, save.partition, expected, found ?? 'nothing');
}
