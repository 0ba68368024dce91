import type { Kafka } from 'kafkajs';
import Decoder from 'kafkajs/src/protocol/decoder';
import type Encoder from 'kafkajs/src/protocol/encoder';
import decodeBatch from 'kafkajs/src/protocol/recordBatch/v0/decoder';
import { IdempotentProducer, type PlacedRecord } from './idempotent-producer.js';
import { registerCodecs } from './record-codecs.js';

const SENT_AT = Date.UTC(2026, 2, 24, 5, 4, 47);
const BATCH_AT = 2 + 2 + 4 + 4 + 2 + 't'.length + 4 + 4 + 4;

interface Produced {
  readonly partition: number;
  readonly sequence: number;
  readonly values: (string | undefined)[];
}

/** Two brokers with a partition of topic `t` each; what they get is written down, and answered as the test says. */
class World {
  readonly produced: Produced[] = [];
  readonly offsets = [100, 200];
  /** By partition: how the next requests fail, before they are answered. */
  readonly failures: Error[][] = [[], []];

  readonly connections = { ended: false, end: () => {} };

  private readonly cluster = {
    connect: async () => {},
    disconnect: async () => {},
    isConnected: () => true,
    refreshMetadata: async () => {},
    refreshMetadataIfNecessary: async () => {},
    addMultipleTargetTopics: async () => {},
    removeBroker: () => {},
    findControllerBroker: async () => this.broker(0),
    findBroker: async ({ nodeId }: { nodeId: number }) => this.broker(nodeId),
    findLeaderForPartitions: (_: string, [partition]: number[]) => ({ [partition!]: [partition] }),
  };

  connect(): Promise<IdempotentProducer> {
    const kafka = { [Symbol('private:Kafka:createCluster')]: () => this.cluster } as unknown as Kafka;
    return IdempotentProducer.connect({ kafka, connections: this.connections });
  }

  private broker(partition: number) {
    return {
      initProducerId: async () => ({ producerId: '7', producerEpoch: 0 }),
      disconnect: async () => {},
      lookupRequest: () => () => ({ request: { apiVersion: 7 }, response: {} }),
      connectionPool: {
        send: async ({ request }: { request: { encode: () => Promise<Encoder & { readonly buffer: Buffer }> } }) => {
          const { buffer } = await request.encode();
          const { records, firstSequence } = await decodeBatch(new Decoder(buffer.subarray(BATCH_AT)));
          const values = records.map(({ value }) => value?.toString());
          this.produced.push({ partition, sequence: firstSequence, values });
          const failure = this.failures[partition]!.shift();
          if (failure !== undefined) throw failure;
          const baseOffset = String(this.offsets[partition]);
          this.offsets[partition]! += records.length;
          return { topics: [{ topicName: 't', partitions: [{ partition, baseOffset, logAppendTime: '-1' }] }] };
        },
      },
    };
  }
}

const placed = (partition: number, value: string): PlacedRecord => ({
  topic: 't',
  partition,
  record: { topic: 't', key: null, value },
});

describe('The producer', () => {
  let world: World;
  let producer: IdempotentProducer;

  beforeAll(registerCodecs);
  beforeEach(async () => {
    jest.useFakeTimers({ now: SENT_AT, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    world = new World();
    producer = await world.connect();
  });
  afterEach(() => jest.useRealTimers());

  it('sends what a partition gets as one batch in its order, and says where each record lies', async () => {
    const appended = await producer.send([placed(0, 'a'), placed(1, 'b'), placed(0, 'c')]);
    expect(world.produced).toEqual([
      { partition: 0, sequence: 0, values: ['a', 'c'] },
      { partition: 1, sequence: 0, values: ['b'] },
    ]);
    expect(appended).toEqual([
      { topic: 't', partition: 0, offset: 100, appendedAt: SENT_AT },
      { topic: 't', partition: 1, offset: 200, appendedAt: SENT_AT },
      { topic: 't', partition: 0, offset: 101, appendedAt: SENT_AT },
    ]);
  });

  it('goes on in the sequence of each partition', async () => {
    await producer.send([placed(0, 'a'), placed(0, 'b')]);
    await producer.send([placed(0, 'c'), placed(1, 'd')]);
    expect(world.produced.map(({ partition, sequence }) => [partition, sequence])).toEqual([
      [0, 0],
      [0, 2],
      [1, 0],
    ]);
  });

  it('sends again, under the same sequence, what was not acknowledged, and only that', async () => {
    await producer.send([placed(1, 'a')]);
    world.failures[1]!.push(Object.assign(new Error('closed'), { name: 'KafkaJSConnectionClosedError' }));
    const sending = producer.send([placed(0, 'b'), placed(1, 'c')]);
    await jest.advanceTimersByTimeAsync(100);
    expect((await sending).map(({ offset }) => offset)).toEqual([100, 201]);
    expect(world.produced.slice(1)).toEqual([
      { partition: 0, sequence: 0, values: ['b'] },
      { partition: 1, sequence: 1, values: ['c'] },
      { partition: 1, sequence: 1, values: ['c'] },
    ]);
  });

  it('gives up at once where sending again does not help', async () => {
    world.failures[0]!.push(Object.assign(new Error('too large'), { retriable: false }));
    await expect(producer.send([placed(0, 'a')])).rejects.toMatchObject({ message: 'too large', retriable: false });
    expect(world.produced).toHaveLength(1);
  });
});
