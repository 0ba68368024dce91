import { aFact, aSave, freshDatabase, type FreshDatabase } from '#libs/testkit';
import { Store } from './store.js';

const TOPIC = 'platform.events';

let database: FreshDatabase;
let store: Store;

beforeAll(async () => {
  database = await freshDatabase();
  store = await Store.connect(database.url);
  await store.migrate();
});

afterAll(async () => {
  await store?.close();
  await database?.drop();
});

async function months(): Promise<string[]> {
  const { rows } = await store.pool.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'fact'::regclass ORDER BY c.relname`,
  );
  return rows.map((row) => row.name);
}

it('makes the months asked for, over the turn of the year', async () => {
  await store.ensurePartitions(Date.parse('2040-11-30T23:59:59.999Z'), 2);
  expect(await months()).toEqual(expect.arrayContaining(['fact_2040_11', 'fact_2040_12', 'fact_2041_01']));
});

it('may be asked by many at once', async () => {
  const others = await Promise.all([1, 2, 3].map(() => Store.connect(database.url)));
  await Promise.all([store, ...others].map((one) => one.ensurePartitions(Date.parse('2042-01-01T00:00:00Z'), 1)));
  expect(await months()).toEqual(expect.arrayContaining(['fact_2042_01', 'fact_2042_02']));
  await Promise.all(others.map((other) => other.close()));
});

it('is done by the writer where nobody did it ahead', async () => {
  const { owner } = await store.take(TOPIC, 0, 'one');
  expect(await months()).not.toContain('fact_2050_06');
  await store.save(aSave(owner, { facts: [aFact('e-1')], recordedAt: Date.parse('2050-06-30T23:59:59.999Z') }));
  expect(await months()).toContain('fact_2050_06');
  const { rows } = await store.pool.query('SELECT id FROM fact_2050_06');
  expect(rows).toEqual([{ id: 'e-1' }]);
});

it('does not stop those who write meanwhile', async () => {
  const { owner } = await store.take(TOPIC, 1, 'one');
  const recordedAt = Date.parse('2050-06-15T00:00:00Z');
  const holder = await store.pool.connect();
  await holder.query('BEGIN');
  await holder.query(`INSERT INTO fact (contract, source, id, type, occurred_at, appended_at, recorded_at, content_hash,
    data, topic, partition, record_offset) VALUES ('C', '/', 'open', 't', now(), now(), '2050-06-15Z', '', '{}', 't', 0, 0)`);
  await store.ensurePartitions(Date.parse('2050-07-01T00:00:00Z'), 0);
  await store.save(aSave(owner, { facts: [aFact('e-2')], recordedAt }));
  await holder.query('ROLLBACK');
  holder.release();
  expect(await months()).toContain('fact_2050_07');
});
