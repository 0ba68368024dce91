import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import { CompressionCodecs, CompressionTypes, type KafkaMessage } from 'kafkajs';
import createSnappy from 'kafkajs-snappy';
import * as lz4 from 'lz4js';
import { crc32c } from './crc32c.js';

const gzip = promisify(zlib.gzip);
const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip);
/** Node brings it from 22.15 on. */
const nativeZstd = (zlib as { zstdDecompressSync?: (bytes: Buffer, options: object) => Buffer }).zstdDecompressSync;

/** What a batch may grow to; more is not decoded. Records have at most 16 MiB. */
const MAX_DECODED_BYTES = 256 * 1024 * 1024;

/** Unguessable, so that no sender can mark its records. */
const MARK = `undecodable-${randomUUID()}`;

type Decode = (bytes: Buffer) => Buffer | Promise<Buffer>;

const snappy = createSnappy();

const decoders: Readonly<Record<CompressionTypes, Decode>> = {
  [CompressionTypes.None]: (bytes) => bytes,
  [CompressionTypes.GZIP]: (bytes) => gunzip(bytes, { maxOutputLength: MAX_DECODED_BYTES }),
  [CompressionTypes.Snappy]: (bytes) => snappy.decompress(bytes),
  [CompressionTypes.LZ4]: (bytes) => Buffer.from(lz4.decompress(bytes)),
  [CompressionTypes.ZSTD]: (bytes) =>
    nativeZstd === undefined ? Buffer.from(unzstd(bytes)) : nativeZstd(bytes, { maxOutputLength: MAX_DECODED_BYTES }),
};

/** Only senders need them; the product itself sends uncompressed. */
const encoders: Partial<Readonly<Record<CompressionTypes, (bytes: Buffer) => Promise<Buffer>>>> = {
  [CompressionTypes.GZIP]: (bytes) => gzip(bytes),
  [CompressionTypes.Snappy]: (bytes) => snappy.compress({ buffer: bytes }),
  [CompressionTypes.LZ4]: async (bytes) => Buffer.from(lz4.compress(bytes)),
};

/**
 * Registers all codecs with kafkajs, uncompressed batches among them: so each batch passes here, where its checksum is
 * compared (kafkajs does not) and where a batch that cannot be decoded is replaced by marked, empty records at its
 * offsets. Otherwise one damaged batch would stop every partition that is fetched with it.
 */
export function registerCodecs(): void {
  // Its types know no codec of uncompressed batches, but it looks one up.
  const codecs: Record<number, unknown> = CompressionCodecs;
  for (const [type, decode] of Object.entries(decoders)) {
    codecs[Number(type)] = () => ({
      compress: (encoder: { readonly buffer: Buffer }) => {
        const encode = encoders[Number(type) as CompressionTypes];
        if (encode === undefined) throw new Error(`records are not sent in codec ${type}`);
        return encode(encoder.buffer);
      },
      decompress: (bytes: Buffer) => decodeOrMark(bytes, decode),
    });
  }
}

/** Why a record could not be read, or undefined for a real one. */
export function undecodableDetail({ headers }: Pick<KafkaMessage, 'headers'>): string | undefined {
  return headers?.[MARK]?.toString();
}

async function decodeOrMark(bytes: Buffer, decode: Decode): Promise<Buffer> {
  const header = BatchHeader.before(bytes);
  try {
    if (header !== undefined && header.checksum !== header.computedChecksum()) {
      throw new Error('its checksum does not match: it was damaged');
    }
    return await decode(bytes);
  } catch (error) {
    if (header === undefined) throw error;
    return markedRecords(header, `the batch cannot be decoded: ${(error as Error).message}`);
  }
}

/** The 61 bytes before the records of a batch (record format 2), which lie before them in the same memory. */
class BatchHeader {
  private static readonly bytes = 61;

  private constructor(private readonly all: Buffer) {}

  static before(records: Buffer): BatchHeader | undefined {
    const from = records.byteOffset - BatchHeader.bytes;
    if (from < 0) return undefined;
    const header = new BatchHeader(Buffer.from(records.buffer, from, BatchHeader.bytes + records.length));
    const magic = header.all.readInt8(16);
    const length = header.all.readInt32BE(8);
    return magic === 2 && length === header.all.length - 12 ? header : undefined;
  }

  get count(): number {
    return this.all.readInt32BE(57);
  }

  get lastOffsetDelta(): number {
    return this.all.readInt32BE(23);
  }

  get checksum(): number {
    return this.all.readUInt32BE(17);
  }

  computedChecksum(): number {
    return crc32c(this.all, 21);
  }
}

/** As many empty records as the batch announces, the last at its last offset, each with the mark. */
function markedRecords({ count, lastOffsetDelta }: BatchHeader, detail: string): Buffer {
  const mark = lengthFirst(Buffer.from(MARK));
  const text = lengthFirst(Buffer.from(detail));
  const records: Buffer[] = [];
  for (let index = 0; index < count; index += 1) {
    const delta = index === count - 1 ? lastOffsetDelta : index;
    // Attributes, timestamp delta, offset delta, null key, null value, one header.
    const body = [Buffer.from([0]), varInt(0), varInt(delta), varInt(-1), varInt(-1), varInt(1), mark, text];
    records.push(lengthFirst(Buffer.concat(body)));
  }
  return Buffer.concat(records);
}

function lengthFirst(bytes: Buffer): Buffer {
  return Buffer.concat([varInt(bytes.length), bytes]);
}

/** Zig-zag and base 128, as record format 2 writes numbers. */
function varInt(value: number): Buffer {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}
