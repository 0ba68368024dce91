import fc from 'fast-check';
import { formatInstant, parseInstant } from './instant-text.js';

describe('the text of an instant', () => {
  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [1_774_328_687_000, '2026-03-24T05:04:47Z'],
    [1_774_328_687_963, '2026-03-24T05:04:47.963Z'],
    [1_774_328_687_500, '2026-03-24T05:04:47.5Z'],
    [-1, '1969-12-31T23:59:59.999Z'],
  ])('%d is %s', (at, text) => {
    expect(formatInstant(at)).toBe(text);
    expect(parseInstant(text)).toBe(at);
  });

  it.each([
    ['2026-03-24T13:04:47+08:00', '2026-03-24T05:04:47Z'],
    ['2026-03-23T23:34:47-05:30', '2026-03-24T05:04:47Z'],
    ['2026-03-24t05:04:47z', '2026-03-24T05:04:47Z'],
    ['2026-03-24T05:04:47-00:00', '2026-03-24T05:04:47Z'],
    ['2026-01-01T00:00:00+08:00', '2025-12-31T16:00:00Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
  ])('%s is %s', (text, utc) => {
    expect(formatInstant(parseInstant(text) as number)).toBe(utc);
  });

  it('cuts what is finer than a millisecond, and does not round it', () => {
    expect(parseInstant('2026-03-24T05:04:47.9639999Z')).toBe(1_774_328_687_963);
    expect(parseInstant('1969-12-31T23:59:59.9999Z')).toBe(-1);
  });

  it.each([
    '2026-03-24T05:04:47',
    '2026-03-24 05:04:47Z',
    '2026-03-24',
    '2026-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-03-24T24:00:00Z',
    '2026-03-24T05:60:00Z',
    '2026-06-30T23:59:60Z',
    '2026-03-24T05:04Z',
    '2026-03-24T05:04:47.Z',
    '2026-03-24T05:04:47+0800',
    '2026-03-24T05:04:47+24:00',
    '20260324T050447Z',
    ' 2026-03-24T05:04:47Z',
    '',
  ])('%j is no instant', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  it('is that of the platform for every instant of the years 0000 to 9999', () => {
    const from = Date.parse('0000-01-01T00:00:00Z');
    const to = Date.parse('9999-12-31T23:59:59.999Z');
    fc.assert(
      fc.property(fc.integer({ min: from, max: to }), (at) => {
        const text = formatInstant(at);
        expect(Date.parse(text)).toBe(at);
        expect(parseInstant(text)).toBe(at);
        expect(parseInstant(new Date(at).toISOString())).toBe(at);
      }),
    );
  });
});
