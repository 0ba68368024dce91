import { Monitor, Ticker, type MonitorOptions } from '#apps/monitor';
import { TOPICS, type LogBatch, type NewRecord } from '#libs/bus';
import type { Store } from '#libs/store';
import { createLogger, createMetrics, type Metrics } from '#libs/telemetry';
import type { Calls } from './calls.js';
import type { Database } from './database.js';
import { ProcessStore } from './process-store.js';
import { ProcessLog, type SharedLog } from './shared-log.js';
import { PARTITIONS, STAMP_KEY } from './streams.js';

const FIRST_PAUSE_MILLIS = 50;
const LONGEST_PAUSE_MILLIS = 2_000;

export interface Surroundings {
  readonly database: Database;
  readonly log: SharedLog;
  readonly calls: Calls;
  /** The true time, which nobody in a process can read. */
  readonly now: () => number;
  readonly limits: { readonly firings: number; readonly heldStates: number };
  /** A process has met what ends it. */
  readonly onFatal: (process: Process, error: Error) => void;
  readonly onSent: (records: readonly NewRecord[]) => void;
  readonly onDelivered: (process: Process, batch: LogBatch) => void;
}

/** One partition as the consumer of a process has it: opened where the owner says, one batch after the other. */
interface Lane {
  readonly partition: number;
  closed: boolean;
  opened: boolean;
  /** A call of the handler is under way; the next waits for it. */
  busy: boolean;
  /** Batches that were taken and are not settled. */
  unsettled: number;
  /** Everything below has been handed over. */
  handedOver: number;
  progressed: boolean;
  /** Ends when nothing is under way for it any more. */
  running: Promise<void>;
  settling: Promise<void>;
}

interface Timer {
  readonly due: number;
  readonly call: () => void;
}

const metrics: Metrics = createMetrics({ node: false });
const logger = createLogger('silent');

/**
 * A process of the monitor: the real one, with the timers, the clock, the connections and the consumer of a machine that the
 * simulation keeps. `name` is unlike that of every process before it.
 */
export class Process {
  readonly monitor: Monitor;
  readonly ticker: Ticker;
  readonly store: ProcessStore;
  readonly log: ProcessLog;
  /** By how much its clock is ahead of the true time. */
  skew = 0;
  /** It gets no time until then. */
  asleepUntil = 0;
  dead = false;
  private timers = new Set<Timer>();
  private readonly lanes = new Map<number, Lane>();
  /** How often each partition has failed since it last moved. */
  private readonly failures = new Map<number, number>();
  /** What happens to one partition happens in order: given up before it is taken anew. */
  private readonly order = new Map<number, Promise<void>>();

  constructor(
    readonly name: string,
    private readonly world: Surroundings,
  ) {
    this.store = new ProcessStore(name, world.database, world.calls);
    this.log = new ProcessLog(name, world.log, world.calls, (records) => world.onSent(records));
    const options: MonitorOptions = {
      store: this.store as unknown as Store,
      log: this.log as unknown as MonitorOptions['log'],
      stampKey: STAMP_KEY,
      process: name,
      partitions: PARTITIONS,
      metrics,
      logger,
      time: { now: () => world.now() + this.skew, after: (millis, call) => this.after(millis, call) },
      limits: world.limits,
    };
    this.ticker = new Ticker(options);
    this.monitor = new Monitor(options, this.ticker);
  }

  get awake(): boolean {
    return !this.dead && this.asleepUntil <= this.world.now();
  }

  /** True while it does something or has something to do at once. */
  get busy(): boolean {
    return (
      [...this.lanes.values()].some((lane) => !lane.opened || lane.busy || lane.unsettled > 0) || this.order.size > 0
    );
  }

  holds(): readonly number[] {
    return [...this.lanes.keys()];
  }

  isHandling(partition: number): boolean {
    const lane = this.lanes.get(partition);
    return lane !== undefined && (lane.busy || lane.unsettled > 0);
  }

  /** When its earliest timer is due, in true time. */
  nextTimer(): number | undefined {
    let next: number | undefined;
    for (const { due } of this.timers) if (next === undefined || due < next) next = due;
    return next;
  }

  /** Calls one timer that is due; false where none is. */
  fireTimer(): boolean {
    let first: Timer | undefined;
    for (const timer of this.timers)
      if (timer.due <= this.world.now() && (first === undefined || timer.due < first.due)) first = timer;
    if (first === undefined) return false;
    this.timers.delete(first);
    first.call();
    return true;
  }

  /** The group says which partitions are its own now. */
  joined(partitions: readonly number[]): void {
    for (const lane of [...this.lanes.values()]) if (!partitions.includes(lane.partition)) this.revoke(lane);
    for (const partition of partitions) if (!this.lanes.has(partition)) this.assign(partition);
  }

  /** Whether records wait for a lane that is free. */
  canRead(partition: number): boolean {
    const lane = this.lanes.get(partition);
    if (lane === undefined || lane.closed || !lane.opened || lane.busy) return false;
    return lane.handedOver < this.world.log.records(TOPICS.events, partition).length;
  }

  /** Hands over the next records, `back` of them once more. */
  read(partition: number, most: number, back: number): void {
    const lane = this.lanes.get(partition)!;
    const all = this.world.log.records(TOPICS.events, partition);
    const from = Math.max(0, lane.handedOver - back);
    const to = Math.min(all.length, lane.handedOver + most);
    const batch: LogBatch = {
      topic: TOPICS.events,
      partition,
      records: all.slice(from, to),
      nextOffset: to,
      highWatermark: all.length,
      undecodable: [],
    };
    this.world.onDelivered(this, batch);
    lane.busy = true;
    lane.handedOver = to;
    lane.running = this.hand(lane, batch).finally(() => (lane.busy = false));
  }

  /** Gives everything up in order, as at SIGTERM. */
  async close(): Promise<void> {
    this.monitor.stopReading();
    await Promise.all([...this.lanes.values()].map((lane) => this.revoke(lane)));
    await this.monitor.close();
  }

  kill(): void {
    this.dead = true;
    this.timers = new Set();
  }

  private async hand(lane: Lane, batch: LogBatch): Promise<void> {
    try {
      const taken = await this.monitor.read(batch);
      lane.settling = this.settle(lane, taken.settled);
    } catch (error) {
      this.failed(lane, error);
    }
  }

  private async settle(lane: Lane, settled: Promise<void>): Promise<void> {
    lane.unsettled++;
    try {
      await settled;
      lane.progressed = true;
    } catch (error) {
      this.failed(lane, error);
    } finally {
      lane.unsettled--;
    }
  }

  /** What may pass is begun anew where the owner says. */
  private failed(lane: Lane, error: unknown): void {
    if (lane.closed) return;
    if ((error as { retriable?: unknown }).retriable !== true) return this.fail(error);
    const { partition } = lane;
    const failures = lane.progressed ? 0 : (this.failures.get(partition) ?? 0);
    this.failures.set(partition, failures + 1);
    void this.revoke(lane);
    this.assign(partition, Math.min(FIRST_PAUSE_MILLIS * 2 ** failures, LONGEST_PAUSE_MILLIS));
  }

  private assign(partition: number, pause = 0): void {
    const lane: Lane = {
      partition,
      closed: false,
      opened: false,
      busy: false,
      unsettled: 0,
      handedOver: 0,
      progressed: false,
      running: Promise.resolve(),
      settling: Promise.resolve(),
    };
    this.lanes.set(partition, lane);
    void this.inOrder(partition, async () => {
      if (pause > 0) await this.pause(pause);
      const start = await this.persist(lane, () => this.monitor.assigned(TOPICS.events, partition));
      if (start === undefined) return;
      lane.opened = true;
      lane.handedOver = start;
    });
  }

  private revoke(lane: Lane): Promise<void> {
    this.lanes.delete(lane.partition);
    lane.closed = true;
    return this.inOrder(lane.partition, async () => {
      await lane.running;
      await lane.settling;
      if (lane.opened) await this.monitor.revoked(TOPICS.events, lane.partition);
    });
  }

  private inOrder(partition: number, work: () => Promise<void>): Promise<void> {
    const before = this.order.get(partition) ?? Promise.resolve();
    const done = before.then(work).catch((error: unknown) => this.fail(error));
    this.order.set(partition, done);
    void done.then(() => {
      if (this.order.get(partition) === done) this.order.delete(partition);
    });
    return done;
  }

  private async persist<T>(lane: Lane, work: () => Promise<T>): Promise<T | undefined> {
    for (let pause = FIRST_PAUSE_MILLIS; !lane.closed; pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS)) {
      try {
        return await work();
      } catch (error) {
        if ((error as { retriable?: unknown }).retriable !== true) throw error;
        await this.pause(pause);
      }
    }
    return undefined;
  }

  private pause(millis: number): Promise<void> {
    return new Promise((resolve) => void this.after(millis, resolve));
  }

  private after(millis: number, call: () => void): () => void {
    const timer: Timer = { due: this.world.now() + Math.max(1, millis), call };
    if (!this.dead) this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  private fail(error: unknown): void {
    if (!this.dead) this.world.onFatal(this, error instanceof Error ? error : new Error(String(error)));
  }
}
