import { toRecordBinary } from '#libs/events';
import type { OutboxRow } from '#libs/store';

/** An event of its own, not read back from the row of a decision, as it waits to be sent. */
export function toOutbox(topic: string, event: Parameters<typeof toRecordBinary>[0]): OutboxRow {
  const { key, value, headers } = toRecordBinary(event);
  return { topic, key, partition: null, headers, value };
}
