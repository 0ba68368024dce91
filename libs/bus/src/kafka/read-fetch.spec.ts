import { requests } from 'kafkajs/src/protocol/requests';
import { readFetch } from './read-fetch.js';
import { RecordBatches } from './record-batch.js';

/** What a broker answers in a version of the protocol: two topics, three partitions, one of them with an aborted transaction. */
function answerIn(version: number): Buffer {
  const parts: Buffer[] = [];
  const int16 = (value: number): void => void parts.push(Buffer.from([value >> 8, value & 0xff]));
  const int32 = (value: number): void => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    parts.push(bytes);
  };
  const int64 = (value: bigint): void => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    parts.push(bytes);
  };
  const topic = (name: string, partitions: number): void => {
    int16(name.length);
    parts.push(Buffer.from(name));
    int32(partitions);
  };
  const partition = (number: number, errorCode: number, aborted: readonly bigint[], records: Buffer): void => {
    int32(number);
    int16(errorCode);
    for (let left = version >= 5 ? 3 : 2; left > 0; left--) int64(2n ** 40n + BigInt(left));
    int32(aborted.length);
    for (const producer of aborted) [producer, 5n].forEach(int64);
    if (version >= 11) int32(4);
    int32(records.length);
    parts.push(records);
  };
  int32(250);
  if (version >= 7) {
    int16(0);
    int32(0);
  }
  const records = [
    { topic: 'a', key: 'k', value: 'v', headers: { ce_id: '1' } },
    { topic: 'a', key: null, value: null },
  ];
  const batch = new RecordBatches().write(records, { id: 7n, epoch: 0 }, 0, 1_774_328_687_000)();
  int32(2);
  topic('a', 2);
  partition(0, 0, [7n, 2n ** 50n], batch);
  partition(12, 1, [], Buffer.alloc(0));
  topic('topic-b', 1);
  partition(3, 0, [], Buffer.concat([batch, batch.subarray(0, 70)]));
  return Buffer.concat(parts);
}

interface Answer {
  readonly throttleTime: number;
  readonly clientSideThrottleTime?: number;
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly highWatermark: string;
      readonly abortedTransactions: object;
      readonly preferredReadReplica?: number;
      readonly messages: readonly {
        readonly offset: string;
        readonly key: Buffer | null;
        readonly value: Buffer | null;
      }[];
    }[];
  }[];
}

/** What kafkajs looks at. */
const essence = ({ throttleTime, clientSideThrottleTime = 0, responses }: Answer) => ({
  throttleTime,
  clientSideThrottleTime,
  responses: responses.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ preferredReadReplica = -1, messages, ...rest }) => ({
      ...{ partition: rest.partition, errorCode: rest.errorCode, highWatermark: rest.highWatermark },
      ...{ abortedTransactions: rest.abortedTransactions, preferredReadReplica },
      messages: messages.map(({ offset, key, value }) => ({ offset, key, value })),
    })),
  })),
});

describe('The answer to a fetch', () => {
  it.each([4, 5, 6, 7, 8, 9, 10, 11])('in version %i is what kafkajs makes of the same bytes', async (version) => {
    const fields = { maxWaitTime: 1, minBytes: 1, maxBytes: 1, isolationLevel: 1, topics: [], rackId: '' };
    const { response } = requests.Fetch.protocol({ version })(fields);
    const theirs = await (response as { decode(bytes: Buffer): Promise<Answer> }).decode(answerIn(version));
    const mine = await readFetch(version, answerIn(version));
    expect(essence(mine)).toEqual(essence(theirs));
    expect(mine.responses[0]!.partitions[0]!.messages).toHaveLength(2);
  });
});
