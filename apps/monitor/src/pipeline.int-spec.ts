import { TOPICS, type LogBatch, type LogRecord } from '#libs/bus';
import { UnknownOutcomeError, type PartitionSave, type Saved, type Store } from '#libs/store';
import { freshDatabase, type FreshDatabase } from '#libs/testkit';
import { idAt, Lab } from '../test/lab.js';
import { labContract } from '../test/lab-contract.js';
import { anEvent, type GivenEvent } from '../test/lab-records.js';
import type { Monitor } from './monitor.js';

const HOME = 1;
const ID = idAt(HOME);

let database: FreshDatabase;
let lab: Lab;

beforeEach(async () => {
  database = await freshDatabase();
  lab = await Lab.open(database.url);
  await lab.publish(labContract(ID));
});

afterEach(async () => {
  await lab?.close();
  await database?.drop();
});

const received = (subject: string, difference: Partial<GivenEvent> = {}) =>
  anEvent({ id: `received ${subject}`, subject, time: Date.now() - 100, contract: ID, ...difference });
const answered = (subject: string) =>
  received(subject, { id: `answered ${subject}`, type: 'sample.answered', time: Date.now() });
const withdrawal = (id: string, corrects: string) =>
  received('', { id, type: 'note.mended', subject: undefined, data: { corrects, action: 'withdraw' } });

const told = async (): Promise<string[]> =>
  (await lab.decisions(ID)).map(({ number, type, subject }) => `${number} ${subject} ${type}`);

interface Gate {
  readonly passed: Promise<void>;
  readonly open: () => void;
}

function gate(): Gate {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

/** A monitor whose saves of facts do what the test says; the publication is judged already. */
async function monitorWith(save: (real: Store, row: PartitionSave) => Promise<Saved>): Promise<Monitor> {
  const monitor = await lab.byHand(({ store }) => ({
    store: Object.assign(Object.create(store) as typeof store, {
      save: (row: PartitionSave) => (row.facts.length === 0 ? store.save(row) : save(store, row)),
    }),
  }));
  expect(await monitor.assigned(TOPICS.events, HOME)).toBe(0);
  await (
    await monitor.read(await lab.batch(HOME))
  ).settled;
  return monitor;
}

/** The records from an offset on, one batch each. */
async function singles(from: number): Promise<LogBatch[]> {
  const { records, ...batch } = await lab.batch(HOME, from);
  return records.map((record: LogRecord) => ({ ...batch, records: [record], nextOffset: record.offset + 1 }));
}

/** Takes the partition again, and judges everything from where it says to the end. */
async function goOn(monitor: Monitor): Promise<void> {
  const from = await monitor.assigned(TOPICS.events, HOME);
  await (
    await monitor.read(await lab.batch(HOME, from))
  ).settled;
}

describe('while a save is under way', () => {
  it('what follows is judged over what it writes: duplicates, corrections of it, and cases it has opened', async () => {
    const answer = gate();
    const rows: PartitionSave[] = [];
    const monitor = await monitorWith(async (store, row) => {
      rows.push(row);
      if (rows.length === 1) await answer.passed;
      return store.save(row);
    });
    const opened = received('S-1');
    await lab.append(opened, received('S-2'), withdrawal('c-2', 'c-1'));
    await lab.append(opened, answered('S-1'), withdrawal('c-1', 'received S-2'));
    const { records, ...batch } = await lab.batch(HOME, 1);
    const [early, late] = [records.slice(0, 3), records.slice(3)];
    const opening = await monitor.read({ ...batch, records: early, nextOffset: 4 });
    // Nothing of the first is in the database: it has not been let through.
    expect(await told()).toEqual([]);
    const following = monitor.read({ ...batch, records: late });
    await expect(Promise.race([following, Promise.resolve('waits for the first')])).resolves.toBe(
      'waits for the first',
    );
    answer.open();
    await opening.settled;
    await (
      await following
    ).settled;
    expect(rows.map(({ fromOffset, toOffset, facts }) => [fromOffset, toOffset, facts.length])).toEqual([
      [1, 4, 3],
      [4, 7, 2],
    ]);
    // The correction c-1 was withdrawn before it came, by what waited for it in the save under way: S-2 stands.
    expect(await told()).toEqual(['1 S-1 verdict.opened', '2 S-2 verdict.opened', '3 S-1 verdict.met']);
    expect(await lab.count('waiting_correction', ID)).toBe(0);
    expect(await lab.count('fact', ID)).toBe(5);
    expect(await lab.count('quarantine', ID)).toBe(0);
  });

  it.each([
    ['was written all the same', true],
    ['was not written', false],
  ])('and its answer is lost, what was judged behind it counts for nothing, whether it %s', async (_, written) => {
    const lost = gate();
    let saves = 0;
    const monitor = await monitorWith(async (store, row) => {
      if (++saves > 1) return store.save(row);
      await lost.passed;
      if (written) await store.save(row);
      throw new UnknownOutcomeError(row.topic, row.partition, new Error('cut'));
    });
    await lab.append(received('S-1'), answered('S-1'), received('S-2'));
    const [first, second, third] = await singles(1);
    const opening = await monitor.read(first!);
    const behind = monitor.read(second!);
    lost.open();
    await expect(opening.settled).rejects.toMatchObject({ retriable: true });
    await expect(behind).rejects.toMatchObject({ retriable: true });
    await expect(monitor.read(third!)).rejects.toMatchObject({ retriable: true });
    expect(saves).toBe(1);
    await goOn(monitor);
    expect(await told()).toEqual(['1 S-1 verdict.opened', '2 S-1 verdict.met', '3 S-2 verdict.opened']);
    expect(await lab.count('fact', ID)).toBe(3);
    expect(await lab.store.readOwner(TOPICS.events, HOME)).toMatchObject({ epoch: 2, nextOffset: 4, starts: 1 });
  });

  it('and another has taken the partition, neither it nor what was judged behind it is saved', async () => {
    const taken = gate();
    let saves = 0;
    const monitor = await monitorWith(async (store, row) => {
      saves++;
      await taken.passed;
      return store.save(row);
    });
    await lab.append(received('S-1'), answered('S-1'));
    const [first, second] = await singles(1);
    const opening = await monitor.read(first!);
    const behind = monitor.read(second!);
    const successor = await lab.byHand();
    expect(await successor.assigned(TOPICS.events, HOME)).toBe(1);
    taken.open();
    await expect(opening.settled).rejects.toMatchObject({ retriable: true });
    await expect(behind).rejects.toMatchObject({ retriable: true });
    expect(saves).toBe(1);
    expect(await told()).toEqual([]);
    await (
      await successor.read(await lab.batch(HOME, 1))
    ).settled;
    expect(await told()).toEqual(['1 S-1 verdict.opened', '2 S-1 verdict.met']);
  });

  it('and the process is told to stop, that save ends, and the rest is left to the next owner', async () => {
    const answer = gate();
    const monitor = await monitorWith(async (store, row) => {
      await answer.passed;
      return store.save(row);
    });
    await lab.append(received('S-1'), answered('S-1'));
    const [first, second] = await singles(1);
    const opening = await monitor.read(first!);
    monitor.stopReading();
    const behind = monitor.read(second!);
    answer.open();
    await opening.settled;
    await expect(behind).rejects.toMatchObject({ retriable: true });
    await monitor.close();
    expect(await told()).toEqual(['1 S-1 verdict.opened']);
    const successor = await lab.byHand();
    expect(await successor.assigned(TOPICS.events, HOME)).toBe(2);
    expect(await lab.store.readOwner(TOPICS.events, HOME)).toMatchObject({ starts: 1 });
  });

  it('nothing is judged ahead of it where enough of other partitions is under way', async () => {
    const [answer, loaded] = [gate(), [] as number[]];
    const homes = [0, 1, 2, 3];
    for (const home of homes) if (home !== HOME) await lab.publish(labContract(idAt(home)));
    const monitor = await lab.byHand(({ store }) => {
      const save: Store['save'] = async (row) => {
        if (row.facts.length > 0) await answer.passed;
        return store.save(row);
      };
      const load: Store['load'] = (request) => {
        loaded.push(request.partition);
        return store.load(request);
      };
      return { store: Object.assign(Object.create(store) as typeof store, { save, load }) };
    });
    const under: Promise<void>[] = [];
    for (const home of homes) {
      await monitor.assigned(TOPICS.events, home);
      await (
        await monitor.read(await lab.batch(home))
      ).settled;
      await lab.append(received(`S-${home}`, { contract: idAt(home) }));
    }
    loaded.length = 0;
    for (const home of homes) under.push((await monitor.read(await lab.batch(home, 1))).settled);
    await lab.append(answered(`S-${HOME}`));
    const behind = monitor.read(await lab.batch(HOME, 2));
    await new Promise(setImmediate);
    const before = [...loaded];
    answer.open();
    await Promise.all([...under, (await behind).settled]);
    expect(before).toEqual(homes);
    expect(loaded).toEqual([...homes, HOME]);
    expect(await told()).toEqual([`1 S-${HOME} verdict.opened`, `2 S-${HOME} verdict.met`]);
  });

  it('it is saved before the partition is given up', async () => {
    const answer = gate();
    const monitor = await monitorWith(async (store, row) => {
      await answer.passed;
      return store.save(row);
    });
    await lab.append(received('S-1'));
    await monitor.read(await lab.batch(HOME, 1));
    const revoked = monitor.revoked(TOPICS.events, HOME);
    answer.open();
    await revoked;
    expect(await told()).toEqual(['1 S-1 verdict.opened']);
  });
});

describe('a partition that comes back', () => {
  const loads: string[][] = [];

  async function watched(): Promise<Monitor> {
    loads.length = 0;
    const monitor = await lab.byHand(({ store }) => {
      const load: Store['load'] = (request) => {
        loads.push(request.keys.map(({ key }) => key));
        return store.load(request);
      };
      return { store: Object.assign(Object.create(store) as typeof store, { load }) };
    });
    await monitor.assigned(TOPICS.events, HOME);
    await lab.append(received('S-1'));
    await (
      await monitor.read(await lab.batch(HOME))
    ).settled;
    await monitor.revoked(TOPICS.events, HOME);
    loads.length = 0;
    return monitor;
  }

  it('is taken up with what was held of it, where nobody has had it since', async () => {
    const monitor = await watched();
    expect(await monitor.assigned(TOPICS.events, HOME)).toBe(2);
    await lab.append(answered('S-1'));
    await (
      await monitor.read(await lab.batch(HOME, 2))
    ).settled;
    expect(await told()).toEqual(['1 S-1 verdict.opened', '2 S-1 verdict.met']);
    expect(loads).toEqual([[]]);
    expect(await lab.store.readOwner(TOPICS.events, HOME)).toMatchObject({ epoch: 1 });
  });

  it('is read anew where somebody has', async () => {
    const monitor = await watched();
    const other = await lab.byHand();
    await other.assigned(TOPICS.events, HOME);
    await lab.append(answered('S-1'));
    await (
      await other.read(await lab.batch(HOME, 2))
    ).settled;
    await other.revoked(TOPICS.events, HOME);
    expect(await monitor.assigned(TOPICS.events, HOME)).toBe(3);
    await lab.append(received('S-1', { id: 'again' }), received('S-2'));
    await (
      await monitor.read(await lab.batch(HOME, 3))
    ).settled;
    expect(loads[0]).toContain('sample/S-1');
    expect(await told()).toEqual(['1 S-1 verdict.opened', '2 S-1 verdict.met', '3 S-2 verdict.opened']);
    expect(await lab.store.readOwner(TOPICS.events, HOME)).toMatchObject({ epoch: 3 });
  });
});

it('is not ready before the partitions it was given are taken', async () => {
  const answer = gate();
  const monitor = await lab.byHand(({ store }) => {
    const take: Store['take'] = async (...of) => {
      await answer.passed;
      return store.take(...of);
    };
    return { store: Object.assign(Object.create(store) as typeof store, { take }) };
  });
  await expect(monitor.check()).resolves.toBeUndefined();
  const assigned = monitor.assigned(TOPICS.events, HOME);
  await expect(monitor.check()).rejects.toThrow('is being taken');
  answer.open();
  await assigned;
  await expect(monitor.check()).resolves.toBeUndefined();
});
