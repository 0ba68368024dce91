import { StallWatch } from './stall-watch.js';

/** A partition that stands at 5 of 9, another that has nothing to read, and a clock that is moved by hand. */
function watching() {
  const state = {
    ...{ now: 1_000_000, high: 9, handled: 5, lastSignAt: 1_000_000, away: false, lanes: true, busy: false },
    more: [] as { partition: number; high: number }[],
  };
  const other = { topic: 't', partition: 4, handled: 0, lastSignAt: 1_000_000, busy: false };
  const stalled: Error[] = [];
  const watch = new StallWatch(
    { afterMillis: 30_000, everyMillis: 5_000, now: () => state.now },
    {
      topics: ['t'],
      lanes: () =>
        state.lanes
          ? [
              { topic: 't', partition: 3, handled: state.handled, lastSignAt: state.lastSignAt, busy: state.busy },
              other,
            ]
          : [],
      bounds: () =>
        state.away
          ? Promise.reject(new Error('away'))
          : Promise.resolve([{ partition: 3, high: state.high }, ...state.more]),
      onStalled: (error) => stalled.push(error),
    },
  );
  const lookAfter = async (millis: number): Promise<void> => {
    state.now += millis;
    await watch.look();
  };
  return { state, other, stalled, watch, lookAfter };
}

describe('The stall watch', () => {
  it('speaks when a partition with something to read has not moved for longer than the limit', async () => {
    const { stalled, lookAfter } = watching();
    await lookAfter(0);
    await lookAfter(30_000);
    expect(stalled).toEqual([]);
    await lookAfter(1_000);
    expect(stalled.map(({ message }) => message)).toEqual(['t/3 stands at offset 5 of 9 and has not moved for 31 s']);
  });

  it('does not hold against a partition that there was nothing to read', async () => {
    const { state, stalled, lookAfter } = watching();
    state.high = 5;
    await lookAfter(0);
    await lookAfter(3_600_000);
    state.high = 6;
    await lookAfter(1_000);
    await lookAfter(29_000);
    expect(stalled).toEqual([]);
  });

  it('gives a subscriber that works on something ten times as long, and no longer', async () => {
    const { state, stalled, lookAfter } = watching();
    state.busy = true;
    await lookAfter(0);
    await lookAfter(300_000);
    expect(stalled).toEqual([]);
    await lookAfter(1_000);
    expect(stalled).toHaveLength(1);
  });

  it.each([
    ['works on something', (_: number, other: { busy: boolean }) => void (other.busy = true)],
    ['moves', (now: number, other: { lastSignAt: number }) => void (other.lastSignAt = now)],
  ])('lets a partition wait as long for its turn while another %s', async (_, sign) => {
    const { state, other, stalled, lookAfter } = watching();
    await lookAfter(0);
    for (let minute = 0; minute < 5; minute += 1) {
      sign(state.now + 60_000, other);
      await lookAfter(60_000);
    }
    expect(stalled).toEqual([]);
    sign(state.now + 1_000, other);
    await lookAfter(1_000);
    expect(stalled.map(({ message }) => message)).toEqual(['t/3 stands at offset 5 of 9 and has not moved for 301 s']);
  });

  it('speaks when a topic has got more partitions than it had: nobody reads them', async () => {
    const { state, stalled, lookAfter } = watching();
    state.high = 5;
    await lookAfter(0);
    await lookAfter(5_000);
    expect(stalled).toEqual([]);
    state.more.push({ partition: 4, high: 0 });
    await lookAfter(5_000);
    expect(stalled).toMatchObject([{ name: 'ShapeError', topic: 't', found: 2, wanted: 1 }]);
  });

  it('takes any sign of life for progress', async () => {
    const { state, stalled, lookAfter } = watching();
    for (let minute = 0; minute < 10; minute += 1) {
      await lookAfter(20_000);
      state.lastSignAt = state.now;
    }
    expect(stalled).toEqual([]);
  });

  it('does not hold against a partition that Kafka was away', async () => {
    const { state, stalled, lookAfter } = watching();
    await lookAfter(0);
    state.away = true;
    await lookAfter(600_000);
    state.away = false;
    await lookAfter(20_000);
    expect(stalled).toEqual([]);
    await lookAfter(20_000);
    expect(stalled).toHaveLength(1);
  });

  it('speaks when the group was left and not joined again although Kafka answers', async () => {
    const { state, stalled, watch, lookAfter } = watching();
    state.lanes = false;
    watch.left();
    await lookAfter(80_000);
    expect(stalled).toEqual([]);
    await lookAfter(11_000);
    expect(stalled.map(({ message }) => message)).toEqual(['the consumer group was left and not joined again']);
  });

  it('is quiet about a group that was joined again', async () => {
    const { state, stalled, watch, lookAfter } = watching();
    state.lanes = false;
    watch.left();
    await lookAfter(80_000);
    watch.joined();
    await lookAfter(80_000);
    expect(stalled).toEqual([]);
  });
});
