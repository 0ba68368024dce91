import fc from 'fast-check';
import { fullPace, takeTokens, waitForTokens, type PaceLimit } from './pace.js';

const limitsArbitrary = fc.array(
  fc.record({ messages: fc.integer({ min: 1, max: 100 }), perMillis: fc.integer({ min: 100, max: 60_000 }) }),
  { minLength: 1, maxLength: 3 },
);

describe('the pace of a receiver', () => {
  it('passes no limit in any span, however many are wanted and whenever', () => {
    fc.assert(
      fc.property(
        limitsArbitrary,
        fc.array(fc.tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 1, max: 200 })), { maxLength: 60 }),
        (limits: PaceLimit[], steps) => {
          let now = 0;
          let pace = fullPace(limits, now);
          const sent: number[] = [];
          for (const [pause, wanted] of steps) {
            now += pause;
            const taken = takeTokens(pace, limits, now, wanted);
            pace = taken.pace;
            sent.push(...Array<number>(taken.granted).fill(now));
          }
          for (const { messages, perMillis } of limits) {
            for (let first = 0; first + messages < sent.length; first++) {
              expect(sent[first + messages]! - sent[first]!).toBeGreaterThanOrEqual(perMillis);
            }
          }
        },
      ),
    );
  });

  it('says how long to wait, and no longer', () => {
    fc.assert(
      fc.property(limitsArbitrary, (limits: PaceLimit[]) => {
        const spent = takeTokens(fullPace(limits, 0), limits, 0, 1_000).pace;
        const wait = waitForTokens(spent, limits, 0, 1);
        expect(takeTokens(spent, limits, wait, 1).granted).toBe(1);
        expect(takeTokens(spent, limits, Math.max(0, wait - 2), 1).granted).toBe(0);
      }),
    );
  });

  it('grants nothing while the receiver has asked for quiet', () => {
    const limits = [{ messages: 20, perMillis: 60_000 }];
    const blocked = { ...fullPace(limits, 0), blockedUntil: 600_000 };
    expect(takeTokens(blocked, limits, 599_999, 1).granted).toBe(0);
    expect(waitForTokens(blocked, limits, 0, 1)).toBe(600_000);
    expect(takeTokens(blocked, limits, 600_000, 1).granted).toBe(1);
  });
});
