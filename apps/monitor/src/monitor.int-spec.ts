import { TOPICS, type LogBatch, type LogRecord } from '#libs/bus';
import type { PartitionSave, Saved } from '#libs/store';
import { eventually, freshDatabase, type FreshDatabase } from '#libs/testkit';
import { idAt, Lab, PARTITIONS } from '../test/lab.js';
import { LAB, labContract } from '../test/lab-contract.js';
import { anEvent, ownRecord, type GivenEvent } from '../test/lab-records.js';
import type { Monitor } from './monitor.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const HOME = 1;
const ID = idAt(HOME);

let database: FreshDatabase;
let lab: Lab;

beforeEach(async () => {
  database = await freshDatabase();
  lab = await Lab.open(database.url);
});

afterEach(async () => {
  await lab?.close();
  await database?.drop();
});

const ago = (millis: number): number => Date.now() - millis;
const received = (subject: string, difference: Partial<GivenEvent> = {}) =>
  anEvent({ id: `received ${subject}`, subject, time: ago(100), contract: ID, ...difference });
const answered = (subject: string, difference: Partial<GivenEvent> = {}) =>
  received(subject, { id: `answered ${subject}`, type: 'sample.answered', time: Date.now(), ...difference });
const correction = (id: string, data: Record<string, string | Record<string, string>>) =>
  anEvent({ id, type: 'note.mended', subject: undefined, time: Date.now(), contract: ID, data });

async function told(contract = ID): Promise<string[]> {
  return (await lab.decisions(contract)).map(({ type, subject }) => `${subject} ${type}`);
}

/** Waits until so much is decided; more than that fails at once. */
async function untilTold(...expected: string[]): Promise<void> {
  await eventually(async () => {
    const now = await told();
    return now.length >= expected.length || lab.fatal.length > 0 ? true : undefined;
  });
  expect(lab.fatal).toEqual([]);
  expect(await told()).toEqual(expected);
}

/** All partitions are taken, and none stands still. */
const untilReady = (monitor: Monitor): Promise<true> => eventually(() => monitor.check().then(() => true as const));

/** Others may still be being taken. */
const untilStopped = (monitor: Monitor): Promise<Error> =>
  eventually(() =>
    monitor.check().then(
      () => undefined,
      (error: Error) => ('code' in error ? error : undefined),
    ),
  );

async function onTopic(topic: string): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for (const { partition, low, high } of await lab.log.bounds(topic)) {
    for (let offset = low; offset < high; offset++) all.push((await lab.log.readOne(topic, partition, offset))!);
  }
  return all;
}

/** How often the partition was taken. */
const epochOf = async (): Promise<number> => (await lab.store.readOwner(TOPICS.events, HOME))?.epoch ?? 0;

/** Hands a batch over, and waits until it is saved. */
async function judge(monitor: Monitor, batch: LogBatch): Promise<void> {
  await (
    await monitor.read(batch)
  ).settled;
}

const isGapless = (numbers: readonly number[]): boolean => numbers.every((number, index) => number === index + 1);

it('judges what comes by what was published, and tells it', async () => {
  await lab.start();
  await lab.publish(labContract(ID));
  await lab.append(received('S-1'), received('S-2', { time: ago(HOUR) }), answered('S-1'));
  await untilTold('S-1 verdict.opened', 'S-2 breach.declared', 'S-1 verdict.met');
  const decisions = await lab.decisions(ID);
  const out = await eventually(async () => {
    const records = await onTopic(TOPICS.decisions);
    return records.length === 3 ? records : undefined;
  });
  expect(out.map(({ value }) => JSON.parse(value!.toString()) as unknown)).toEqual(decisions.map((one) => one.record));
  const [alert, ...others] = await eventually(async () => {
    const records = await onTopic(TOPICS.alerts);
    return records.length > 0 ? records : undefined;
  });
  expect(others).toEqual([]);
  expect(JSON.parse(alert!.value!.toString())).toMatchObject({ kind: 'breach', incident: `${ID}/answer/S-2/1` });
});

it('declares a breach through a tick where nothing comes', async () => {
  await lab.start();
  await lab.publish(labContract(ID));
  // Counted from a moment that is still to come, however long a busy machine takes to append it.
  await lab.append(received('S-1', { time: Date.now() + 2_000, data: { urgency: 'now' } }));
  await untilTold('S-1 verdict.opened', 'S-1 deadline.warned', 'S-1 breach.declared');
  const [opened, , breach] = await lab.decisions(ID);
  expect(breach!.record).toMatchObject({ cause: { kind: 'deadline', at: opened!.record['dueAt'] } });
  const ticks = (await onTopic(TOPICS.events)).filter(({ headers }) => headers['ce_type']?.toString() === 'tick');
  expect(ticks.length).toBeGreaterThanOrEqual(1);
  expect(ticks.map(({ partition }) => partition)).toEqual(ticks.map(() => HOME));
});

it('revises what a late fact shows otherwise', async () => {
  await lab.start();
  await lab.publish(labContract(ID));
  await lab.append(received('S-1', { time: ago(HOUR) }));
  await untilTold('S-1 breach.declared');
  await lab.append(answered('S-1', { time: ago(50 * MINUTE) }));
  await untilTold('S-1 breach.declared', 'S-1 breach.withdrawn');
  const [first, second] = await lab.decisions(ID);
  expect(second!.record).toMatchObject({ state: 'met', revision: 2, supersedes: first!.number });
});

it('keeps the silence of a source among the facts, and leaves unknown what fell due in it', async () => {
  await lab.publish(labContract(ID, { heartbeat: 'PT20S' }));
  const tick = ownRecord({ source: '/pactwatch/monitor', type: 'tick', time: Date.now(), contract: null });
  await lab.append(received('S-1', { time: ago(29.5 * MINUTE) }));
  await lab.log.append([{ ...tick, partition: HOME }]);
  const monitor = await lab.byHand();
  await monitor.assigned(TOPICS.events, HOME);
  const { records, ...batch } = await lab.batch(HOME);
  // The tick comes so late that the lab must have said something before.
  const silent = records.map((one, at) => (at < 2 ? one : { ...one, appendedAt: one.appendedAt + 2 * MINUTE }));
  await judge(monitor, { ...batch, records: silent });
  await eventually(async () => ((await told()).at(-1) === 'S-1 breach.withdrawn' ? true : undefined));
  const { rows } = await lab.store.pool.query<{ type: string; subject: string }>(
    `SELECT type, subject FROM fact WHERE contract = $1 AND source = '/pactwatch/monitor'`,
    [ID],
  );
  expect(rows).toEqual([{ type: 'feed.silent', subject: LAB }]);
  expect((await lab.decisions(ID)).at(-1)!.record).toMatchObject({
    state: 'unknown',
    because: { gaps: [{ source: LAB }] },
  });
});

it('judges anew what replay found different, and names the reason', async () => {
  const { stop } = await lab.start();
  await lab.publish(labContract(ID));
  await lab.append(received('S-1', { time: ago(HOUR) }), received('S-2', { time: ago(HOUR) }));
  await untilTold('S-1 breach.declared', 'S-2 breach.declared');
  await stop();
  // As if a program with a defect had recorded it.
  const place = [ID, 'sample/S-1'];
  const { rows } = await lab.store.pool.query<{ packed: string }>(
    'SELECT packed FROM subject_state WHERE contract = $1 AND key = $2',
    place,
  );
  const packed = rows[0]!.packed.replace('"breached"', '"met"');
  await lab.store.pool.query('UPDATE subject_state SET packed = $3 WHERE contract = $1 AND key = $2', [
    ...place,
    packed,
  ]);
  await lab.start();
  const data = { keys: ['sample/S-1', 'sample/S-2'], reason: 'the program was mended' };
  const asked = { id: 'r-1', source: '/pactwatch/replay', type: 'contract.replayed', subject: undefined };
  await lab.append(ownRecord({ ...asked, time: Date.now(), contract: ID, data }));
  await untilTold('S-1 breach.declared', 'S-2 breach.declared', 'S-1 breach.reinstated');
  const cause = { kind: 'replay', id: 'r-1', reason: 'the program was mended' };
  expect((await lab.decisions(ID)).at(-1)!.record).toMatchObject({ state: 'breached', revision: 2, cause });
});

it('keeps a correction of what has not come, and applies it when that comes', async () => {
  await lab.start();
  await lab.publish(labContract(ID));
  await lab.append(
    correction('c-1', { corrects: 'received S-1', action: 'withdraw' }),
    correction('c-2', { corrects: 'received S-2', action: 'replace', data: { urgency: 'soon' } }),
  );
  const waiting = (): Promise<number> => lab.count('waiting_correction', ID);
  await eventually(async () => ((await waiting()) === 2 ? true : undefined));
  const time = ago(MINUTE);
  await lab.append(received('S-1', { time }), received('S-2', { time, data: { urgency: 'now' } }));
  await untilTold('S-2 verdict.opened');
  expect((await lab.decisions(ID))[0]!.record).toMatchObject({ state: 'running', allowed: 'PT30M' });
  expect(await waiting()).toBe(0);
  expect(await lab.count('fact', ID)).toBe(4);
});

it('sends home what came into the partition of another contract, and judges it there by when it came', async () => {
  await lab.start();
  await lab.publish(labContract(ID));
  await lab.append({ ...received('S-1'), partition: (HOME + 1) % PARTITIONS });
  await untilTold('S-1 verdict.opened');
  const [stray] = (await onTopic(TOPICS.events)).filter(({ partition }) => partition !== HOME);
  const { rows } = await lab.store.pool.query<{ at: number }>(
    'SELECT (extract(epoch FROM appended_at) * 1000)::float8 AS at FROM fact WHERE contract = $1',
    [ID],
  );
  expect(rows).toEqual([{ at: stray!.appendedAt }]);
});

it('finds the default contract of a source as soon as it is published', async () => {
  await lab.start();
  await lab.append({ ...received('S-1', { contract: null }), partition: HOME });
  await lab.publish(labContract(ID, { isDefault: true }));
  await lab.append({ ...received('S-2', { contract: null }), partition: HOME });
  await untilTold('S-2 verdict.opened');
  const { rows } = await lab.store.pool.query('SELECT reason, source FROM quarantine');
  expect(rows).toEqual([{ reason: 'UNKNOWN_CONTRACT', source: LAB }]);
});

it('begins where the log begins when that was trimmed before anybody read it', async () => {
  await lab.append(...['S-1', 'S-2', 'S-3'].map((subject) => received(subject)));
  await lab.store.pool.query('DELETE FROM bus_record WHERE topic = $1 AND record_offset < 3', [TOPICS.events]);
  await lab.publish(labContract(ID));
  await lab.append(received('S-4'));
  const { monitor } = await lab.start();
  await untilTold('S-4 verdict.opened');
  await untilReady(monitor);
  // A tick may have come since.
  expect((await lab.store.readOwner(TOPICS.events, HOME))!.nextOffset).toBeGreaterThanOrEqual(5);
});

describe('an owner that was overtaken', () => {
  it('cannot save, drops what it holds, and goes on from what its successor has saved', async () => {
    await lab.publish(labContract(ID));
    await lab.append(received('S-1'));
    const [first, second] = [await lab.byHand(), await lab.byHand()];
    expect(await first.assigned(TOPICS.events, HOME)).toBe(0);
    await judge(first, await lab.batch(HOME));
    await lab.append(answered('S-1'));
    expect(await second.assigned(TOPICS.events, HOME)).toBe(2);
    await expect(judge(first, await lab.batch(HOME, 2))).rejects.toMatchObject({ retriable: true });
    expect(await told()).toEqual(['S-1 verdict.opened']);
    // It was dropped, not kept: nothing is judged before the partition is taken anew.
    await expect(judge(first, await lab.batch(HOME, 2))).rejects.toMatchObject({ retriable: true });
    expect(await told()).toEqual(['S-1 verdict.opened']);
    expect(await first.assigned(TOPICS.events, HOME)).toBe(2);
    await judge(first, await lab.batch(HOME, 2));
    expect(await told()).toEqual(['S-1 verdict.opened', 'S-1 verdict.met']);
    await expect(judge(second, await lab.batch(HOME, 2))).rejects.toMatchObject({ retriable: true });
    expect(await second.assigned(TOPICS.events, HOME)).toBe(3);
    expect(await told()).toEqual(['S-1 verdict.opened', 'S-1 verdict.met']);
    expect(await lab.store.readOwner(TOPICS.events, HOME)).toMatchObject({ epoch: 4, nextOffset: 3 });
  });

  it('leaves nothing twice where its connection is cut again and again', async () => {
    await lab.start();
    await lab.publish(labContract(ID));
    const subjects = Array.from({ length: 120 }, (_, index) => `S-${index}`);
    const send = (from: number): Promise<void> =>
      lab.append(...subjects.slice(from, from + 20).flatMap((one) => [received(one), answered(one)]));
    await eventually(async () => ((await epochOf()) > 0 ? true : undefined));
    for (let from = 0; from < subjects.length; from += 40) {
      const epoch = await epochOf();
      await send(from);
      await lab.store.pool.query('SELECT pg_terminate_backend(backend_pid) FROM partition_owner WHERE partition = $1', [
        HOME,
      ]);
      await send(from + 20);
      await eventually(async () => ((await epochOf()) > epoch ? true : undefined));
    }
    await untilTold(...subjects.flatMap((one) => [`${one} verdict.opened`, `${one} verdict.met`]));
    expect(isGapless((await lab.decisions(ID)).map(({ number }) => number))).toBe(true);
    expect(await lab.count('fact', ID)).toBe(240);
    await eventually(async () => {
      const { rows } = await lab.store.pool.query('SELECT 1 FROM outbox LIMIT 1');
      return rows.length === 0 ? true : undefined;
    });
    const sent = (await onTopic(TOPICS.decisions)).map(({ headers }) => headers['ce_id']!.toString());
    expect(new Set(sent).size).toBe(240);
  });
});

const OTHER = idAt(HOME + 1);

/** S-1 of one contract was judged, another contract lies in another partition, and nothing runs. */
async function judgeOneAndStop(): Promise<void> {
  const { stop } = await lab.start();
  await lab.publish(labContract(ID));
  await lab.publish(labContract(OTHER));
  await lab.append(received('S-1'));
  await untilTold('S-1 verdict.opened');
  await eventually(async () => ((await lab.count('contract_state', OTHER)) === 1 ? true : undefined));
  await stop();
}

describe('a log that is not what was judged', () => {
  it.each([
    ['was replaced', `UPDATE bus_record SET value = 'other' WHERE topic = $1 AND partition = $2`],
    ['was cut back', `DELETE FROM bus_record WHERE topic = $1 AND partition = $2`],
  ])('because it %s stops its partition and no other', async (_, spoil) => {
    await judgeOneAndStop();
    await lab.store.pool.query(spoil, [TOPICS.events, HOME]);
    if (spoil.startsWith('DELETE')) {
      await lab.store.pool.query('UPDATE bus_partition SET next_offset = 0 WHERE topic = $1 AND partition = $2', [
        TOPICS.events,
        HOME,
      ]);
    }
    const { monitor } = await lab.start();
    await lab.append(answered('S-1'), received('S-2', { contract: OTHER }));
    await eventually(async () => ((await told(OTHER)).length > 0 ? true : undefined));
    expect(await told(OTHER)).toEqual(['S-2 verdict.opened']);
    expect(await untilStopped(monitor)).toMatchObject({ code: 'LOG_CHANGED', partition: HOME });
    expect(lab.fatal).toEqual([]);
    expect(await told()).toEqual(['S-1 verdict.opened']);
  });
});

describe('a log from which records were deleted that nobody had judged', () => {
  it('stops their partition and no other, until somebody says that it is to be read from where it begins', async () => {
    await judgeOneAndStop();
    const { nextOffset } = (await lab.store.readOwner(TOPICS.events, HOME))!;
    await lab.append(answered('S-1'), received('S-2'));
    await lab.store.pool.query('DELETE FROM bus_record WHERE topic = $1 AND partition = $2 AND record_offset <= $3', [
      TOPICS.events,
      HOME,
      nextOffset,
    ]);
    const stopped = await lab.start();
    await lab.append(received('S-3', { contract: OTHER }));
    await eventually(async () => ((await told(OTHER)).length > 0 ? true : undefined));
    expect(await untilStopped(stopped.monitor)).toMatchObject({ code: 'RECORDS_GONE', from: nextOffset });
    expect(lab.fatal).toEqual([]);
    expect(await told()).toEqual(['S-1 verdict.opened']);
    await stopped.stop();

    await lab.store.pool.query(
      'UPDATE partition_owner SET last_offset = NULL, last_appended_at = NULL, last_hash = NULL WHERE partition = $1',
      [HOME],
    );
    const { monitor } = await lab.start();
    await untilTold('S-1 verdict.opened', 'S-2 verdict.opened');
    await untilReady(monitor);
  });
});

it('goes on where the record that was judged last lies below the start of the log', async () => {
  const { stop } = await lab.start();
  await lab.publish(labContract(ID));
  await lab.append(received('S-1'));
  await untilTold('S-1 verdict.opened');
  await stop();
  const { nextOffset } = (await lab.store.readOwner(TOPICS.events, HOME))!;
  await lab.append(answered('S-1'));
  await lab.store.pool.query('DELETE FROM bus_record WHERE topic = $1 AND partition = $2 AND record_offset < $3', [
    TOPICS.events,
    HOME,
    nextOffset,
  ]);
  const { monitor } = await lab.start();
  await untilTold('S-1 verdict.opened', 'S-1 verdict.met');
  await untilReady(monitor);
});

describe('where very much falls due at once', () => {
  const SAMPLES = 1_200;
  const START = Date.parse('2026-03-02T02:00:00Z');
  const history = (difference: Partial<GivenEvent> & { readonly time: number }) =>
    anEvent({ contract: ID, stamp: difference.time, extensions: { importid: 'i-1' }, ...difference });

  beforeEach(async () => {
    await lab.publish(labContract(ID));
    const begun = { source: '/pactwatch/import', type: 'import.begun', data: { import: 'i-1', alerts: 'summary' } };
    await lab.append(ownRecord({ ...begun, contract: ID, time: START }));
    await lab.append(
      ...Array.from({ length: SAMPLES }, (_, n) => history({ id: `r-${n}`, subject: `S-${n}`, time: START + n })),
      history({ id: 'last', subject: 'S-last', time: START + 24 * HOUR }),
    );
  });

  /** Opened, warned, breached, each once, all warnings before the first breach, the last sample after all. */
  async function everythingFired(): Promise<void> {
    const decisions = await lab.decisions(ID);
    expect(isGapless(decisions.map(({ number }) => number))).toBe(true);
    const subjects = Array.from({ length: SAMPLES }, (_, n) => `S-${n}`);
    expect(decisions.map(({ type, subject }) => `${subject} ${type}`)).toEqual([
      ...['verdict.opened', 'deadline.warned', 'breach.declared'].flatMap((type) =>
        subjects.map((subject) => `${subject} ${type}`),
      ),
      'S-last verdict.opened',
    ]);
  }

  it('fires in slices of a thousand, loading what it needs, before the record that made it due', async () => {
    const { records, ...batch } = await lab.batch(HOME);
    const first = await lab.byHand();
    await first.assigned(TOPICS.events, HOME);
    await judge(first, { ...batch, records: records.slice(0, -1) });
    const saves: number[] = [];
    const watched = await lab.byHand(({ store }) => {
      const save = (one: PartitionSave): Promise<Saved> => {
        saves.push(one.decisions.length);
        return store.save(one);
      };
      return { store: Object.assign(Object.create(store) as typeof store, { save }) };
    });
    await watched.assigned(TOPICS.events, HOME);
    await judge(watched, { ...batch, records: records.slice(-1) });
    expect(saves).toEqual([1_000, 1_000, 2 * SAMPLES - 2_000 + 1]);
    await everythingFired();
    expect(await lab.store.readOwner(TOPICS.events, HOME)).toMatchObject({ slice: 2, nextOffset: records.length });
  });

  it('goes on behind the last slice saved where a save fails', async () => {
    let saves = 0;
    const monitor = await lab.byHand(({ store }) => {
      const save = (one: PartitionSave): Promise<Saved> =>
        one.fromSlice === 1 && saves++ === 0
          ? Promise.reject(Object.assign(new Error('the connection was reset'), { code: 'ECONNRESET' }))
          : store.save(one);
      return { store: Object.assign(Object.create(store) as typeof store, { save }) };
    });
    const { records, ...batch } = await lab.batch(HOME);
    const last = { ...batch, records: records.slice(-1) };
    await monitor.assigned(TOPICS.events, HOME);
    await judge(monitor, { ...batch, records: records.slice(0, -1) });
    await expect(judge(monitor, last)).rejects.toMatchObject({ retriable: true });
    await monitor.assigned(TOPICS.events, HOME);
    await judge(monitor, last);
    expect(saves).toBe(2);
    await everythingFired();
  });
});
