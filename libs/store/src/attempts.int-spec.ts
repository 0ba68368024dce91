import { eventually, freshDatabase, type FreshDatabase } from '#libs/testkit';
import type { OwnerRow } from './api.js';
import { FencedError } from './errors.js';
import { Store } from './store.js';

const [TOPIC, PARTITION] = ['t', 0];

let database: FreshDatabase;
const stores: Store[] = [];

beforeEach(async () => {
  database = await freshDatabase();
  await (await process()).migrate();
});

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await database.drop();
});

/** A process of its own. */
async function process(): Promise<Store> {
  const store = await Store.connect({ url: database.url, poolSize: 2 });
  stores.push(store);
  return store;
}

const take = async (store: Store): Promise<OwnerRow> => (await store.take(TOPIC, PARTITION, 'p')).owner;
const dies = (store: Store): Promise<void> => store.release(TOPIC, PARTITION);
const endsInOrder = (store: Store): Promise<void> => store.release(TOPIC, PARTITION, true);

async function save(store: Store, { epoch, nextOffset, slice }: OwnerRow, change: Partial<OwnerRow>): Promise<void> {
  await store.save({
    topic: TOPIC,
    partition: PARTITION,
    epoch,
    fromOffset: nextOffset,
    fromSlice: slice,
    toOffset: nextOffset,
    toSlice: slice,
    outboxNumber: 0,
    last: null,
    recordedAt: Date.now(),
    facts: [],
    ids: [],
    waitingAdded: [],
    waitingRemoved: [],
    states: [],
    verdicts: [],
    decisions: [],
    quarantine: [],
    outbox: [],
    contracts: [],
    ...(change.nextOffset === undefined ? {} : { toOffset: change.nextOffset }),
    ...(change.slice === undefined ? {} : { toSlice: change.slice }),
  });
}

describe('starts at one place', () => {
  it('are counted where processes died there', async () => {
    for (const starts of [1, 2, 3]) {
      const store = await process();
      expect(await take(store)).toMatchObject({ starts, named: null });
      await dies(store);
    }
  });

  it.each([
    ['the owner ended in order', async (store: Store) => (await endsInOrder(store), process())],
    ['the owner laid it down', async (store: Store) => (await store.layDown(TOPIC, PARTITION), process())],
    ['the process lives, and takes it again', async (store: Store) => (await dies(store), store)],
  ])('are not counted where %s', async (_, end) => {
    const first = await process();
    await take(first);
    await dies(first);
    const second = await process();
    expect(await take(second)).toMatchObject({ starts: 2 });
    expect(await take(await end(second))).toMatchObject({ starts: 2 });
  });

  it.each([
    ['says so when it notices', async (first: Store) => (await endsInOrder(first), process())],
    [
      'says so where it lays down what is no longer its own',
      async (first: Store) => (await first.layDown(TOPIC, PARTITION), process()),
    ],
    ['takes it again itself', (first: Store) => Promise.resolve(first)],
    ['has said so, and takes it again', async (first: Store) => (await endsInOrder(first), first)],
  ])('are taken back by a process that was overtaken, and %s', async (_, next) => {
    const [first, second] = [await process(), await process()];
    await take(first);
    expect(await take(second)).toMatchObject({ starts: 2 });
    // Of the second one nothing is heard.
    expect(await take(await next(first))).toMatchObject({ starts: 2 });
  });

  it('are not taken back twice', async () => {
    const [first, second] = [await process(), await process()];
    await take(first);
    await take(second);
    await endsInOrder(first);
    await endsInOrder(first);
    await dies(second);
    expect(await take(await process())).toMatchObject({ starts: 2 });
  });

  it('are taken back even while somebody is just taking the partition', async () => {
    const [first, second] = [await process(), await process()];
    await take(first);
    await take(second);
    const client = await second.pool.connect();
    await client.query('BEGIN; SELECT FROM partition_owner FOR UPDATE');
    const said = endsInOrder(first);
    await eventually(
      async () => {
        const { rows } = await second.pool.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`);
        return rows.length > 0 ? true : undefined;
      },
      { within: 60_000 },
    );
    await client.query('COMMIT');
    client.release();
    await said;
    expect(await second.readOwner(TOPIC, PARTITION)).toMatchObject({ starts: 1 });
  });

  it.each([
    ['an offset', { nextOffset: 7 }],
    ['a slice', { slice: 1 }],
  ])('begin anew behind %s that was saved', async (_, change) => {
    const first = await process();
    await take(first);
    await dies(first);
    const second = await process();
    await save(second, await take(second), change);
    await dies(second);
    expect(await take(await process())).toMatchObject({ starts: 1 });
  });
});

describe('the record that is named', () => {
  it('is found with how many starts have named it, until it was saved', async () => {
    for (const starts of [1, 2]) {
      const store = await process();
      const { epoch } = await take(store);
      await store.nameRecord(TOPIC, PARTITION, epoch, 5);
      await dies(store);
      const next = await process();
      expect(await take(next)).toMatchObject({ named: { offset: 5, starts } });
      await dies(next);
    }
    const last = await process();
    await save(last, await take(last), { nextOffset: 6 });
    await dies(last);
    expect(await take(await process())).toMatchObject({ named: null });
  });

  it('is not held against a start that ended in order', async () => {
    const store = await process();
    await store.nameRecord(TOPIC, PARTITION, (await take(store)).epoch, 5);
    await endsInOrder(store);
    expect(await take(await process())).toMatchObject({ named: { offset: 5, starts: 0 } });
  });

  it('is not held against a process that was overtaken and lives', async () => {
    const [first, second] = [await process(), await process()];
    await first.nameRecord(TOPIC, PARTITION, (await take(first)).epoch, 5);
    const { epoch } = await take(second);
    await second.nameRecord(TOPIC, PARTITION, epoch, 5);
    expect(await first.readOwner(TOPIC, PARTITION)).toMatchObject({ named: { offset: 5, starts: 2 } });
    await endsInOrder(first);
    expect(await first.readOwner(TOPIC, PARTITION)).toMatchObject({ named: { offset: 5, starts: 1 } });
    expect(await take(first)).toMatchObject({ named: { offset: 5, starts: 1 } });
  });

  it('is no poison for a storm of rebalances: each is overtaken while it judges the record, and lives', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => process()));
    const seen: unknown[] = [];
    let former: Store | undefined;
    for (const store of all) {
      await store.nameRecord(TOPIC, PARTITION, (await take(store)).epoch, 0);
      if (former !== undefined) await endsInOrder(former);
      const { starts, named } = (await store.readOwner(TOPIC, PARTITION))!;
      seen.push([starts, named?.starts]);
      former = store;
    }
    expect(seen).toEqual(all.map(() => [1, 1]));
  });

  it('cannot be named by an owner that was overtaken', async () => {
    const [first, second] = [await process(), await process()];
    const { epoch } = await take(first);
    await take(second);
    await expect(second.nameRecord(TOPIC, PARTITION, epoch, 5)).rejects.toBeInstanceOf(FencedError);
  });
});

describe('a partition that was laid down', () => {
  it('is taken up as it was', async () => {
    const store = await process();
    const owner = await take(store);
    expect(await store.layDown(TOPIC, PARTITION)).toBe(true);
    expect(await store.takeUp(TOPIC, PARTITION)).toEqual(owner);
  });

  it('is not taken up once somebody has had it', async () => {
    const [store, other] = [await process(), await process()];
    await take(store);
    await store.layDown(TOPIC, PARTITION);
    await take(other);
    await endsInOrder(other);
    expect(await store.takeUp(TOPIC, PARTITION)).toBeUndefined();
  });
});
