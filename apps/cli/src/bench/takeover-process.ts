import pg from 'pg';
import { DeadlineQueue } from '#libs/evaluation';
import { Store } from '#libs/store';

/** What the process is told when it has started. */
export interface TakeoverJob {
  readonly kind: 'product' | 'floor';
  readonly databaseUrl: string;
  readonly topic: string;
  readonly partition: number;
}

export interface TakeoverAnswer {
  readonly millis: number;
  readonly deadlines: number;
  /** The most that the process held in memory at any time, in bytes. */
  readonly peakBytes: number;
}

/** The two columns that timers need, and nothing done with them. */
const COLUMNS = `SELECT key, next_instant FROM subject_state JOIN contract_state USING (contract)
  WHERE topic = $1 AND partition = $2 AND next_instant IS NOT NULL`;

async function takeOver({ databaseUrl, topic, partition }: TakeoverJob): Promise<Omit<TakeoverAnswer, 'peakBytes'>> {
  const store = await Store.connect({ url: databaseUrl, name: 'pactwatch-bench', poolSize: 2 });
  try {
    const began = performance.now();
    const takeover = await store.take(topic, partition, 'pactwatch-bench');
    const queues = new Map(takeover.contracts.map(({ contract }) => [contract, new DeadlineQueue()]));
    for (const { contract, keys, instants } of takeover.deadlines) {
      const queue = queues.get(contract)!;
      keys.forEach((key, index) => queue.set(key, instants[index]!));
    }
    const millis = performance.now() - began;
    return { millis, deadlines: [...queues.values()].reduce((sum, { size }) => sum + size, 0) };
  } finally {
    await store.close();
  }
}

async function readColumns({ databaseUrl, topic, partition }: TakeoverJob): Promise<Omit<TakeoverAnswer, 'peakBytes'>> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'pactwatch-bench' });
  await client.connect();
  try {
    const began = performance.now();
    const { rows } = await client.query({ text: COLUMNS, values: [topic, partition], rowMode: 'array' });
    return { millis: performance.now() - began, deadlines: rows.length };
  } finally {
    await client.end();
  }
}

process.once('message', (job: TakeoverJob) => {
  (job.kind === 'product' ? takeOver(job) : readColumns(job)).then(
    (answer) => {
      const peakBytes = process.resourceUsage().maxRSS * 1_024;
      process.send!({ ...answer, peakBytes }, () => process.disconnect());
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    },
  );
});
