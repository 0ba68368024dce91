import { freshDatabase, tcpProxy, type FreshDatabase } from '#libs/testkit';
import { createPool } from './create-pool.js';
import { isTransient } from './is-transient.js';

const STATEMENT_TIMEOUT_MILLIS = 400;

describe('a pool whose server is not heard any more over connections that are open', () => {
  let database: FreshDatabase;
  let proxy: Awaited<ReturnType<typeof tcpProxy>>;

  beforeAll(async () => {
    database = await freshDatabase();
    const { hostname, port } = new URL(database.url);
    proxy = await tcpProxy({ host: hostname, port: Number(port) });
  });

  afterAll(async () => {
    await proxy?.close();
    await database?.drop();
  });

  it('gives up what it asked with an error that passes, and asks the next over a new connection', async () => {
    const url = new URL(database.url);
    url.port = String(proxy.port);
    const limits = { max: 1, statementTimeoutMillis: STATEMENT_TIMEOUT_MILLIS };
    const pool = createPool({ url: url.href, name: 'silenced', ...limits });
    try {
      await pool.query('SELECT 1');
      proxy.silence();
      const error: unknown = await pool.query('SELECT 2').catch((failure: unknown) => failure);
      expect(error).toMatchObject({ message: 'Query read timeout' });
      expect(isTransient(error)).toBe(true);
      expect((await pool.query('SELECT 3 AS three')).rows).toEqual([{ three: 3 }]);
    } finally {
      await pool.end();
    }
  });
});

describe('a pool whose server was told to write values otherwise', () => {
  let database: FreshDatabase;

  beforeAll(async () => {
    database = await freshDatabase();
  });

  afterAll(async () => {
    await database?.drop();
  });

  it('reads numbers, instants and bytes as they are', async () => {
    const admin = createPool({ url: database.url, name: 'administrator', max: 1 });
    const name = new URL(database.url).pathname.slice(1);
    for (const setting of ['extra_float_digits = -10', `DateStyle = 'German, DMY'`, 'bytea_output = escape']) {
      await admin.query(`ALTER DATABASE ${name} SET ${setting}`);
    }
    await admin.end();
    const pool = createPool({ url: database.url, name: 'otherwise', max: 1 });
    try {
      const { rows } = await pool.query(
        `SELECT 1764451234567::float8 AS millis, '2026-03-04T05:06:07.089Z'::timestamptz AS at, '\\x00ff'::bytea AS bytes`,
      );
      expect(rows).toEqual([
        { millis: 1_764_451_234_567, at: new Date('2026-03-04T05:06:07.089Z'), bytes: Buffer.from([0, 255]) },
      ]);
    } finally {
      await pool.end();
    }
  });
});
