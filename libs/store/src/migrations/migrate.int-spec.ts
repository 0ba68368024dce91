import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { freshDatabase, type FreshDatabase } from '#libs/testkit';
import { dumpSchema } from '../dump-schema.js';
import { SchemaTooNewError } from '../errors.js';
import { migrate } from './migrate.js';

const SCHEMA = path.resolve(__dirname, '../../schema.sql');

let database: FreshDatabase;
let pool: pg.Pool;

beforeEach(async () => {
  database = await freshDatabase();
  pool = new pg.Pool({ connectionString: database.url });
});

afterEach(async () => {
  await pool.end();
  await database.drop();
});

it('may be started by several processes at once', async () => {
  await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)]);
  const { rows } = await pool.query('SELECT name FROM migration ORDER BY id');
  expect(rows.map(({ name }) => name)).toEqual([
    'Tables0000000000001',
    'SaveBatch0000000000002',
    'StreamPartitions0000000000003',
    'Attempts0000000000004',
    'ToldDecisions0000000000005',
    'DoorCursors0000000000006',
    'ContractClocks0000000000007',
    'Standards0000000000008',
    'Incidents0000000000010',
    'Reporting0000000000011',
    'HttpWrites0000000000014',
    'FewerWrites0000000000015',
  ]);
});

it('changes nothing the second time', async () => {
  await migrate(database.url);
  const before = await dumpSchema(pool);
  await migrate(database.url);
  expect(await dumpSchema(pool)).toBe(before);
});

it('is not ended by limits that were set for its database', async () => {
  const name = new URL(database.url).pathname.slice(1);
  for (const limit of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'])
    await pool.query(`ALTER DATABASE ${name} SET ${limit} = '1ms'`);
  await expect(migrate(database.url)).resolves.toBeUndefined();
});

it('refuses a schema that is newer than this release', async () => {
  await migrate(database.url);
  await pool.query(`INSERT INTO migration (timestamp, name) VALUES (9, 'FromTheFuture0000000000009')`);
  const refused = migrate(database.url);
  await expect(refused).rejects.toBeInstanceOf(SchemaTooNewError);
  await expect(refused).rejects.toThrow('FromTheFuture0000000000009; it knows them up to FewerWrites0000000000015');
});

it('gives the schema that the repository shows', async () => {
  await migrate(database.url);
  const dumped = await dumpSchema(pool);
  if (process.env['PACTWATCH_UPDATE'] === '1') writeFileSync(SCHEMA, dumped);
  expect(dumped).toBe(readFileSync(SCHEMA, 'utf8'));
});
