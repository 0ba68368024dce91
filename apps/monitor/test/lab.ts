import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  createPostgresLog,
  homePartition,
  productTopics,
  TOPICS,
  type Log,
  type LogBatch,
  type LogRecord,
  type NewRecord,
} from '#libs/bus';
import { Store } from '#libs/store';
import { createLogger, createMetrics } from '#libs/telemetry';
import { connectMonitor } from '../src/connect-monitor.js';
import { Monitor } from '../src/monitor.js';
import { MonitorModule } from '../src/monitor.module.js';
import type { MonitorOptions } from '../src/monitor-options.js';
import { Ticker } from '../src/ticker.js';
import { always, type PublishedText } from './lab-contract.js';
import { ownRecord, STAMP_KEY } from './lab-records.js';

export const PARTITIONS = 4;
const READS_AT_ONCE = 8;

export interface Told {
  readonly number: number;
  readonly type: string;
  readonly subject: string;
  /** The public record. */
  readonly record: Record<string, unknown>;
}

/** A database with a log in it, and the monitors that work on them. */
export class Lab {
  private readonly closing: (() => Promise<void>)[] = [];
  /** Why a stream could not be read on. */
  readonly fatal: Error[] = [];

  private constructor(
    private readonly url: string,
    readonly store: Store,
    readonly log: Log,
  ) {}

  static async open(url: string): Promise<Lab> {
    const store = await Store.connect(url);
    await store.migrate();
    const log = createPostgresLog({ pool: store.pool });
    await log.ensureTopics(productTopics(PARTITIONS));
    return new Lab(url, store, log);
  }

  async close(): Promise<void> {
    for (const step of this.closing.splice(0).reverse()) await step();
    await this.log.close();
    await this.store.close();
  }

  /** A monitor as a process has it, reading. Returns it and how to stop it. */
  async start(): Promise<{ readonly monitor: Monitor; readonly stop: () => Promise<void> }> {
    const { options, close } = await this.tools('running');
    const module = await Test.createTestingModule({ imports: [MonitorModule.register(options)] }).compile();
    module.useLogger(false);
    const app: INestApplication = module.createNestApplication();
    connectMonitor(app, options.log, (error) => this.fatal.push(error));
    await app.startAllMicroservices();
    await app.init();
    const stop = this.once(async () => {
      await app.close();
      await close();
    });
    return { monitor: app.get(Monitor), stop };
  }

  /**
   * A monitor that reads what it is handed; its ticks go out by the partition's deadlines only.
   *
   * @param change what it meets instead of the real thing
   */
  async byHand(change: (options: MonitorOptions) => Partial<MonitorOptions> = () => ({})): Promise<Monitor> {
    const { options, close } = await this.tools('by hand');
    const changed = { ...options, ...change(options) };
    const monitor = new Monitor(changed, new Ticker(changed));
    this.once(async () => {
      await monitor.close();
      await close();
    });
    return monitor;
  }

  /** What a partition holds from an offset on, as the log would hand it over. */
  async batch(partition: number, from = 0): Promise<LogBatch> {
    const { low, high } = (await this.log.bounds(TOPICS.events))[partition]!;
    const offsets = Array.from({ length: high - Math.max(low, from) }, (_, index) => Math.max(low, from) + index);
    const records: LogRecord[] = [];
    // So many connections the log has: where more wait for one, a busy machine may let them wait for too long.
    for (let at = 0; at < offsets.length; at += READS_AT_ONCE) {
      const some = offsets.slice(at, at + READS_AT_ONCE);
      const read = await Promise.all(some.map((offset) => this.log.readOne(TOPICS.events, partition, offset)));
      records.push(...read.filter((record) => record !== undefined));
    }
    return { topic: TOPICS.events, partition, records, nextOffset: high, highWatermark: high, undecodable: [] };
  }

  async append(...records: NewRecord[]): Promise<void> {
    await this.log.append(records);
  }

  async publish(published: PublishedText): Promise<void> {
    const { contract, text, hash } = published;
    await this.store.putDocument(always.hash, 'calendar', Buffer.from(always.text));
    await this.store.putDocument(hash, 'contract', Buffer.from(text));
    await this.append(
      ownRecord({
        id: `${contract.id}/${contract.version}`,
        source: '/pactwatch/publish',
        type: 'contract.published',
        subject: undefined,
        time: Date.now(),
        contract: contract.id,
        data: { version: contract.version, hash, from: null, calendars: { [always.id]: always.hash } },
      }),
    );
  }

  async decisions(contract: string): Promise<Told[]> {
    const { rows } = await this.store.pool.query<Told>(
      `SELECT number::float8 AS number, replace(type, 'compliance.', '') AS type, subject, record::jsonb AS record
       FROM decision WHERE contract = $1 ORDER BY number`,
      [contract],
    );
    return rows;
  }

  async count(table: string, contract: string): Promise<number> {
    const { rows } = await this.store.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${table} WHERE contract = $1`,
      [contract],
    );
    return rows[0]!.n;
  }

  private async tools(process: string): Promise<{ options: MonitorOptions; close: () => Promise<void> }> {
    const store = await Store.connect({ url: this.url, name: 'monitor' });
    const log = createPostgresLog({ pool: store.pool });
    const close = async (): Promise<void> => {
      await log.close();
      await store.close();
    };
    const metrics = createMetrics({ node: false });
    const logger = createLogger('silent');
    return { options: { store, log, stampKey: STAMP_KEY, process, partitions: PARTITIONS, metrics, logger }, close };
  }

  private once(step: () => Promise<void>): () => Promise<void> {
    let done: Promise<void> | undefined;
    const stop = (): Promise<void> => (done ??= step());
    this.closing.push(stop);
    return stop;
  }
}

/** An id whose contract lives in a partition. */
export function idAt(partition: number): string {
  for (let n = 1; ; n++) if (homePartition(`LAB-${n}`, PARTITIONS) === partition) return `LAB-${n}`;
}
