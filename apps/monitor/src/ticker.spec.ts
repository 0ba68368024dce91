import { TOPICS, type Log, type NewRecord } from '#libs/bus';
import { newContractMemory, PartitionJudge, versionsOf } from '#libs/evaluation';
import { createLogger } from '#libs/telemetry';
import { aSession } from '../test/a-session.js';
import { labContract } from '../test/lab-contract.js';
import { asRead, STAMP_KEY } from '../test/lab-records.js';
import type { ContractLibrary } from './contract-library.js';
import type { MonitorOptions } from './monitor-options.js';
import { parseRecord } from './parse-record.js';
import type { PartitionSession } from './partition-session.js';
import { Ticker } from './ticker.js';

const START = Date.parse('2026-03-02T02:00:00Z');
const KEY = 'sample/S-1';

let appended: { readonly at: number; readonly record: NewRecord }[];
let append: () => ReturnType<Log['append']>;
let ticker: Ticker;
let session: PartitionSession;
const memory = () => session.judge.contracts.get('LAB-1')!;

/** Due instants from the start, and when ticks went out from there, in milliseconds. */
const due = (after: number | null): void => memory().deadlines.set(KEY, after === null ? null : START + after);
const ticks = (): number[] => appended.map(({ at }) => at - START);
const pass = (millis: number): Promise<void> => jest.advanceTimersByTimeAsync(millis);

beforeEach(() => {
  jest.useFakeTimers({ now: START, doNotFake: ['nextTick', 'queueMicrotask'] });
  appended = [];
  append = () => Promise.resolve([{ topic: TOPICS.events, partition: 2, offset: 0, appendedAt: Date.now() }]);
  const log = {
    append: ([record]: readonly NewRecord[]) => {
      appended.push({ at: Date.now(), record: record! });
      return append();
    },
  };
  ticker = new Ticker({ log, stampKey: STAMP_KEY, logger: createLogger('silent') } as unknown as MonitorOptions);
  const judge = new PartitionJudge([newContractMemory('LAB-1')]);
  session = aSession([], { partition: 2, epoch: 3, judge, lastProgressAt: START });
});

afterEach(() => {
  ticker.forget(session);
  jest.useRealTimers();
});

/** The partition has read everything up to now. */
function read(): void {
  session.nextOffset = appended.length;
  session.lastProgressAt = Date.now();
  ticker.schedule(session);
}

describe('when something is due', () => {
  it('a tick goes to the partition just after the instant, not before and not at it', async () => {
    due(5_000);
    ticker.schedule(session);
    await pass(5_000);
    expect(ticks()).toEqual([]);
    await pass(5);
    expect(ticks()).toEqual([5_002]);
    expect(appended[0]!.record).toMatchObject({ topic: TOPICS.events, partition: 2, key: null });
  });

  it('which the monitor takes for one of its own', async () => {
    due(-1);
    ticker.schedule(session);
    await pass(10);
    const record = asRead(appended[0]!.record, { partition: 2, appendedAt: Date.now() });
    const context = { session, library: {} as ContractLibrary, stampKey: STAMP_KEY, partitions: 4, now: Date.now() };
    expect(await parseRecord(record, context)).toMatchObject({ kind: 'tick' });
  });

  it('no second one goes while the first is on its way', async () => {
    append = () => new Promise(() => undefined);
    due(1_000);
    ticker.schedule(session);
    await pass(1_500);
    ticker.schedule(session);
    due(1_600);
    ticker.schedule(session);
    await pass(2_000);
    ticker.watchSilence();
    expect(ticks()).toEqual([1_002]);
  });

  it('nor while it is appended but not read', async () => {
    due(1_000);
    ticker.schedule(session);
    await pass(3_000);
    ticker.watchSilence();
    expect(ticks()).toEqual([1_002]);
    read();
    await pass(1_000);
    expect(ticks()).toHaveLength(2);
  });

  it('one that never comes back is given up after ten seconds', async () => {
    due(0);
    ticker.schedule(session);
    await pass(9_900);
    ticker.watchSilence();
    expect(ticks()).toEqual([2]);
    await pass(200);
    ticker.watchSilence();
    expect(ticks()).toEqual([2, 10_100]);
  });

  it('where the log’s clock is behind, ticks follow each other, but not in a flood', async () => {
    due(0);
    ticker.schedule(session);
    await pass(2);
    for (let i = 0; i < 3; i++) {
      read();
      await pass(50);
    }
    expect(ticks()).toEqual([2, 52, 102, 152]);
  });

  it('an earlier deadline that comes later moves the tick, one that is met takes it away', async () => {
    due(9_000);
    ticker.schedule(session);
    due(3_000);
    ticker.schedule(session);
    await pass(3_010);
    expect(ticks()).toEqual([3_002]);
    due(20_000);
    read();
    due(null);
    read();
    await pass(60_000);
    expect(ticks()).toEqual([3_002]);
  });

  it('no tick goes while a door holds the clock before the due instant', async () => {
    const { contract } = labContract('LAB-1', { door: 'shop' });
    memory().versions = versionsOf([contract]);
    memory().doors.set('shop', START);
    due(1_000);
    ticker.schedule(session);
    await pass(30_000);
    ticker.watchSilence();
    expect(ticks()).toEqual([]);
    memory().doors.set('shop', START + 1_001);
    ticker.schedule(session);
    await pass(2);
    expect(ticks()).toEqual([30_000]);
  });

  it('one goes when a feed may have fallen silent, and none after that', async () => {
    const { contract } = labContract('LAB-1', { door: 'shop' });
    memory().versions = versionsOf([contract]);
    memory().signs.set('door shop', START);
    ticker.schedule(session);
    await pass(60_000);
    expect(ticks()).toEqual([]);
    await pass(10);
    expect(ticks()).toEqual([60_002]);
    memory().silent.set('door shop', START);
    read();
    await pass(600_000);
    expect(ticks()).toEqual([60_002]);
  });

  it('a due instant months ahead is not late for a timer’s limit', async () => {
    const months = 60 * 24 * 3_600_000;
    due(months);
    ticker.schedule(session);
    await pass(months + 10);
    expect(ticks()).toEqual([months + 2]);
  });

  it('a clock that is set back an hour holds no tick up', async () => {
    due(0);
    ticker.schedule(session);
    await pass(2);
    read();
    jest.setSystemTime(START - 3_600_000);
    due(-3_600_000);
    ticker.schedule(session);
    await pass(60);
    expect(ticks()).toEqual([2, -3_600_000 + 50]);
  });

  it('a tick that was lost is given up after ten seconds, also where the clock was set back meanwhile', async () => {
    due(0);
    ticker.schedule(session);
    await pass(2);
    jest.setSystemTime(START - 3_600_000);
    ticker.watchSilence();
    await pass(10_100);
    ticker.watchSilence();
    expect(ticks()).toEqual([2, -3_600_000 + 10_100]);
  });

  it('a failed append is tried again by the next second’s look', async () => {
    append = () => Promise.reject(new Error('the log is away'));
    due(100);
    ticker.schedule(session);
    await pass(1_200);
    append = () => Promise.resolve([]);
    ticker.watchSilence();
    expect(ticks()).toEqual([102, 1_200]);
  });
});

describe('while nothing comes', () => {
  beforeEach(() => due(3_600_000));

  it('a tick goes out once a second', async () => {
    ticker.schedule(session);
    for (const second of [1, 2, 3]) {
      await pass(1_000);
      ticker.watchSilence();
      expect(ticks()).toHaveLength(second);
      await pass(0);
      session.nextOffset = second;
      session.lastProgressAt = START + second * 1_000 - 900;
    }
    expect(ticks()).toEqual([1_000, 2_000, 3_000]);
  });

  it('one goes, too, where the clock was set back behind the last record', async () => {
    session.lastProgressAt = START + 3_600_000;
    ticker.schedule(session);
    await pass(1_000);
    ticker.watchSilence();
    expect(ticks()).toEqual([1_000]);
  });

  it('none while records come', async () => {
    ticker.schedule(session);
    await pass(900);
    read();
    await pass(900);
    ticker.watchSilence();
    expect(ticks()).toEqual([]);
  });

  it('none without a deadline', async () => {
    due(null);
    ticker.schedule(session);
    await pass(5_000);
    ticker.watchSilence();
    expect(ticks()).toEqual([]);
  });

  it('none for a contract whose history is being imported, however long it is due', async () => {
    memory().import = { id: 'i', alerts: 'summary', decisions: 0, breaches: {}, from: null, to: null };
    due(-3_600_000);
    ticker.schedule(session);
    await pass(5_000);
    ticker.watchSilence();
    expect(ticks()).toEqual([]);
  });

  it('none for a partition that was given up', async () => {
    due(10);
    ticker.schedule(session);
    session.closed = true;
    ticker.forget(session);
    ticker.schedule(session);
    await pass(5_000);
    ticker.watchSilence();
    expect(ticks()).toEqual([]);
  });
});
