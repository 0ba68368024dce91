import type { Consumer } from 'kafkajs';
import type { Logger } from '#libs/telemetry';
import type { LogBatch, Subscriber, Subscription } from '../port.js';
import { asLogError, originOf, type Client } from './client.js';
import { fetchedOffset, fetchedRecords } from './kafkajs-internals.js';
import { LogUnavailableError } from '../log-unavailable-error.js';
import { Lane } from './lane.js';
import { OffsetGoneError } from './offset-gone-error.js';
import { readPieces } from './read-batch.js';
import { StallWatch, type StallLimits } from './stall-watch.js';

export interface SubscriptionTools {
  readonly client: Client;
  readonly bounds: (
    topic: string,
  ) => Promise<readonly { readonly partition: number; readonly low: number; readonly high: number }[]>;
  readonly logger: Logger | undefined;
  readonly stall: StallLimits;
}

const DEFAULT_MAX_RECORDS = 1_000;
/** A member that does not show itself for so long loses its partitions. */
const SESSION_MILLIS = 10_000;
const HEARTBEAT_MILLIS = 2_000;
/** How long a fetch waits for records; a partition that is taken up again waits no longer than this. */
const FETCH_WAIT_MILLIS = 200;
const MAX_PARTITION_BYTES = 2 * 1024 * 1024;
const MAX_FETCH_BYTES = 16 * 1024 * 1024;
/** How long a partition that failed waits before it is taken anew: from the first, doubled each time, to the longest. */
const FIRST_PAUSE_MILLIS = 50;
const LONGEST_PAUSE_MILLIS = 2_000;
/** Whoever leaves a group says so and how far it came, unless Kafka does not listen: then its session is over soon anyway. */
const LAST_COMMIT_MILLIS = 2_000;
const LEAVE_MILLIS = 4_000;
/** Positions are told to Kafka as a hint for those who watch the lag; nothing here reads them. */
const COMMIT_MILLIS = 1_000;

/** A member of a consumer group. Where its partitions begin is not Kafka's to say: each waits for `onAssigned`. */
export class KafkaSubscription implements Subscription {
  private readonly consumer: Consumer;
  private readonly lanes = new Map<string, Lane>();
  /** What happens to one partition happens in order: given up before it is taken anew. */
  private readonly order = new Map<string, Promise<void>>();
  private readonly opened = new Set<Lane>();
  private readonly committed = new Map<string, number>();
  /** How often each partition has failed since it last moved. */
  private readonly failures = new Map<string, number>();
  private readonly watch: StallWatch;
  private member: string | undefined;
  private ended = false;
  private closing: Promise<void> | undefined;
  private commitTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly subscriber: Subscriber,
    private readonly tools: SubscriptionTools,
  ) {
    this.consumer = tools.client.kafka.consumer({
      groupId: subscriber.group,
      sessionTimeout: SESSION_MILLIS,
      heartbeatInterval: HEARTBEAT_MILLIS,
      maxWaitTimeInMs: FETCH_WAIT_MILLIS,
      maxBytesPerPartition: MAX_PARTITION_BYTES,
      maxBytes: MAX_FETCH_BYTES,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5 },
    });
    this.watch = new StallWatch(tools.stall, {
      topics: subscriber.topics,
      lanes: () => [...this.lanes.values()],
      bounds: tools.bounds,
      onStalled: (error) => this.fail(error),
    });
  }

  async start(): Promise<void> {
    const { consumer, subscriber } = this;
    // These listeners are called before the fetch loop goes on, and are not waited for: what they do at once is in time.
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => this.joined(payload.memberId, payload.memberAssignment));
    consumer.on(consumer.events.CRASH, ({ payload }) => this.crashed(payload.error, payload.restart));
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0) this.passed(payload.topic, payload.partition, Number(payload.lastOffset) + 1);
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...subscriber.topics], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        partitionsConsumedConcurrently: 8,
        // It never takes long: it only puts the records down.
        eachBatch: async ({ batch }) => {
          const lane = this.lanes.get(placeOf(batch.topic, batch.partition));
          if (lane === undefined) return;
          const next = Number(batch.lastOffset()) + 1;
          const fetched = fetchedOffset(batch);
          const pieces = readPieces(fetchedRecords(batch), fetched, next);
          if (!lane.accept(fetched, pieces, Number(batch.highWatermark))) this.seek(lane);
        },
      });
    } catch (error) {
      this.tools.client.connections.end();
      throw asLogError(error, `subscribing to ${subscriber.topics.join(', ')} failed`);
    }
    this.watch.start();
    this.commitTimer = setInterval(() => void this.commit(), COMMIT_MILLIS);
    this.commitTimer.unref();
  }

  assigned(): { topic: string; partition: number }[] {
    return [...this.lanes.values()].map(({ topic, partition }) => ({ topic, partition }));
  }

  close(): Promise<void> {
    this.closing ??= this.leave();
    return this.closing;
  }

  private async leave(): Promise<void> {
    this.stopTimers();
    const failed = this.ended;
    this.ended = true;
    await Promise.all([...this.lanes.values()].map((lane) => lane.close()));
    if (!failed) await within(LAST_COMMIT_MILLIS, this.commit());
    await this.revokeAll();
    const left = this.consumer.disconnect().catch((error: unknown) => {
      this.tools.logger?.warn({ err: error }, 'The consumer did not disconnect in order.');
    });
    await within(LEAVE_MILLIS, left);
    this.tools.client.connections.end();
  }

  private joined(member: string, assignment: Readonly<Record<string, readonly number[]>>): void {
    if (this.ended) return;
    this.watch.joined();
    // Under a new name it was out of the group for a while: whatever it held may have been another's meanwhile.
    if (this.member !== member) void this.revokeAll();
    this.member = member;
    const now = new Map<string, { topic: string; partition: number }>();
    for (const [topic, partitions] of Object.entries(assignment)) {
      for (const partition of partitions) now.set(placeOf(topic, partition), { topic, partition });
    }
    for (const [place, lane] of this.lanes) if (!now.has(place)) void this.revoke(lane);
    for (const [place, { topic, partition }] of now) {
      const lane = this.lanes.get(place);
      if (lane === undefined) this.assign(topic, partition);
      else this.restore(lane);
    }
  }

  private crashed(error: Error, restart: boolean): void {
    if (this.ended) return;
    if (restart) {
      // It has left the group, and joins it again as a new member.
      if (this.member !== undefined) {
        this.tools.logger?.warn(
          { err: error },
          'The consumer has lost Kafka; it gives up its partitions and joins again.',
        );
      }
      this.member = undefined;
      this.watch.left();
      void this.revokeAll();
    } else {
      void this.explain(originOf(error)).then((cause) => this.fail(cause));
    }
  }

  /** Control records only: kafkajs went past them by itself. */
  private passed(topic: string, partition: number, nextOffset: number): void {
    const lane = this.lanes.get(placeOf(topic, partition));
    if (lane?.position === undefined || nextOffset <= lane.position) return;
    lane.accept(lane.position, [{ records: [], nextOffset }], nextOffset);
  }

  /** @param again where it is begun once more: how many milliseconds later, and up to which offset it was handled before */
  private assign(topic: string, partition: number, again?: { readonly pause: number; readonly handled: number }): void {
    const { subscriber } = this;
    const lane = new Lane({
      topic,
      partition,
      maxRecords: subscriber.maxRecords ?? DEFAULT_MAX_RECORDS,
      onBatch: (batch: LogBatch) => subscriber.onBatch(batch),
      onFull: () => this.hold(lane),
      onDrained: () => this.letGo(lane),
      onFailed: (error) => this.failed(lane, error),
      now: this.tools.stall.now,
    });
    this.lanes.set(placeOf(topic, partition), lane);
    this.hold(lane);
    void this.inOrder(lane, async () => {
      if (again !== undefined) await lane.pause(again.pause);
      const start = await lane.persist(async () => {
        if (again !== undefined) await this.mustBeMember(topic, partition, again.handled);
        return subscriber.onAssigned(topic, partition);
      });
      if (start === undefined) return;
      this.opened.add(lane);
      if (lane.closed) return;
      lane.open(start);
      this.seek(lane);
      this.letGo(lane);
    }).catch((error: unknown) => this.fail(error));
  }

  /** What may pass is begun anew where its subscriber says, behind which nothing that was fetched counts. */
  private failed(lane: Lane, error: unknown): void {
    if ((error as { retriable?: unknown } | null)?.retriable !== true) return this.fail(error);
    const { topic, partition } = lane;
    const place = placeOf(topic, partition);
    if (this.ended || this.lanes.get(place) !== lane) return;
    const failures = lane.progressed ? 0 : (this.failures.get(place) ?? 0);
    this.failures.set(place, failures + 1);
    const pause = Math.min(FIRST_PAUSE_MILLIS * 2 ** failures, LONGEST_PAUSE_MILLIS);
    this.tools.logger?.debug({ err: error, topic, partition, pause }, 'The partition is begun again.');
    void this.revoke(lane);
    this.assign(topic, partition, { pause, handled: lane.handled });
  }

  /**
   * Who has slept does not know yet that the group went on without it, and what failed may have failed for that: begun again
   * at once, it would throw out whoever has the partition now. Kafka takes a position from a member only.
   *
   * @throws LogUnavailableError while Kafka does not take this one for a member; the next join says what is to be done
   */
  private async mustBeMember(topic: string, partition: number, handled: number): Promise<void> {
    try {
      await this.consumer.commitOffsets([{ topic, partition, offset: String(handled) }]);
    } catch (error) {
      const cause = originOf(error);
      throw new LogUnavailableError(`${topic}/${partition} may be another's: ${cause.message}`, { cause });
    }
  }

  private async revoke(lane: Lane): Promise<void> {
    this.lanes.delete(placeOf(lane.topic, lane.partition));
    this.committed.delete(placeOf(lane.topic, lane.partition));
    const closed = lane.close();
    await this.inOrder(lane, async () => {
      await closed;
      if (!this.opened.delete(lane)) return;
      await this.subscriber.onRevoked(lane.topic, lane.partition);
    }).catch((error: unknown) => {
      const { topic, partition } = lane;
      this.tools.logger?.warn({ err: error, topic, partition }, 'Giving up a partition failed.');
    });
  }

  private async revokeAll(): Promise<void> {
    await Promise.all([...this.lanes.values()].map((lane) => this.revoke(lane)));
  }

  private inOrder({ topic, partition }: Lane, step: () => Promise<void>): Promise<void> {
    const place = placeOf(topic, partition);
    const done = (this.order.get(place) ?? Promise.resolve()).then(step);
    this.order.set(
      place,
      done.catch(() => undefined),
    );
    return done;
  }

  /** A rebalance forgets positions. */
  private restore(lane: Lane): void {
    if (lane.position === undefined || lane.full) this.hold(lane);
    else this.letGo(lane);
    if (lane.position !== undefined) this.seek(lane);
  }

  private seek({ topic, partition, position }: Lane): void {
    if (position === undefined) return;
    this.whileRunning(() => this.consumer.seek({ topic, partition, offset: String(position) }));
  }

  private hold({ topic, partition }: Lane): void {
    this.whileRunning(() => this.consumer.pause([{ topic, partitions: [partition] }]));
  }

  private letGo({ topic, partition }: Lane): void {
    this.whileRunning(() => this.consumer.resume([{ topic, partitions: [partition] }]));
  }

  /** Between a crash and its restart there is no consumer; the next join restores all of it. */
  private whileRunning(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.tools.logger?.debug({ err: error }, 'The consumer is not running just now.');
    }
  }

  private async commit(): Promise<void> {
    const moved = [...this.lanes.values()].filter(
      (lane) => lane.position !== undefined && this.committed.get(placeOf(lane.topic, lane.partition)) !== lane.handled,
    );
    if (moved.length === 0) return;
    const offsets = moved.map(({ topic, partition, handled }) => ({ topic, partition, offset: String(handled) }));
    try {
      await this.consumer.commitOffsets(offsets);
      for (const { topic, partition, offset } of offsets) this.committed.set(placeOf(topic, partition), Number(offset));
    } catch (error) {
      this.tools.logger?.debug({ err: error }, 'Kafka did not take the positions; they are only a hint.');
    }
  }

  /** An offset out of range, with the numbers that say what is missing. */
  private async explain(error: Error): Promise<Error> {
    if (!(error instanceof OffsetGoneError)) return error;
    const { topic, partition } = error;
    const position = this.lanes.get(placeOf(topic, partition))?.position;
    const bounds = await this.tools.bounds(topic).catch(() => []);
    const here = bounds.find((one) => one.partition === partition);
    return new OffsetGoneError(topic, partition, position, here);
  }

  private fail(error: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.stopTimers();
    for (const lane of this.lanes.values()) void lane.close();
    this.subscriber.onFatal(error instanceof Error ? error : new Error(String(error)));
    void this.close();
  }

  private stopTimers(): void {
    this.watch.stop();
    clearInterval(this.commitTimer);
  }
}

/** Waits no longer than that; what is waited for does not reject. */
async function within(millis: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, millis)))]);
  clearTimeout(timer);
}

function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
