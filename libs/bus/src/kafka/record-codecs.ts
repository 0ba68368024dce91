import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import createSnappy from 'kafkajs-snappy';
import * as lz4 from 'lz4js';

const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip);
/** Node brings it from 22.15 on. */
const nativeZstd = (zlib as { zstdDecompressSync?: (bytes: Buffer, options: object) => Buffer }).zstdDecompressSync;

/** What a batch may grow to; more is not decoded. Records have at most 16 MiB. */
const MAX_DECODED_BYTES = 256 * 1024 * 1024;

type Decode = (bytes: Buffer) => Buffer | Promise<Buffer>;

const snappy = createSnappy();

const decoders: Partial<Readonly<Record<number, Decode>>> = {
  [CompressionTypes.GZIP]: (bytes) => gunzip(bytes, { maxOutputLength: MAX_DECODED_BYTES }),
  [CompressionTypes.Snappy]: (bytes) => snappy.decompress(bytes),
  [CompressionTypes.LZ4]: (bytes) => Buffer.from(lz4.decompress(bytes)),
  [CompressionTypes.ZSTD]: (bytes) =>
    nativeZstd === undefined ? Buffer.from(unzstd(bytes)) : nativeZstd(bytes, { maxOutputLength: MAX_DECODED_BYTES }),
};

/**
 * The records of a compressed batch.
 *
 * @param codec as Kafka numbers them, from 1
 * @throws Error where there is no such codec, or the bytes are not what it makes
 */
export async function decompress(codec: number, bytes: Buffer): Promise<Buffer> {
  const decode = decoders[codec];
  if (decode === undefined) throw new Error(`there is no codec ${codec}`);
  return decode(bytes);
}

/** Only senders need them; the product itself sends uncompressed. */
const encoders: Partial<Readonly<Record<number, (bytes: Buffer) => Promise<Buffer>>>> = {
  [CompressionTypes.Snappy]: (bytes) => snappy.compress({ buffer: bytes }),
  [CompressionTypes.LZ4]: async (bytes) => Buffer.from(lz4.compress(bytes)),
};

/** Lets kafkajs, which brings gzip, use the others for what it still reads and writes itself. */
export function registerCodecs(): void {
  const codecs: Record<number, unknown> = CompressionCodecs;
  for (const type of [CompressionTypes.Snappy, CompressionTypes.LZ4, CompressionTypes.ZSTD]) {
    codecs[type] = () => ({
      compress: ({ buffer }: { readonly buffer: Buffer }) => {
        const encode = encoders[type];
        if (encode === undefined) throw new Error(`records are not sent in codec ${type}`);
        return encode(buffer);
      },
      decompress: (bytes: Buffer) => decompress(type, bytes),
    });
  }
}
