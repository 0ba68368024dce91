import { Kafka, type EachBatchPayload, type KafkaConfig, type KafkaMessage } from 'kafkajs';
import pg from 'pg';
import { onConflict } from './floor-slices.js';
import { RowsOfRun } from './rows-of-run.js';

/** What the process is told when it has started. */
export interface FloorJob {
  readonly kafka: KafkaConfig;
  readonly databaseUrl: string;
  readonly topic: string;
  readonly group: string;
  /** By partition: where its business begins, and the first offset after it. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Database in which the product has judged the same records: what it has stored for them is stored here, too. Null: facts alone. */
  readonly productUrl: string | null;
}

const BATCH_RECORDS = 1_000;
const CONCURRENT_PARTITIONS = 8;
/** As long as that of the product's, which is SHA-256 in hexadecimal digits. It is not computed here: that would be work. */
const CONTENT_HASH = '0123456789abcdef'.repeat(4);

/** Cursor and facts in one statement, so in one transaction and one round trip. No row comes back where the cursor stood elsewhere. */
const MOVED = `WITH moved AS (
  UPDATE partition_owner SET next_offset = $3, recorded_at = now() WHERE topic = $1 AND partition = $2 AND next_offset = $4
  RETURNING recorded_at
)`;
const FACTS = `INSERT INTO fact (contract, source, id, type, subject, occurred_at, appended_at, recorded_at, sequence, content_hash,
  data, topic, partition, record_offset)
SELECT r.contract, r.source, r.id, r.type, r.subject, r.occurred_at, r.appended_at, moved.recorded_at, r.sequence,
  r.content_hash, r.data, $1, $2, r.record_offset
FROM moved, unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[],
  $12::text[], $13::text[], $14::json[], $15::bigint[]) AS r (contract, source, id, type, subject, occurred_at,
  appended_at, sequence, content_hash, data, record_offset)`;

/** What the product stores beside facts; its counters, its outbox and its quarantine are left out. */
const STORED = ['processed_id', 'subject_state', 'verdict', 'decision'] as const;

/** What the process works with, once it has started. */
interface Floor {
  readonly job: FloorJob;
  readonly pool: pg.Pool;
  readonly statement: string;
  readonly rows: RowsOfRun | null;
}

interface Event {
  readonly contractid: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly time: string;
  readonly sequence?: string;
  readonly data: unknown;
}

/**
 * The least that any consumer with these effects does: read, parse, write rows and the cursor durably; no rules. With the rows that the
 * product has stored for the same records, what the product needs beside it is the price of judging and telling.
 */
async function main(job: FloorJob): Promise<void> {
  const pool = new pg.Pool({
    connectionString: job.databaseUrl,
    max: CONCURRENT_PARTITIONS,
    options: '-c TimeZone=UTC -c synchronous_commit=on',
  });
  const floor = await prepare(job, pool);
  const kafka = new Kafka(job.kafka);
  const admin = kafka.admin();
  await admin.connect();
  await admin.setOffsets({
    groupId: job.group,
    topic: job.topic,
    partitions: job.starts.map((start, partition) => ({ partition, offset: String(start) })),
  });
  await admin.disconnect();
  const consumer = kafka.consumer({
    groupId: job.group,
    maxWaitTimeInMs: 200,
    maxBytesPerPartition: 2 * 1024 * 1024,
    maxBytes: 16 * 1024 * 1024,
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => fail(payload.error));
  process.once('SIGTERM', () => {
    void consumer
      .disconnect()
      .then(() => pool.end())
      .then(() => process.exit(0));
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [job.topic] });
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: CONCURRENT_PARTITIONS,
    eachBatch: (payload) => takeBatch(payload, floor),
  });
}

async function prepare(job: FloorJob, pool: pg.Pool): Promise<Floor> {
  const { productUrl, topic, starts, ends } = job;
  if (productUrl === null) return { job, pool, statement: `${MOVED} ${FACTS}`, rows: null };
  const numbers = await pool.query<{ contract: string; number: number }>(
    'SELECT contract, last_number::float8 AS number FROM contract_state',
  );
  const lastNumbers = Object.fromEntries(numbers.rows.map(({ contract, number }) => [contract, number]));
  const inserts = await Promise.all(
    STORED.map(
      async (table, index) => `${table}_rows AS (INSERT INTO ${table}
        SELECT r.* FROM moved, unnest($${16 + index}::${table}[]) AS r ${await onConflict(pool, table)})`,
    ),
  );
  return {
    job,
    pool,
    statement: `${[MOVED, ...inserts].join(', ')} ${FACTS}`,
    rows: await RowsOfRun.read(productUrl, { topic, starts, ends, lastNumbers }),
  };
}

async function takeBatch({ batch, heartbeat }: EachBatchPayload, floor: Floor): Promise<void> {
  const end = floor.job.ends[batch.partition] ?? 0;
  const messages = batch.messages.filter(({ offset }) => Number(offset) < end);
  for (let from = 0; from < messages.length; from += BATCH_RECORDS) {
    await save(batch.topic, batch.partition, messages.slice(from, from + BATCH_RECORDS), floor);
    await heartbeat();
  }
}

async function save(
  topic: string,
  partition: number,
  messages: readonly KafkaMessage[],
  { pool, statement, rows }: Floor,
): Promise<void> {
  const stored = rows?.of(
    partition,
    messages.map(({ offset }) => Number(offset)),
  );
  const events = messages.map(({ value }) => JSON.parse(value!.toString('utf8')) as Event);
  const { rowCount } = await pool.query({
    name: 'floor',
    text: statement,
    values: [
      topic,
      partition,
      Number(messages[messages.length - 1]!.offset) + 1,
      Number(messages[0]!.offset),
      events.map(({ contractid }) => contractid),
      events.map(({ source }) => source),
      events.map(({ id }) => id),
      events.map(({ type }) => type),
      events.map(({ subject }) => subject ?? null),
      events.map(({ time }) => time),
      messages.map(({ timestamp }) => new Date(Number(timestamp)).toISOString()),
      events.map(({ sequence }) => sequence ?? null),
      events.map(() => CONTENT_HASH),
      events.map(({ data }) => JSON.stringify(data)),
      messages.map(({ offset }) => offset),
      ...(stored === undefined ? [] : STORED.map((table) => stored[table])),
    ],
  });
  if (rowCount !== messages.length) throw new Error(`${topic}/${partition}: the cursor is not where it was left`);
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}

process.once('message', (job: FloorJob) => void main(job).catch(fail));
