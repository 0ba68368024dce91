import { aSave, aState, freshDatabase, type FreshDatabase } from '#libs/testkit';
import { Store } from './store.js';

const AT = Date.parse('2030-03-05T08:00:00.123Z');
/** In the order of their code points; that of UTF-16, and that of any language, would be another. */
const CASES = ['case/', 'case/A', 'case/B', 'case/a', 'case/é', 'case/中', 'case/\uffee', 'case/\u{1f600}'];
const NEIGHBOURS = ['Case/1', 'cas/1', 'case-/1', 'case0/1', 'case:/1', 'cases/1', 'other/case/1'];

let database: FreshDatabase;
let store: Store;

beforeAll(async () => {
  database = await freshDatabase();
  store = await Store.connect(database.url);
  await store.migrate();
  const { owner } = await store.take('platform.events', 0, 'one');
  const states = ['C-1', 'C-2', 'C-3'].flatMap((contract) =>
    [...NEIGHBOURS, ...CASES]
      .reverse()
      .map((key) => aState(key, { contract, packed: `["${contract}"]`, nextInstant: contract === 'C-2' ? AT : null })),
  );
  await store.save(aSave(owner, { states }));
});

afterAll(async () => {
  await store?.close();
  await database?.drop();
});

const asked = (contract: string, ...kinds: string[]) => kinds.map((kind) => ({ contract, kind }));
const keysOf = async (...given: Parameters<Store['statesOfKinds']>) =>
  (await store.statesOfKinds(...given)).map(({ key }) => key);

describe('states of kinds', () => {
  it('are all of a kind, in the order of code points, and nothing beside it', async () => {
    expect(await keysOf(asked('C-1', 'case'))).toEqual(CASES);
  });

  it('come as they were kept', async () => {
    const [row] = await store.statesOfKinds(asked('C-2', 'case:'));
    expect(row).toEqual({ contract: 'C-2', key: 'case:/1', packed: '["C-2"]', nextInstant: AT });
    const [other] = await store.statesOfKinds(asked('C-1', 'case:'));
    expect(other).toEqual({ contract: 'C-1', key: 'case:/1', packed: '["C-1"]', nextInstant: null });
  });

  it('come by contract, kinds mixed by key', async () => {
    const rows = await store.statesOfKinds([...asked('C-2', 'case:', 'cas'), ...asked('C-1', 'cases', 'case0')]);
    expect(rows.map(({ contract, key }) => `${contract} ${key}`)).toEqual([
      'C-1 case0/1',
      'C-1 cases/1',
      'C-2 cas/1',
      'C-2 case:/1',
    ]);
  });

  it.each<[after: string, limit: number, found: string[]]>([
    ['', 2, ['cas/1', 'case/']],
    ['cas/1', 3, ['case/', 'case/A', 'case/B']],
    ['case/\uffee', 100, ['case/\u{1f600}', 'case:/1']],
    ['case/Z', 1, ['case/a']],
    ['case/\u{1f600}', 100, ['case:/1']],
    ['case:/1', 100, []],
  ])('after %j are at most %i', async (after, limit, found) => {
    expect(await keysOf(asked('C-1', 'case:', 'case', 'cas'), { after, limit })).toEqual(found);
  });

  it('are told part by part, each once', async () => {
    const kinds = asked('C-3', 'case', 'other', 'cas');
    const parts: string[] = [];
    for (let after = ''; ;) {
      const part = await keysOf(kinds, { after, limit: 3 });
      parts.push(...part);
      if (part.length < 3) break;
      after = part[2]!;
    }
    expect(parts).toEqual(await keysOf(kinds));
    expect(parts).toHaveLength(CASES.length + 2);
  });

  it('of no kinds, or of kinds that nobody has, are none', async () => {
    expect(await keysOf([])).toEqual([]);
    expect(await keysOf([...asked('C-1', 'nothing'), ...asked('C-9', 'case')])).toEqual([]);
  });
});
