import type { Pool } from 'pg';

const LOCK_TIMEOUT = '2s';
const ATTEMPTS = 5;
const PAUSE_MILLIS = 200;
const LOCK_NOT_AVAILABLE = '55P03';

/** Any fixed number will do: it only has to be the same in every release. */
const LOCK = 7_210_405_120;

/** Makes and remembers the monthly partitions of `fact`, by UTC month of recording. */
export class FactPartitions {
  private readonly known = new Set<string>();

  constructor(private readonly pool: Pool) {}

  /**
   * Makes what is missing from the month of `now` to `monthsAhead` months later.
   *
   * @param now epoch milliseconds
   */
  async ensure(now: number, monthsAhead: number): Promise<void> {
    const first = new Date(now);
    for (let ahead = 0; ahead <= monthsAhead; ahead++) {
      const from = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + ahead));
      const name = `fact_${from.toISOString().slice(0, 7).replace('-', '_')}`;
      if (this.known.has(name)) continue;
      const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1));
      await this.make(name, from.toISOString(), to.toISOString());
      this.known.add(name);
    }
  }

  private async make(name: string, from: string, to: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.attempt(name, from, to);
        return;
      } catch (error) {
        if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE || attempt === ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLIS * attempt));
      }
    }
  }

  /** The table is made by itself and then attached: attaching lets writers go on, which creating it in place would not. */
  private async attempt(name: string, from: string, to: string): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
      const { rows } = await client.query<{ present: boolean }>('SELECT to_regclass($1) IS NOT NULL AS present', [
        name,
      ]);
      if (rows[0]?.present !== true) {
        await client.query(
          `SET LOCAL lock_timeout = '${LOCK_TIMEOUT}';
           CREATE TABLE ${name} (LIKE fact INCLUDING ALL);
           CREATE TRIGGER ${name}_no_truncate BEFORE TRUNCATE ON ${name} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
           ALTER TABLE fact ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`,
        );
      }
      await client.query('COMMIT');
      client.release();
    } catch (error) {
      const broken = await client.query('ROLLBACK').then(
        () => false,
        () => true,
      );
      client.release(broken);
      throw error;
    }
  }
}
