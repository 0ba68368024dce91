import { isOwnSource, signOwn, signStamp, verifyOwn, verifyStamp } from './index.js';

const key = Buffer.from('0123456789abcdef');
const stamp = { contract: 'K', source: '/s', id: '1', contentHash: 'ab', appendedAt: 1_774_000_000_000 };
const own = { contract: 'K', source: '/pactwatch/x', id: '1', type: 'tick', contentHash: 'ab' };

describe('a signature', () => {
  it('holds for exactly what was signed', () => {
    expect(verifyStamp(key, stamp, signStamp(key, stamp))).toBe(true);
    expect(verifyOwn(key, own, signOwn(key, own))).toBe(true);
  });

  it.each<Partial<typeof stamp>>([
    { contract: 'L' },
    { source: '/t' },
    { id: '2' },
    { contentHash: 'ac' },
    { appendedAt: 1 },
  ])('does not hold for a stamp with %j', (difference) =>
    expect(verifyStamp(key, { ...stamp, ...difference }, signStamp(key, stamp))).toBe(false),
  );

  it.each<Partial<typeof own>>([
    { contract: 'L' },
    { source: '/pactwatch/y' },
    { id: '2' },
    { type: 'tock' },
    { contentHash: 'ac' },
  ])('does not hold for an own record with %j', (difference) =>
    expect(verifyOwn(key, { ...own, ...difference }, signOwn(key, own))).toBe(false),
  );

  it('does not hold under another key, nor when missing, cut, or in capitals', () => {
    const signature = signStamp(key, stamp);
    expect(verifyStamp(Buffer.from('another'), stamp, signature)).toBe(false);
    for (const given of [undefined, '', signature.slice(1), signature.toUpperCase()]) {
      expect(verifyStamp(key, stamp, given)).toBe(false);
    }
  });

  it('keeps fields apart that run into each other when joined', () => {
    expect(signOwn(key, { ...own, source: '/a', id: 'b"c' })).not.toBe(
      signOwn(key, { ...own, source: '/a"b', id: 'c' }),
    );
    expect(signOwn(key, { ...own, id: '1","tick' })).not.toBe(signOwn(key, own));
  });

  it('of a stamp is none of an own record', () => {
    // Same fields in the same places: only the kind differs.
    const asOwn = { contract: 'K', source: '/s', id: '1', type: 'ab', contentHash: '5' };
    expect(signOwn(key, asOwn)).not.toBe(signStamp(key, { ...stamp, contentHash: 'ab', appendedAt: 5 }));
  });
});

it('own sources lie below /pactwatch/', () => {
  expect(['/pactwatch/client', '/pactwatch', '/pactwatcher/x', '/platform/pactwatch/'].map(isOwnSource)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
