import pg from 'pg';
import { freshDatabase, type FreshDatabase } from '#libs/testkit';
import { migrate } from './migrations/migrate.js';

let database: FreshDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await freshDatabase();
  await migrate(database.url);
  pool = new pg.Pool({ connectionString: database.url });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** A contract with its published file, and one verdict. */
async function aContract(contract: string, file: string, subject: string): Promise<void> {
  const hash = `hash of ${contract}`;
  await pool.query(
    `INSERT INTO contract_state VALUES ($1, 'platform.events', 0, '2026-03-01Z', 1, '{}', '2026-03-01Z')`,
    [contract],
  );
  await pool.query(`INSERT INTO document (hash, kind, bytes) VALUES ($1, 'contract', $2)`, [hash, Buffer.from(file)]);
  await pool.query(`INSERT INTO published_contract VALUES ($1, 1, $2, '{}', '2026-01-01Z', '2026-01-01Z')`, [
    contract,
    hash,
  ]);
  await pool.query(
    `INSERT INTO verdict VALUES ($1, 'answer', $2, 1, '1', 'provider', 'breached', '2026-02-01Z', '2026-02-02Z', NULL, 'k', 1, 1,
       '2026-02-02Z', '{}', true)`,
    [contract, subject],
  );
}

async function linksOf(contract: string): Promise<(string | null)[]> {
  const { rows } = await pool.query<{ audit_path: string; case_link: string | null }>(
    'SELECT audit_path, case_link FROM reporting.verdict WHERE contract = $1',
    [contract],
  );
  return [rows[0]?.audit_path ?? null, rows[0]?.case_link ?? null];
}

it.each([
  ['plain', 'contract: plain\ncaseLink: https://crm.example.com/c/{subject}?x=1\nzone: UTC\n', '?x=1'],
  ['quoted', "caseLink: 'https://crm.example.com/c/{subject}' # of the platform\n", ''],
  ['none', "title: 'caseLink: https://no.example.com/{subject}'\n  caseLink: https://no.example.com/{subject}\n", null],
])('leads from a row to its explanation and to the page of its case (%s)', async (contract, file, end) => {
  const subject = 'A/1 投诉&?%';
  await aContract(contract, file, subject);
  const part = encodeURIComponent(subject);
  expect(await linksOf(contract)).toEqual([
    `/v1/verdicts/${contract}/answer/${part}/1`,
    end === null ? null : `https://crm.example.com/c/${part}${end}`,
  ]);
});

it('encodes as links are encoded', async () => {
  for (const text of ['', 'abc-_.~XYZ019', 'a b+c', '编号 №1', '😀', "it's (1)*!"]) {
    const { rows } = await pool.query<{ part: string }>('SELECT reporting.url_part($1) AS part', [text]);
    expect(decodeURIComponent(rows[0]?.part ?? '')).toBe(text);
    expect(rows[0]?.part).toMatch(/^[A-Za-z0-9_.~%-]*$/);
  }
});

it('lets its reader select from every view, and from no table', async () => {
  const { rows } = await pool.query<{ schema: string; name: string; may: boolean }>(
    `SELECT n.nspname AS schema, c.relname AS name, has_table_privilege('pactwatch_reader', c.oid, 'SELECT') AS may
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('public', 'reporting') AND c.relkind IN ('r', 'p', 'v')`,
  );
  expect(rows.filter(({ schema }) => schema === 'reporting').length).toBeGreaterThan(8);
  expect(rows.filter(({ schema, may }) => may !== (schema === 'reporting'))).toEqual([]);
});
