import fc from 'fast-check';
import Decoder from 'kafkajs/src/protocol/decoder';
import decodeBatch from 'kafkajs/src/protocol/recordBatch/v0/decoder';
import type { LogRecord, NewRecord } from '../port.js';
import { readPieces } from './read-batch.js';
import { readRecordSet } from './read-record-set.js';
import { RecordBatches } from './record-batch.js';

const SENT_AT = Date.UTC(2026, 2, 24, 5, 4, 47);

function aRecord(given: Partial<NewRecord>): NewRecord {
  return { topic: 't', key: 'k', value: 'v', ...given };
}

/** Reads bytes back as they would be fetched; a wrong checksum is an error. */
async function readBack(bytes: Buffer): Promise<readonly LogRecord[]> {
  return readPieces(await readRecordSet('t', 0, bytes, bytes.length), 0, 0).flatMap((piece) => {
    if ('records' in piece) return piece.records;
    throw new Error(piece.undecodable.detail);
  });
}

const bytesOf = (value: string | Buffer): Buffer => (typeof value === 'string' ? Buffer.from(value) : value);

describe('A batch of records', () => {
  const producer = { id: 4_711n, epoch: 3 };

  it('is read back as it was written, however many and however long its records, keys and headers are', async () => {
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.constantFrom(...[63, 64, 65, 200, 9_000].map((length) => 'x'.repeat(length)), '投诉'.repeat(40)),
    );
    const values = fc.oneof(
      texts,
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    );
    const record = fc.record({
      key: fc.option(texts),
      value: fc.option(values),
      headers: fc.dictionary(texts, values, { maxKeys: 5, noNullPrototype: true }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 8 }), async (given) => {
        const bytes = new RecordBatches().write(given.map(aRecord), producer, 0, SENT_AT)();
        const read = await readBack(bytes);
        expect(read.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } }))).toEqual(
          given.map(({ key, value, headers }) => ({
            key: key === null ? null : bytesOf(key),
            value: value === null ? null : bytesOf(value),
            headers: Object.fromEntries(Object.entries(headers).map(([name, one]) => [name, bytesOf(one)])),
          })),
        );
        expect(read.map(({ offset }) => offset)).toEqual(given.map((_, index) => index));
      }),
      { numRuns: 60 },
    );
  });

  it('says who sent it, when, and where it stands in the sequence of its partition', async () => {
    const records = [aRecord({}), aRecord({ value: 'w' })];
    const batch = await decodeBatch(new Decoder(new RecordBatches().write(records, producer, 12, SENT_AT)()));
    expect(batch).toMatchObject({
      producerId: '4711',
      producerEpoch: 3,
      firstSequence: 12,
      lastOffsetDelta: 1,
      maxTimestamp: String(SENT_AT),
      inTransaction: false,
    });
  });

  it('takes many headers, and leaves out those that a caller left undefined', async () => {
    const headers = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`h${index}`, `${index}`]));
    const given = { ...headers, absent: undefined } as unknown as Record<string, string>;
    const [read] = await readBack(new RecordBatches().write([aRecord({ headers: given })], producer, 0, SENT_AT)());
    expect(Object.keys(read!.headers)).toEqual(Object.keys(headers));
  });

  it('keeps what was written before it in the same request, also where the memory has to grow', async () => {
    const batches = new RecordBatches();
    const sizes = [1, 50_000, 200_000];
    const written = sizes.map((size) => batches.write([aRecord({ value: 'x'.repeat(size) })], producer, 0, SENT_AT));
    const read = await Promise.all(written.map((bytes) => readBack(bytes())));
    expect(read.map(([record]) => record?.value?.length)).toEqual(sizes);
  });
});
