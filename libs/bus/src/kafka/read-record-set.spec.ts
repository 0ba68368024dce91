import fc from 'fast-check';
import { CompressionTypes } from 'kafkajs';
import Decoder from 'kafkajs/src/protocol/decoder';
import encodeRecord from 'kafkajs/src/protocol/recordBatch/record/v0';
import { RecordBatch } from 'kafkajs/src/protocol/recordBatch/v0';
import decodeBatch from 'kafkajs/src/protocol/recordBatch/v0/decoder';
import { crc32c } from './crc32c.js';
import { readPieces } from './read-batch.js';
import { readRecordSet } from './read-record-set.js';
import { registerCodecs } from './record-codecs.js';

const HEADER_BYTES = 61;
const [CHECKSUM_AT, CHECKED_FROM, ATTRIBUTES_AT] = [17, 21, 21];
const FIRST = 100;
const END = 1_000;

interface Given {
  readonly value?: Buffer | null;
  readonly key?: Buffer | null;
  readonly timestampDelta?: number;
  readonly headers?: Readonly<Record<string, Buffer | readonly Buffer[]>>;
}

async function batchOf(
  given: readonly Given[],
  batch: {
    readonly compression?: CompressionTypes;
    readonly firstOffset?: number;
    readonly transactional?: boolean;
  } = {},
): Promise<Buffer> {
  const records = given.map(({ value = null, key = null, timestampDelta = 0, headers = {} }, offsetDelta) =>
    encodeRecord({ offsetDelta, timestampDelta, key, value, headers }),
  );
  const lastOffsetDelta = records.length - 1;
  const { buffer } = await RecordBatch({ records, lastOffsetDelta, firstOffset: FIRST, producerId: 7, ...batch });
  return Buffer.from(buffer);
}

const read = (bytes: Buffer, end = END) => readRecordSet('t', 3, bytes, end);

/** Changes fields that the checksum covers, and the checksum with them. */
function changed(batch: Buffer, change: (batch: Buffer) => void): Buffer {
  const copy = Buffer.from(batch);
  change(copy);
  copy.writeUInt32BE(crc32c(copy, CHECKED_FROM), CHECKSUM_AT);
  return copy;
}

const valued = ['a', 'b'.repeat(5_000), '投诉'].map((value) => ({ value: Buffer.from(value) }));

describe('The records of a fetch', () => {
  beforeAll(registerCodecs);

  const written = [CompressionTypes.None, CompressionTypes.GZIP, CompressionTypes.Snappy, CompressionTypes.LZ4];

  it('are what kafkajs makes of the same bytes', async () => {
    const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((given) => Buffer.from(given));
    const names = fc.oneof(
      fc.constantFrom('ce_id', 'ce_type', '__proto__'),
      fc.string({ unit: 'grapheme', maxLength: 9 }),
    );
    const header = fc.oneof(bytes(20), fc.array(bytes(5), { minLength: 1, maxLength: 3 }));
    const record = fc.record({
      value: fc.option(bytes(300)),
      key: fc.option(bytes(70)),
      timestampDelta: fc.oneof(fc.integer(), fc.constantFrom(0, 63, 64, -1, -64, -65)),
      headers: fc
        .array(fc.tuple(names, header), { maxLength: 6 })
        .map((pairs) => Object.fromEntries(pairs) as Record<string, Buffer | Buffer[]>),
    });
    const batch = fc.record({
      compression: fc.constantFrom(...written),
      firstOffset: fc.nat(2 ** 31),
      transactional: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 70 }), batch, async (records, options) => {
        const encoded = await batchOf(records, options);
        const mine = await read(encoded);
        const theirs = (await decodeBatch(new Decoder(encoded))).records;
        expect(mine.map(({ offset, timestamp, key, value }) => ({ offset, timestamp, key, value }))).toEqual(
          theirs.map(({ offset, timestamp, key, value }) => ({ offset, timestamp, key, value })),
        );
        mine.forEach(({ headers, record: one, batchContext, isControlRecord }, index) => {
          for (const [name, given] of Object.entries(records[index]!.headers)) {
            expect(Object.entries(headers)).toContainEqual([
              name,
              Array.isArray(given) ? given[given.length - 1] : given,
            ]);
          }
          expect(Object.keys(headers)).toHaveLength(Object.keys(records[index]!.headers).length);
          expect(one).toMatchObject({ topic: 't', partition: 3 });
          expect(batchContext.inTransaction).toBe(options.transactional);
          if (options.transactional) expect(batchContext.producerId).toBe('7');
          expect(isControlRecord).toBe(false);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('have the time of the batch where the log has set it', async () => {
    const batch = changed(await batchOf([{ timestampDelta: 5 }]), (copy) => {
      copy.writeInt16BE(8, ATTRIBUTES_AT);
      copy.writeBigInt64BE(4_711n, 35);
    });
    expect((await read(batch)).map(({ record }) => [record?.appendedAt, record?.timeOfSender])).toEqual([
      [4_711, undefined],
    ]);
  });

  it('say so where their senders have set it', async () => {
    expect((await read(await batchOf([{}]))).map(({ record }) => record?.timeOfSender)).toEqual([true]);
  });

  it('leave out a header without a value, which takes back one of the same name before it', async () => {
    const [a, b] = [Buffer.from('1'), Buffer.from('2')];
    const batch = changed(await batchOf([{ headers: { a: [a, b] } }]), (copy) => {
      // The length of the second, which is the last byte: none.
      copy.writeInt8(1, copy.length - 2);
    });
    expect((await read(batch)).map(({ headers }) => headers)).toEqual([{}]);
  });

  it('tell marks of transactions from records', async () => {
    const batch = changed(await batchOf([{}]), (copy) => copy.writeInt16BE(0x30, ATTRIBUTES_AT));
    expect(await read(batch)).toMatchObject([{ isControlRecord: true, batchContext: { inTransaction: true } }]);
  });

  it('end before a batch that is cut off', async () => {
    const [whole, next] = [await batchOf([{}]), await batchOf([{}], { firstOffset: 101 })];
    for (const length of [1, HEADER_BYTES - 1, HEADER_BYTES, next.length - 1]) {
      const fetched = await read(Buffer.concat([whole, next.subarray(0, length)]));
      expect(fetched.map(({ offset }) => offset)).toEqual(['100']);
    }
    expect(await read(Buffer.concat([whole, next]))).toHaveLength(2);
  });

  it.each(written)('name the offsets of a batch that was damaged anywhere (codec %i)', async (compression) => {
    const whole = await batchOf(valued, { compression });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: HEADER_BYTES, max: whole.length - 1 }), async (at) => {
        const batch = Buffer.from(whole);
        batch[at]! ^= 0x5a;
        expect(readPieces(await read(batch), FIRST, 0)).toEqual([
          {
            undecodable: {
              from: 100,
              to: 102,
              detail: 'the batch cannot be decoded: its checksum does not match: it was damaged',
            },
            nextOffset: 103,
          },
        ]);
      }),
      { numRuns: 40 },
    );
  });

  it('name what was not handed over of a damaged batch', async () => {
    const batch = await batchOf(valued);
    batch[HEADER_BYTES]! ^= 1;
    expect(readPieces(await read(batch), 101, 0)).toMatchObject([{ undecodable: { from: 101, to: 102 } }]);
  });

  it('name the last offset of a damaged batch from which records were compacted away', async () => {
    const batch = await batchOf(valued);
    batch.writeInt32BE(9, 23);
    expect(readPieces(await read(batch), 0, 0)).toMatchObject([
      { undecodable: { from: 100, to: 109 }, nextOffset: 110 },
    ]);
  });

  it('do not skip more than a damaged batch can have held, whatever it says', async () => {
    const [damaged, next] = [await batchOf(valued), await batchOf([{}], { firstOffset: 103 })];
    damaged.writeInt32BE(2 ** 30, 23);
    expect((await read(Buffer.concat([damaged, next]))).map(({ offset }) => offset)).toEqual(['102', '103']);
    expect((await read(damaged, 150)).map(({ offset }) => offset)).toEqual(['149']);
    damaged.writeInt32BE(-5, 23);
    expect((await read(damaged, 150)).map(({ offset }) => offset)).toEqual(['100']);
  });

  it.each([
    ['is longer than its batch', (copy: Buffer) => void (copy[HEADER_BYTES] = 0x7e)],
    ['has a key that is longer than itself', (copy: Buffer) => void (copy[HEADER_BYTES + 4] = 0x7e)],
    ['is announced, and not there', (copy: Buffer) => void copy.writeInt32BE(5, 57)],
    ['was written with a codec that does not exist', (copy: Buffer) => void copy.writeInt16BE(7, ATTRIBUTES_AT)],
    ['was not written with the codec it names', (copy: Buffer) => void copy.writeInt16BE(1, ATTRIBUTES_AT)],
  ])('name the offsets of a batch with a right checksum in which a record %s', async (_, change) => {
    const batch = changed(await batchOf([{ key: Buffer.from('k'), value: Buffer.from('v') }]), change);
    const next = await batchOf([{}], { firstOffset: 101 });
    const pieces = readPieces(await read(Buffer.concat([batch, next])), 0, 0);
    expect(pieces).toMatchObject([{ undecodable: { from: 100, to: 100 } }, { records: [{ offset: 101 }] }]);
  });

  it('are read also where Kafka keeps them as it did before 0.11', async () => {
    const [key, value] = [Buffer.from('k'), Buffer.from('v')];
    const message = Buffer.alloc(12 + 4 + 1 + 1 + 8 + 4 + key.length + 4 + value.length);
    message.writeBigInt64BE(100n, 0);
    message.writeInt32BE(message.length - 12, 8);
    message.writeInt8(1, 16);
    message.writeBigInt64BE(4_711n, 18);
    message.writeInt32BE(key.length, 26);
    key.copy(message, 30);
    message.writeInt32BE(value.length, 30 + key.length);
    value.copy(message, 34 + key.length);
    const padded = Buffer.concat([message, message, message]);
    padded.writeBigInt64BE(101n, message.length);
    padded.writeBigInt64BE(102n, 2 * message.length);
    const fetched = await read(padded);
    expect(fetched.map(({ content }) => content)).toMatchObject(
      [100, 101, 102].map((offset) => ({ offset, key, value, headers: {}, appendedAt: 4_711 })),
    );
  });
});
