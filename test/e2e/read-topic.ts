import { randomUUID } from 'node:crypto';
import type { Log, LogRecord } from '#libs/bus';
import { eventually } from '#libs/testkit';

/** Everything a topic holds at this moment, by partition and offset. */
export async function readTopic(log: Log, topic: string): Promise<LogRecord[]> {
  const ends = new Map((await log.bounds(topic)).map(({ partition, high }) => [partition, high]));
  const positions = new Map([...ends.keys()].map((partition) => [partition, 0]));
  const records: LogRecord[] = [];
  const fatal: Error[] = [];
  const subscription = await log.subscribe({
    group: `reader-${randomUUID()}`,
    topics: [topic],
    onAssigned: () => Promise.resolve(0),
    onRevoked: () => Promise.resolve(),
    onBatch: ({ partition, records: read, nextOffset }) => {
      records.push(...read.filter(({ offset }) => offset < ends.get(partition)!));
      positions.set(partition, nextOffset);
      return Promise.resolve();
    },
    onFatal: (error) => void fatal.push(error),
  });
  try {
    await eventually(
      () =>
        fatal.length > 0 || [...ends].every(([partition, end]) => positions.get(partition)! >= end) ? true : undefined,
      { within: 120_000 },
    );
  } finally {
    await subscription.close();
  }
  if (fatal[0] !== undefined) throw fatal[0];
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}
