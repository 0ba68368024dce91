import fc from 'fast-check';
import kafkajsCrc32C from 'kafkajs/src/protocol/recordBatch/crc32C';
import { crc32c } from './crc32c.js';

describe('The checksum of a batch', () => {
  it('is the CRC-32C of RFC 3720, B.4', () => {
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  it('is the same for any part of any bytes as one counted byte by byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(20), fc.nat(20), (bytes, head, tail) => {
        const from = Math.min(head, bytes.length);
        const to = Math.max(from, bytes.length - tail);
        expect(crc32c(bytes, from, to)).toBe(kafkajsCrc32C(Buffer.from(bytes.subarray(from, to))));
      }),
    );
  });
});
