import type { LogBatch, LogRecord, TakenBatch } from '../port.js';
import { Lane, type LaneOptions, type Piece } from './lane.js';

function record(offset: number, bytes = 1): LogRecord {
  const value = Buffer.alloc(bytes);
  return { topic: 't', partition: 0, offset, key: null, value, headers: {}, appendedAt: 0 };
}

function records(from: number, to: number): Piece {
  return { records: Array.from({ length: to - from }, (_, index) => record(from + index)), nextOffset: to };
}

function laneWith(given: Partial<LaneOptions>) {
  const batches: LogBatch[] = [];
  const events: string[] = [];
  const failures: unknown[] = [];
  const lane = new Lane({
    topic: 't',
    partition: 0,
    maxRecords: 10,
    onFull: () => events.push('full'),
    onDrained: () => events.push('drained'),
    onFailed: (error) => failures.push(error),
    now: () => 0,
    ...given,
    onBatch: async (batch) => {
      batches.push(batch);
      return given.onBatch?.(batch);
    },
  });
  return { lane, batches, events, failures };
}

/** All that is ready to run has run; nothing here waits for time. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
}

describe('A lane', () => {
  it('takes nothing before it is opened, nor what was fetched at another offset than the next', () => {
    const { lane } = laneWith({});
    expect(lane.accept(0, [records(0, 1)], 1)).toBe(false);
    lane.open(5);
    expect(lane.accept(0, [records(0, 1)], 1)).toBe(false);
    expect(lane.accept(4, [records(4, 6)], 6)).toBe(false);
    expect(lane.accept(5, [records(5, 8)], 8)).toBe(true);
    expect(lane.accept(5, [records(5, 8)], 8)).toBe(false);
    expect(lane.position).toBe(8);
  });

  it('joins what several fetches brought while the handler was busy, up to the limit', async () => {
    let free!: () => void;
    const busy = new Promise<void>((resolve) => (free = resolve));
    const { lane, batches } = laneWith({ onBatch: () => busy });
    lane.open(0);
    lane.accept(0, [records(0, 1)], 1);
    await settled();
    lane.accept(1, [records(1, 7)], 7);
    lane.accept(7, [records(7, 14)], 20);
    free();
    await settled();
    expect(batches.map((batch) => [batch.records.length, batch.nextOffset])).toEqual([
      [1, 1],
      [10, 11],
      [3, 14],
    ]);
    expect(batches[2]!.highWatermark).toBe(20);
    expect(lane.handled).toBe(14);
  });

  it('goes past the offsets behind the last record of a fetch, and past runs without records', async () => {
    const { lane, batches } = laneWith({});
    lane.open(0);
    lane.accept(0, [{ records: [record(0), record(1)], nextOffset: 4 }], 9);
    await settled();
    lane.accept(4, [{ records: [], nextOffset: 6 }], 9);
    await settled();
    expect(batches.map((batch) => [batch.records.length, batch.nextOffset])).toEqual([
      [2, 4],
      [0, 6],
    ]);
  });

  it('tells of an undecodable range by itself, between the records before and after it', async () => {
    const { lane, batches } = laneWith({});
    lane.open(0);
    const undecodable = { from: 2, to: 4, detail: 'damaged' };
    lane.accept(0, [records(0, 2), { undecodable, nextOffset: 5 }, records(5, 6)], 6);
    await settled();
    expect(batches.map((batch) => [batch.records.length, batch.undecodable, batch.nextOffset])).toEqual([
      [2, [], 2],
      [0, [undecodable], 5],
      [1, [], 6],
    ]);
  });

  it('ends a batch at some megabytes, though never before its first record', async () => {
    const { lane, batches } = laneWith({});
    const large = 5 * 1024 * 1024;
    lane.open(0);
    lane.accept(0, [{ records: [record(0, large), record(1, large), record(2), record(3)], nextOffset: 4 }], 4);
    await settled();
    expect(batches.map((batch) => batch.records.length)).toEqual([1, 1, 2]);
  });

  it('asks to fetch no more while it holds much, and again when it holds little', async () => {
    let free!: () => void;
    let busy = new Promise<void>((resolve) => (free = resolve));
    const { lane, events } = laneWith({ onBatch: () => busy });
    lane.open(0);
    lane.accept(0, [records(0, 39)], 39);
    expect(events).toEqual([]);
    lane.accept(39, [records(39, 60)], 60);
    expect(events).toEqual(['full']);
    await settled();
    expect(events).toEqual(['full']);
    busy = Promise.resolve();
    free();
    await settled();
    expect(events).toEqual(['full', 'drained']);
  });

  it('hands over nothing after it was closed, and is closed when the call under way has ended', async () => {
    let free!: () => void;
    const busy = new Promise<void>((resolve) => (free = resolve));
    const { lane, batches } = laneWith({ onBatch: () => busy });
    lane.open(0);
    lane.accept(0, [records(0, 25)], 25);
    await settled();
    let closed = false;
    const closing = lane.close().then(() => (closed = true));
    await settled();
    expect(closed).toBe(false);
    free();
    await closing;
    expect(batches).toHaveLength(1);
    expect(lane.accept(25, [records(25, 26)], 26)).toBe(false);
  });

  it('does not call a handler again that failed after it was closed', async () => {
    let fail!: (error: Error) => void;
    const { lane, batches, failures } = laneWith({ onBatch: () => new Promise((_, reject) => (fail = reject)) });
    lane.open(0);
    lane.accept(0, [records(0, 1)], 1);
    await settled();
    const closing = lane.close();
    fail(Object.assign(new Error('not just now'), { retriable: true }));
    await closing;
    expect(batches).toHaveLength(1);
    expect(failures).toEqual([]);
  });

  describe('whose handler takes batches before they are settled', () => {
    const settling: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
    const onBatch = (): Promise<TakenBatch> => {
      const settled = new Promise<void>((resolve, reject) => settling.push({ resolve, reject }));
      return Promise.resolve({ settled });
    };

    beforeEach(() => void settling.splice(0));

    it('goes on at once, and counts as handled what is settled', async () => {
      const { lane, batches } = laneWith({ onBatch });
      lane.open(0);
      lane.accept(0, [records(0, 25)], 25);
      await settled();
      expect(batches.map(({ nextOffset }) => nextOffset)).toEqual([10, 20, 25]);
      expect(lane.handled).toBe(0);
      settling[0]!.resolve();
      settling[1]!.resolve();
      await settled();
      expect(lane.handled).toBe(20);
    });

    it('fails once where something is not settled, and hands over nothing after', async () => {
      const { lane, batches, failures } = laneWith({ onBatch });
      lane.open(0);
      lane.accept(0, [records(0, 20)], 20);
      await settled();
      const lost = new Error('lost');
      settling[0]!.reject(lost);
      settling[1]!.reject(lost);
      await settled();
      expect(failures).toEqual([lost]);
      expect(lane.handled).toBe(0);
      expect(lane.accept(20, [records(20, 21)], 21)).toBe(false);
      expect(batches).toHaveLength(2);
    });

    it('is closed when everything is settled', async () => {
      const { lane } = laneWith({ onBatch });
      lane.open(0);
      lane.accept(0, [records(0, 1)], 1);
      await settled();
      let closed = false;
      const closing = lane.close().then(() => (closed = true));
      await settled();
      expect(closed).toBe(false);
      settling[0]!.resolve();
      await closing;
      expect(lane.handled).toBe(1);
    });
  });

  it('ends with an error that does not say it may pass', async () => {
    const defect = new Error('a defect');
    const { lane, batches, failures } = laneWith({ onBatch: () => Promise.reject(defect) });
    lane.open(0);
    lane.accept(0, [records(0, 25)], 25);
    await settled();
    expect(failures).toEqual([defect]);
    expect(batches).toHaveLength(1);
    expect(lane.handled).toBe(0);
  });
});
