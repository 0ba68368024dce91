import type { Pool } from 'pg';

/** A fact that somebody entered over HTTP. `source` and `id` are those of the event; `event` the rest of it. */
export interface HttpWrite<Event> {
  readonly contract: string;
  readonly source: string;
  readonly id: string;
  /** Of what was asked for. */
  readonly requestHash: string;
  readonly event: Event;
  /** Name of the key that was shown. */
  readonly caller: string;
}

/** What people entered over HTTP, by idempotency key; nothing is ever changed. */
export class HttpWrites {
  constructor(private readonly pool: Pool) {}

  async find<Event>(contract: string, source: string, id: string): Promise<HttpWrite<Event> | undefined> {
    const { rows } = await this.pool.query<HttpWrite<Event>>(
      `SELECT contract, source, id, request_hash AS "requestHash", event, caller
       FROM http_write WHERE contract = $1 AND source = $2 AND id = $3`,
      [contract, source, id],
    );
    return rows[0];
  }

  /** Keeps it, and returns what is kept under its key: the one that came first. */
  async keep<Event>(write: HttpWrite<Event>): Promise<HttpWrite<Event>> {
    const { contract, source, id, requestHash, event, caller } = write;
    await this.pool.query(
      `INSERT INTO http_write (contract, source, id, request_hash, event, caller) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (contract, source, id) DO NOTHING`,
      [contract, source, id, requestHash, JSON.stringify(event), caller],
    );
    return (await this.find<Event>(contract, source, id)) ?? write;
  }
}
