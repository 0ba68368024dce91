import fc from 'fast-check';
import { CompressionTypes } from 'kafkajs';
import Decoder from 'kafkajs/src/protocol/decoder';
import { RecordBatch } from 'kafkajs/src/protocol/recordBatch/v0';
import decodeBatch from 'kafkajs/src/protocol/recordBatch/v0/decoder';
import encodeRecord from 'kafkajs/src/protocol/recordBatch/record/v0';
import { readPieces } from './read-batch.js';
import { registerCodecs } from './record-codecs.js';

const HEADER_BYTES = 61;

async function batchOf(values: readonly string[], compression: CompressionTypes): Promise<Buffer> {
  const records = values.map((value, offsetDelta) =>
    encodeRecord({ offsetDelta, timestampDelta: 0, key: null, value: Buffer.from(value), headers: {} }),
  );
  const lastOffsetDelta = records.length - 1;
  const { buffer } = await RecordBatch({ compression, records, lastOffsetDelta, firstOffset: 100 });
  return buffer;
}

async function piecesOf(batch: Buffer) {
  const { records } = await decodeBatch(new Decoder(batch));
  return readPieces('t', 0, records, 0);
}

const values = ['a', 'b'.repeat(5_000), '投诉'];

describe('The codecs of batches', () => {
  beforeAll(registerCodecs);

  const written = [CompressionTypes.None, CompressionTypes.GZIP, CompressionTypes.Snappy, CompressionTypes.LZ4];

  it.each(written)('read back what was written with codec %i', async (compression) => {
    const pieces = await piecesOf(await batchOf(values, compression));
    expect(pieces).toHaveLength(1);
    const [piece] = pieces;
    expect('records' in piece! && piece.records.map(({ value }) => value?.toString())).toEqual(values);
  });

  it.each(written)('name the offsets of a batch that was damaged anywhere (codec %i)', async (compression) => {
    const whole = await batchOf(values, compression);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: HEADER_BYTES, max: whole.length - 1 }), async (at) => {
        const batch = Buffer.from(whole);
        batch[at]! ^= 0x5a;
        expect(await piecesOf(batch)).toEqual([
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

  it('name the last offset of a damaged batch from which records were compacted away', async () => {
    const batch = await batchOf(values, CompressionTypes.None);
    batch.writeInt32BE(9, 23);
    expect(await piecesOf(batch)).toMatchObject([{ undecodable: { from: 100, to: 109 }, nextOffset: 110 }]);
  });

  it('go on with the batch behind a damaged one', async () => {
    const damaged = await batchOf(values, CompressionTypes.GZIP);
    damaged[HEADER_BYTES + 20]! ^= 1;
    const [first] = await piecesOf(damaged);
    const { records } = await decodeBatch(new Decoder(damaged));
    const { records: good } = await decodeBatch(new Decoder(await batchOf(['c'], CompressionTypes.None)));
    const pieces = readPieces('t', 0, [...records, { ...good[0]!, offset: '103' }], 104);
    expect(pieces).toEqual([first, { records: [expect.objectContaining({ offset: 103 })], nextOffset: 104 }]);
  });
});
