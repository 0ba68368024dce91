import Decoder from 'kafkajs/src/protocol/decoder';
import decodeMessageSet from 'kafkajs/src/protocol/messageSet/decoder';
import { FetchedRecord, NO_TRANSACTION } from './fetched-record.js';

/** Records as Kafka kept them before 0.11, and keeps them still where a topic says so: rare, and left to kafkajs. */
export async function readMessageSet(topic: string, partition: number, bytes: Buffer): Promise<FetchedRecord[]> {
  const messages = await decodeMessageSet(new Decoder(bytes), bytes.length);
  return messages.map(({ offset: at, key, value, timestamp = '-1' }) => {
    const [offset, appendedAt] = [Number(at), Number(timestamp)];
    const record = { topic, partition, offset, key, value, headers: {}, appendedAt };
    return new FetchedRecord(offset, record, NO_TRANSACTION, false);
  });
}
