import type { JudgeItem } from './judge-item.js';
import { care } from '../test/care.js';
import { at, facts } from '../test/desk.js';
import { LogJudge } from '../test/judge-log.js';

const opened = at('03-02 10:00');

/** Published, then the first fact, after which the duties of months that are over are due at once; then ticks. */
function log(...ticks: readonly number[]): JudgeItem[] {
  const [fact] = facts(['03-02 10:00 job.opened of=J-1 urgency=normal'], care);
  const version = { version: 1, hash: care.hash, calendars: {}, from: care.inForceFrom };
  return [
    { kind: 'published', contract: care.id, version, versions: [care], at: at('03-02 09:00'), offset: 0 },
    { kind: 'fact', fact: fact!, at: opened, stamped: false, importId: null, offset: 1 },
    ...ticks.map((tick, index): JudgeItem => ({ kind: 'tick', at: tick, offset: 2 + index })),
  ];
}

/** What was decided by time alone after each record. */
function fired(items: readonly JudgeItem[], firings: number): number[] {
  const judge = new LogJudge([care], { firings, heldStates: 20_000 });
  return items.map((item) => {
    judge.take([item]);
    return judge.decisions.filter(({ cause }) => cause.kind === 'deadline').length;
  });
}

describe('duties that waited for the first fact', () => {
  it.each([1, 2, 1_000])('fall due when the clock goes on and not before, where a save fires at most %i', (firings) => {
    const counts = fired(log(opened, opened, opened + 1), firings);
    expect(counts.slice(0, -1)).toEqual([0, 0, 0, 0]);
    expect(counts[4]).toBeGreaterThan(1);
    expect(counts[4]).toBe(fired(log(opened + 1), 1_000)[2]);
  });
});
