import pg from 'pg';
import { TOPICS, type Log } from '#libs/bus';
import { Store } from '#libs/store';
import { Failure } from '../failure.js';
import type { RunningProcess } from './run-process.js';
import type { Sample } from './statistics.js';

const MOVE = `UPDATE partition_owner o SET next_offset = s.start FROM unnest($2::bigint[]) WITH ORDINALITY AS s (start, n)
  WHERE o.topic = $1 AND o.partition = s.n - 1`;

/** Makes the schema, and an owner row for each partition that says where the stream begins for this database. */
export async function prepareDatabase(databaseUrl: string, starts: readonly number[]): Promise<void> {
  const store = await Store.connect({ url: databaseUrl, name: 'pactwatch-bench', poolSize: 2 });
  try {
    await store.migrate();
    for (const partition of starts.keys()) {
      await store.take(TOPICS.events, partition, 'pactwatch-bench');
      await store.release(TOPICS.events, partition);
    }
    await store.pool.query(MOVE, [TOPICS.events, starts]);
  } finally {
    await store.close();
  }
}

export interface FollowRequest {
  readonly databaseUrl: string;
  /** By partition: what of the stream is to be committed. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly process: RunningProcess;
  /** Longest wait without progress, in milliseconds. */
  readonly patienceMillis: number;
  /** Called with the first commit that is seen, and with the last. */
  readonly onEdge: () => void;
  readonly interrupted: AbortSignal;
}

const POLL_MILLIS = 10;
const POSITIONS = `SELECT partition, next_offset::float8 AS "nextOffset" FROM partition_owner WHERE topic = $1`;

/** Watches the cursor in the database from the first commit until everything is committed. */
export async function followPosition(request: FollowRequest): Promise<Sample[]> {
  const { starts, ends, onEdge } = request;
  const total = sizeOf(starts, ends);
  const client = new pg.Client({ connectionString: request.databaseUrl, application_name: 'pactwatch-bench' });
  await client.connect();
  try {
    const samples: Sample[] = [];
    let committed = 0;
    for (let lastNews = performance.now(); committed < total;) {
      request.process.check();
      request.interrupted.throwIfAborted();
      const query = { name: 'positions', text: POSITIONS, values: [TOPICS.events] };
      const { rows } = await client.query<{ partition: number; nextOffset: number }>(query);
      const at = performance.now();
      const now = rows.reduce((sum, { partition, nextOffset }) => {
        const [start, end] = [starts[partition] ?? 0, ends[partition] ?? 0];
        return sum + Math.max(0, Math.min(nextOffset, end) - start);
      }, 0);
      if (now > committed) {
        if (committed === 0 || now >= total) onEdge();
        committed = now;
        samples.push({ at, committed });
        lastNews = at;
      } else if (at - lastNews > request.patienceMillis) {
        throw new Failure(
          3,
          `after ${committed} of ${total} events nothing more was committed for ${request.patienceMillis / 1_000} s`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
    }
    return samples;
  } finally {
    await client.end();
  }
}

export function sizeOf(starts: readonly number[], ends: readonly number[]): number {
  return ends.reduce((sum, end, partition) => sum + end - (starts[partition] ?? 0), 0);
}

/** By partition: the first offset that the stream does not have yet. */
export async function endsOfStream(log: Log): Promise<number[]> {
  return (await log.bounds(TOPICS.events)).map(({ high }) => high);
}

/** The stream goes on there, by partition, for whoever uses this database next. */
export async function movePositions(databaseUrl: string, starts: readonly number[]): Promise<void> {
  await queryOnce(databaseUrl, MOVE, [TOPICS.events, starts]);
}

export async function queryOnce<Row extends pg.QueryResultRow>(
  databaseUrl: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'pactwatch-bench' });
  await client.connect();
  try {
    const { rows } = await client.query<Row>(text, [...values]);
    return rows;
  } finally {
    await client.end();
  }
}
