import pg from 'pg';
import { Failure } from '../failure.js';

/** Databases of one benchmark on one server; what is made goes at the end. */
export class BenchDatabases {
  private readonly made = new Set<string>();

  private constructor(
    private readonly serverUrl: string,
    private readonly client: pg.Client,
    private readonly prefix: string,
  ) {}

  /** @throws Failure (3) when the server does not answer */
  static async connect(serverUrl: string, prefix: string): Promise<BenchDatabases> {
    const client = new pg.Client({ connectionString: serverUrl, application_name: 'pactwatch-bench' });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      throw new Failure(3, `the database does not answer: ${(error as Error).message}`, { cause: error });
    }
    return new BenchDatabases(serverUrl, client, prefix);
  }

  /**
   * @param template another one made here, to which nobody is connected; null: an empty one
   * @returns its URL
   */
  async make(name: string, template: string | null): Promise<string> {
    const database = `${this.prefix}_${name}`;
    const from = template === null ? '' : ` TEMPLATE ${nameOf(template)}`;
    try {
      await this.client.query(`CREATE DATABASE ${database}${from}`);
    } catch (error) {
      throw new Failure(
        3,
        `no database can be made on the server: ${(error as Error).message} (the user of DATABASE_URL needs the right CREATEDB)`,
        { cause: error },
      );
    }
    this.made.add(database);
    // What copying has left to write must not fall into the measurement. Not everybody may ask for it.
    await this.client.query('CHECKPOINT').catch(() => undefined);
    const url = new URL(this.serverUrl);
    url.pathname = `/${database}`;
    return url.href;
  }

  async drop(url: string): Promise<void> {
    const database = nameOf(url);
    if (!this.made.delete(database)) return;
    await this.client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  }

  async close(): Promise<void> {
    try {
      for (const database of this.made) await this.client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    } finally {
      await this.client.end();
    }
  }
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}
