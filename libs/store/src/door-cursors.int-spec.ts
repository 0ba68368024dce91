import pg from 'pg';
import { freshDatabase, type FreshDatabase } from '#libs/testkit';
import { DoorCursors } from './door-cursors.js';
import { FencedError } from './errors.js';
import { migrate } from './migrations/migrate.js';

const AT = Date.parse('2026-03-02T02:00:00.123Z');
const place = { door: 'shop', topic: 'cases', partition: 2 };

let database: FreshDatabase;
let pool: pg.Pool;
let cursors: DoorCursors;

beforeAll(async () => {
  database = await freshDatabase();
  await migrate(database.url);
  pool = new pg.Pool({ connectionString: database.url });
  cursors = new DoorCursors(pool);
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});
beforeEach(() => pool.query('DELETE FROM door_cursor'));

describe('the cursor of a door', () => {
  it('begins nowhere, moves, and is found again where it was left', async () => {
    const begun = await cursors.take(place, 'one');
    expect(begun).toEqual({ ...place, epoch: 1, nextOffset: null, readThrough: null, last: null });
    const last = { offset: 16, appendedAt: AT - 5, hash: 'ab' };
    const moved = await cursors.advance(begun, 17, AT, last);
    expect(moved.last).toEqual(last);
    expect((await cursors.advance(moved, 18, null)).last).toEqual(last);
    expect(await cursors.take(place, 'two')).toEqual({ ...moved, epoch: 2, nextOffset: 18, readThrough: AT });
  });

  it('is moved by its latest owner only', async () => {
    const before = await cursors.take(place, 'one');
    const now = await cursors.take(place, 'two');
    await expect(cursors.advance(before, 5, null)).rejects.toThrow(FencedError);
    const moved = await cursors.advance(now, 5, null);
    await expect(cursors.advance(now, 9, null)).rejects.toThrow(FencedError);
    expect(await cursors.of('shop')).toEqual([moved]);
  });

  it('keeps the latest instant', async () => {
    const begun = await cursors.take(place, 'one');
    const later = await cursors.advance(begun, 3, AT);
    const earlier = await cursors.advance(later, 4, AT - 1_000);
    expect(earlier.readThrough).toBe(AT);
    expect((await cursors.advance(earlier, 5, null)).readThrough).toBe(AT);
  });

  it('is one for each partition of each door', async () => {
    await cursors.take(place, 'one');
    await cursors.take({ ...place, partition: 3 }, 'one');
    await cursors.take({ ...place, door: 'desk' }, 'one');
    expect((await cursors.of('shop')).map(({ partition }) => partition)).toEqual([2, 3]);
  });
});
