import { Store } from '#libs/store';
import { aSave, aState, anId, aVerdict, freshDatabase, type FreshDatabase } from '#libs/testkit';
import { growCases } from './grow-cases.js';
import { readSlices, writeSlices } from './floor-slices.js';

const TOPIC = 'platform.events';
const CONTRACT = 'C-1';
const DUE = Date.parse('2030-03-05T08:00:00.123Z');

describe('open cases in bulk', () => {
  let database: FreshDatabase;
  let store: Store;

  beforeAll(async () => {
    database = await freshDatabase();
    store = await Store.connect(database.url);
    await store.migrate();
    const { owner } = await store.take(TOPIC, 0, 'this test');
    await store.save(
      aSave(owner, {
        contracts: [{ contract: CONTRACT, clock: DUE - 1_000, lastNumber: 1, state: '{}' }],
        ids: [anId('SEED-opened', { contract: CONTRACT, keys: ['case/SEED'] })],
        states: [aState('case/SEED', { contract: CONTRACT, nextInstant: DUE })],
        verdicts: [aVerdict('SEED', { contract: CONTRACT })],
      }),
    );
  });

  afterAll(async () => {
    await store?.close();
    await database?.drop();
  });

  it('are found under their own subjects as the first is under its', async () => {
    await growCases({ databaseUrl: database.url, seed: 'SEED', prefix: 'C-', from: 1, to: 3 });
    const loaded = await store.load({
      topic: TOPIC,
      partition: 0,
      ids: [{ contract: CONTRACT, source: anId('SEED-opened').source, id: 'C-2-opened', withStates: true }],
      keys: [],
    });
    expect(loaded.ids).toMatchObject([{ id: 'C-2-opened', keys: ['case/C-2'] }]);
    expect(loaded.states).toMatchObject([{ key: 'case/C-2', nextInstant: DUE }]);
    const { deadlines } = await store.take(TOPIC, 0, 'this test');
    expect(deadlines.flatMap(({ keys }) => keys).sort()).toEqual(['case/C-1', 'case/C-2', 'case/C-3', 'case/SEED']);
  });

  it('or are each due a second after the one before', async () => {
    await growCases({ databaseUrl: database.url, seed: 'SEED', prefix: 'LATER-', from: 1, to: 2, spread: true });
    const { deadlines } = await store.take(TOPIC, 0, 'this test');
    const [{ keys, instants }] = deadlines as [(typeof deadlines)[number]];
    const later = instants.filter((_, index) => keys[index]!.startsWith('case/LATER'));
    expect(later.map((instant) => instant - DUE).sort()).toEqual([1_000, 2_000]);
  });

  it('can be written once more by the floor, row by row as they are', async () => {
    const tables = { verdict: { where: 'true', orderBy: 'subject' }, subject_state: { where: 'true', orderBy: 'key' } };
    const slices = await readSlices(database.url, CONTRACT, tables);
    const all = await contents(store);
    await store.pool.query(`UPDATE subject_state SET packed = 'other'; DELETE FROM verdict WHERE subject <> 'SEED'`);
    await writeSlices(database.url, [slices]);
    expect(await contents(store)).toEqual(all);
  });
});

async function contents({ pool }: Store): Promise<unknown[]> {
  const states = await pool.query('SELECT * FROM subject_state ORDER BY key');
  const verdicts = await pool.query('SELECT * FROM verdict ORDER BY subject');
  return [...states.rows, ...verdicts.rows];
}
