import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { homePartition } from './home-partition.js';

const kafkajs = Partitioners.DefaultPartitioner();

function asKafkajs(key: string, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 1,
    replicas: [],
    isr: [],
  }));
  return kafkajs({ topic: 't', partitionMetadata, message: { key, value: null } });
}

describe('homePartition', () => {
  // murmur2 of Apache Kafka's own tests (UtilsTest.testMurmur2), with the sign bit cleared.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as Kafka does', (key, hash) => {
    const every = 2 ** 31;
    expect(homePartition(key, every)).toBe(hash & 0x7fffffff);
  });

  it('agrees with kafkajs for any text and any number of partitions', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.integer({ min: 1, max: 64 }), (key, partitions) => {
        expect(homePartition(key, partitions)).toBe(asKafkajs(key, partitions));
      }),
    );
  });
});
