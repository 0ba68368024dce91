import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface FreshDatabase {
  readonly url: string;
  /** Ends what is still connected. */
  drop(): Promise<void>;
}

/** An empty database with a name of its own on the test server. */
export async function freshDatabase(server = process.env['PACTWATCH_TEST_DATABASE_URL']): Promise<FreshDatabase> {
  if (server === undefined)
    throw new Error('PACTWATCH_TEST_DATABASE_URL is not set: this test needs PACTWATCH_TESTS=int.');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  await run(server, `CREATE DATABASE ${name}`);
  return { url: url.href, drop: () => run(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function run(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
