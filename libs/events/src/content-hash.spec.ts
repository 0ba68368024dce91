import fc from 'fast-check';
import { canonicalJson, contentHash } from './index.js';

const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, shuffled(member)]),
  );
};

describe('canonical JSON', () => {
  it.each<[unknown, string]>([
    [{ b: 1, a: [true, null, 'ü'] }, '{"a":[true,null,"ü"],"b":1}'],
    [JSON.parse('[1.0, 1e2, -0, 333333333.33333329, 1E30, 4.50]'), '[1,100,0,333333333.3333333,1e+30,4.5]'],
    [
      JSON.parse('{"€":1,"\\r":2,"\\ufb33":3,"1":4,"😀":5,"\\u0080":6,"ö":7}'),
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    ],
    [JSON.parse('{"__proto__":1,"a":2}'), '{"__proto__":1,"a":2}'],
  ])('is written as RFC 8785 says: %j', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('does not depend on the order of members, and reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(shuffled(value))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('refuses what JSON cannot say', () => {
    for (const value of [NaN, 1n, () => 1, [undefined]]) expect(() => canonicalJson(value)).toThrow(TypeError);
  });
});

describe('the content hash', () => {
  const content = { type: 'case.opened', subject: 'K-1', time: 1_774_000_000_000, data: { a: 1, b: [2] } };

  it('is that of canonical content', () => {
    // printf '["case.opened","K-1",1774000000000,{"a":1,"b":[2]}]' | sha256sum
    expect(contentHash(content)).toBe('29bdc4d066b4b708d5a4505b4a52dfa7c83123bf7684db1f4c78afedc8f00bf6');
    expect(contentHash({ ...content, data: { b: [2], a: 1 } })).toBe(contentHash(content));
  });

  it('changes with each of its parts', () => {
    const others = [
      { type: 'x' },
      { subject: undefined },
      { time: content.time + 1 },
      { data: { a: 1, b: ['2'] } },
    ].map((difference) => contentHash({ ...content, ...difference }));
    expect(new Set([contentHash(content), ...others]).size).toBe(5);
  });
});
