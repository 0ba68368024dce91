import { FencedError, type DoorCursor, type DoorCursors } from '#libs/store';
import { HeldPartition } from './held-partition.js';
import { LogClock } from './log-clock.js';

const begun: DoorCursor = {
  door: 'd',
  topic: 't',
  partition: 0,
  epoch: 1,
  nextOffset: null,
  readThrough: null,
  last: null,
};

/** A table of one cursor, which others may have taken. */
function table() {
  const row = { ...begun, writes: 0 };
  const advance: DoorCursors['advance'] = (from, nextOffset, readThrough) => {
    if (from.epoch !== row.epoch || from.nextOffset !== row.nextOffset)
      return Promise.reject(new FencedError('t', 0, 'one', 'another'));
    Object.assign(row, { nextOffset, readThrough: Math.max(row.readThrough ?? 0, readThrough ?? 0) || null });
    row.writes += 1;
    const { writes: _, ...cursor } = row;
    return Promise.resolve(cursor);
  };
  return { row, advance };
}

describe('a partition has been read through an instant', () => {
  it('once everything up to the end seen after it is forwarded', async () => {
    const { row, advance } = table();
    const held = new HeldPartition(begun, 5, { advance });
    held.mark(1_000, 8);
    held.mark(2_000, 12);
    await held.advance(7);
    expect(row.readThrough).toBeNull();
    await held.advance(9);
    expect(row.readThrough).toBe(1_000);
    await held.advance(12);
    expect([row.readThrough, held.readThrough, held.position]).toEqual([2_000, 2_000, 12]);
  });

  it('at once where nothing waits', async () => {
    const { row, advance } = table();
    const held = new HeldPartition({ ...begun, nextOffset: 5 }, 0, { advance });
    row.nextOffset = 5;
    held.mark(1_000, 5);
    await held.advance(held.position);
    expect(row).toMatchObject({ nextOffset: 5, readThrough: 1_000 });
  });

  it('and writes nothing where nothing has changed', async () => {
    const { row, advance } = table();
    const held = new HeldPartition(begun, 5, { advance });
    held.mark(1_000, 8);
    await held.advance(6);
    await held.advance(6);
    expect(row.writes).toBe(1);
  });

  it('whatever failed before, and however far it is behind', async () => {
    const { row, advance } = table();
    const held = new HeldPartition(begun, 0, { advance });
    for (let second = 1; second <= 2_000; second++) held.mark(second, second);
    row.epoch = 2;
    await expect(held.advance(500)).rejects.toThrow(FencedError);
    held.taken({ ...begun, epoch: 2 });
    await held.advance(500);
    expect(row.readThrough).toBe(500);
    await held.advance(3_000);
    expect(row.readThrough).toBe(2_000);
  });
});

describe('the clock of the log', () => {
  it('is what the log answered with, and what has passed since; this machine’s own plays no part', () => {
    let elapsed = 10;
    const clock = new LogClock(() => elapsed);
    expect(clock.now()).toBeUndefined();
    clock.heard(1_000_000);
    elapsed = 35.7;
    expect(clock.now()).toBe(1_000_025);
    clock.heard(1_000_020);
    expect(clock.now()).toBe(1_000_020);
  });
});
