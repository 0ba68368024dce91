import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadedContract } from '#apps/cli';
import { startStandalone, type Standalone } from '#apps/standalone';
import { TOPICS } from '#libs/bus';
import { loadSettings } from '#libs/settings';
import { createLogger } from '#libs/telemetry';
import { eventually, freshDatabase } from '#libs/testkit';

/** Signs for the deployments of these tests. */
export const STAMP_KEY = 'the key of a deployment that lives as long as its test';

export interface Product extends Standalone {
  /** Settings under which other processes reach the same deployment. */
  readonly env: Readonly<Record<string, string>>;
  /** Waits until everything that was appended so far has been judged and saved, no sweep is unfinished, and all is sent. */
  caughtUp(): Promise<void>;
}

/** The whole product in this process, on a database of its own and on the broker named, else on the log in the database. */
export async function startProduct(options: {
  readonly contracts: readonly LoadedContract[];
  readonly configFolder: string;
  readonly brokers?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<Product> {
  const database = await freshDatabase();
  const data = mkdtempSync(join(tmpdir(), 'pactwatch-e2e-data-'));
  const env = {
    DATABASE_URL: database.url,
    PACTWATCH_CONFIG: options.configFolder,
    PACTWATCH_DATA: data,
    PACTWATCH_STAMP_KEY: STAMP_KEY,
    PORT: '0',
    LOG_LEVEL: 'fatal',
    ...(options.brokers === undefined ? {} : { KAFKA_BROKERS: options.brokers }),
    ...options.env,
  };
  const loaded = loadSettings(env, { writesStream: true });
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
  let fatal: Error | undefined;
  const product = await startStandalone({
    settings: loaded.settings,
    logger: createLogger(loaded.settings.logLevel),
    contracts: options.contracts,
    allowInternalWebhooks: true,
    onFatal: (error) => (fatal = error),
  });
  const { store, log } = product.servers;

  async function caughtUp(): Promise<void> {
    const ends = await log.bounds(TOPICS.events);
    const behind = async (): Promise<true | undefined> => {
      if (fatal !== undefined) return true;
      const { rows } = await store.pool.query<{ partition: number; next_offset: string }>(
        'SELECT partition, next_offset FROM partition_owner WHERE topic = $1',
        [TOPICS.events],
      );
      const read = new Map(rows.map((row) => [row.partition, Number(row.next_offset)]));
      if (!ends.every(({ partition, high }) => high === 0 || (read.get(partition) ?? 0) >= high)) return undefined;
      const { rows: left } = await store.pool.query(
        `SELECT 1 FROM contract_state WHERE json_array_length(coalesce(state -> 'sweeps', '[]')) > 0
         UNION ALL SELECT 1 FROM outbox LIMIT 1`,
      );
      return left.length === 0 ? true : undefined;
    };
    await eventually(behind, { within: 120_000 });
    if (fatal !== undefined) throw fatal;
  }

  return {
    ...product,
    env,
    caughtUp,
    close: async () => {
      await product.close();
      await database.drop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
