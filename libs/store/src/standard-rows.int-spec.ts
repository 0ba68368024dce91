import { aSave, freshDatabase, type FreshDatabase } from '#libs/testkit';
import type { OwnerRow, PartitionSave, StandardCountRow, StandardPeriodRow } from './api.js';
import { Store } from './store.js';

const HOUR = 3_600_000;
const AT = Date.parse('2030-03-05T08:00:00Z');

let database: FreshDatabase;
let store: Store;
let owner: OwnerRow;

beforeAll(async () => {
  database = await freshDatabase();
  store = await Store.connect(database.url);
  await store.migrate();
  ({ owner } = await store.take('platform.events', 0, 'one'));
});

afterAll(async () => {
  await store?.close();
  await database?.drop();
});

async function save(difference: Partial<PartitionSave>): Promise<void> {
  const row = aSave(owner, difference);
  await store.save(row);
  owner = { ...owner, nextOffset: row.toOffset };
}

const aCount = (difference: Partial<StandardCountRow>): StandardCountRow => ({
  contract: 'C-1',
  version: 1,
  standard: 'share',
  minute: AT,
  value: null,
  good: 1,
  items: 1,
  undecided: 0,
  sum: '0',
  ...difference,
});

const asked = (standard: string, version = 1) => ({
  contract: 'C-1',
  version,
  standard,
  bounds: [AT - HOUR, AT, AT + HOUR],
});

describe('counters of standards', () => {
  it('are added up between the bounds that are asked for, exactly, each value by itself', async () => {
    await save({
      counts: [
        aCount({ minute: AT - 60_000 }),
        aCount({ good: 0, undecided: 1, items: 0 }),
        aCount({ minute: AT + 60_000, items: 3 }),
        aCount({ version: 2 }),
        aCount({ standard: 'mean', good: 0, sum: '4.10' }),
        aCount({ standard: 'mean', good: 0, minute: AT + 60_000, sum: '0.2' }),
        aCount({ standard: 'percentile', good: 0, value: '2.5' }),
        aCount({ standard: 'percentile', good: 0, value: '2.50001' }),
      ],
    });
    await save({
      counts: [
        aCount({ good: 1, undecided: -1, items: 1 }),
        aCount({ minute: AT - 60_000, good: -1, items: -1 }),
        aCount({ standard: 'percentile', good: 0, value: '2.5', minute: AT + 60_000, items: 2 }),
      ],
    });
    const { counts } = await store.standards([asked('share'), asked('mean'), asked('percentile')]);
    const found = counts
      .map(({ standard, version, minute, value, good, items, undecided, sum }) => [
        [standard, version, value, (minute - AT) / 60_000].join(' '),
        [good, items, undecided, Number(sum)],
      ])
      .sort();
    expect(found).toEqual([
      ['mean 1  0', [0, 2, 0, 4.3]],
      ['percentile 1 2.5 0', [0, 3, 0, 0]],
      ['percentile 1 2.50001 0', [0, 1, 0, 0]],
      ['share 1  0', [2, 4, 0, 0]],
    ]);
  });

  it('are not changed by a save that is refused', async () => {
    const late = aSave({ ...owner, nextOffset: 0 }, { counts: [aCount({ standard: 'fenced' })] });
    await expect(store.save(late)).rejects.toMatchObject({ name: 'FencedError' });
    expect((await store.standards([asked('fenced')])).counts).toEqual([]);
  });
});

describe('what was recorded about a closed period', () => {
  it('is what the last decision says', async () => {
    const closed: StandardPeriodRow = {
      contract: 'C-1',
      standard: 'share',
      period: '2030-02',
      state: 'missed',
      numerator: '9',
      denominator: '10',
      value: '0.9000',
      target: '0.95',
      sample: 10,
      revision: 1,
      number: 7,
    };
    const revised = {
      ...closed,
      state: 'not-judged',
      denominator: '0',
      value: null,
      sample: 0,
      revision: 2,
      number: 9,
    };
    await save({ periods: [closed] });
    await save({ periods: [revised] });
    expect((await store.standards([asked('share')])).periods).toEqual([revised]);
    expect((await store.standards([])).periods).toEqual([]);
  });
});
