import { Partitioners, type Kafka, type Message, type Producer } from 'kafkajs';
import type { Logger } from '#libs/telemetry';
import type { Appended, NewRecord } from '../port.js';
import { LogUnavailableError } from '../log-unavailable-error.js';
import { asLogError } from './client.js';

/** A record whose partition is known. */
export interface Placed {
  readonly topic: string;
  readonly partition: number;
  readonly message: Message;
  readonly bytes: number;
}

/** One call of `append`, perhaps sent in several requests, perhaps together with others. */
interface Append {
  readonly records: readonly Placed[];
  readonly results: Appended[];
  readonly resolve: (results: readonly Appended[]) => void;
  readonly reject: (error: Error) => void;
}

interface Share {
  readonly append: Append;
  readonly record: Placed;
}

/** kafkajs does not split a send. A broker takes 1 MB for one partition at once unless its topic says otherwise. */
const MAX_SHARE_BYTES = 900_000;
const MAX_SHARE_RECORDS = 2_000;
const MAX_REQUEST_BYTES = 8_000_000;
/** How long an append is tried; longer than a broker's restart. */
const PATIENCE_MILLIS = 20_000;
const FIRST_PAUSE_MILLIS = 100;
const LONGEST_PAUSE_MILLIS = 2_000;
/** Per record: lengths, deltas and attributes; per header: two lengths. Generous. */
const RECORD_OVERHEAD = 40;
const HEADER_OVERHEAD = 10;

/**
 * Sends what is appended meanwhile together, one request at a time: two requests of one idempotent producer under way at
 * once can, when one of them fails, leave the other taken for its repetition and lost. For the same reason a producer is
 * not used again after a failure.
 */
export class Appender {
  private readonly waiting: Append[] = [];
  private sending: Promise<void> | undefined;
  private producer: Promise<Producer> | undefined;
  private closed = false;

  constructor(
    private readonly client: Kafka,
    private readonly logger: Logger | undefined,
  ) {}

  append(records: readonly Placed[]): Promise<readonly Appended[]> {
    if (this.closed) return Promise.reject(new Error('the log is closed'));
    if (records.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.waiting.push({ records, results: [], resolve, reject });
      this.sending ??= this.send().finally(() => (this.sending = undefined));
    });
  }

  /** What was appended before is sent first. */
  async close(): Promise<void> {
    this.closed = true;
    await this.sending;
    await this.discard();
  }

  private async send(): Promise<void> {
    // Whoever appends in the same turn goes along.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const shares = nextShares(this.waiting);
      const failure = await this.persist(shares);
      if (failure === undefined) continue;
      const appends = new Set(shares.map((share) => share.append));
      // One record that Kafka refuses must not fail what other callers have appended beside it.
      if (appends.size > 1 && !(failure instanceof LogUnavailableError)) await this.sendEach(appends);
      else for (const append of appends) this.settle(append, () => append.reject(failure));
    }
  }

  private async sendEach(appends: Iterable<Append>): Promise<void> {
    for (const append of appends) {
      let failure: Error | undefined;
      while (failure === undefined && append.results.length < append.records.length) {
        failure = await this.persist(nextShares([append]));
        if (failure !== undefined) this.settle(append, () => append.reject(failure!));
      }
    }
  }

  /**
   * Undefined once acknowledged, else why not. What may pass is sent again: perhaps appended twice, never lost. (kafkajs
   * gives up at the first refused connection.)
   */
  private async persist(shares: readonly Share[]): Promise<Error | undefined> {
    const deadline = Date.now() + PATIENCE_MILLIS;
    for (let pause = FIRST_PAUSE_MILLIS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS)) {
      try {
        this.acknowledge(shares, await this.request(shares.map((share) => share.record)));
        return undefined;
      } catch (error) {
        await this.discard();
        const failure = asLogError(error, 'appending failed');
        if (!(failure instanceof LogUnavailableError) || this.closed || Date.now() > deadline) return failure;
        if (pause === FIRST_PAUSE_MILLIS)
          this.logger?.warn({ err: failure }, 'Kafka did not take records; sent again.');
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  private acknowledge(shares: readonly Share[], results: readonly Appended[]): void {
    shares.forEach(({ append }, index) => append.results.push(results[index]!));
    for (const append of new Set(shares.map((share) => share.append))) {
      if (append.results.length === append.records.length) this.settle(append, () => append.resolve(append.results));
    }
  }

  private settle(append: Append, how: () => void): void {
    this.waiting.splice(this.waiting.indexOf(append), 1);
    how();
  }

  private async request(records: readonly Placed[]): Promise<Appended[]> {
    const producer = await (this.producer ??= this.connect());
    const sentAt = Date.now();
    const answers = await producer.sendBatch({ acks: -1, topicMessages: byTopic(records, String(sentAt)) });
    const next = new Map<string, { offset: number; appendedAt: number }>();
    for (const { topicName, partition, baseOffset, logAppendTime } of answers) {
      const appendedAt = Number(logAppendTime ?? -1);
      // A topic that keeps its senders' times says so with -1; ours is the one just sent.
      const from = { offset: Number(baseOffset), appendedAt: appendedAt < 0 ? sentAt : appendedAt };
      next.set(`${topicName}/${partition}`, from);
    }
    return records.map(({ topic, partition }) => {
      const at = next.get(`${topic}/${partition}`)!;
      const offset = at.offset;
      at.offset += 1;
      return { topic, partition, offset, appendedAt: at.appendedAt };
    });
  }

  private async connect(): Promise<Producer> {
    const producer = this.client.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return producer;
  }

  private async discard(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    await producer?.then((one) => one.disconnect()).catch(() => undefined);
  }
}

/** Records that wait, in order, as many as one request may carry; at least one. */
function nextShares(waiting: readonly Append[]): Share[] {
  const shares: Share[] = [];
  const filled = new Map<string, { bytes: number; records: number }>();
  let bytes = 0;
  for (const append of waiting) {
    for (const record of append.records.slice(append.results.length)) {
      const place = `${record.topic}/${record.partition}`;
      const share = filled.get(place) ?? { bytes: 0, records: 0 };
      const fits =
        share.records === 0 || (share.bytes + record.bytes <= MAX_SHARE_BYTES && share.records < MAX_SHARE_RECORDS);
      if (shares.length > 0 && (!fits || bytes + record.bytes > MAX_REQUEST_BYTES)) return shares;
      filled.set(place, { bytes: share.bytes + record.bytes, records: share.records + 1 });
      bytes += record.bytes;
      shares.push({ append, record });
    }
  }
  return shares;
}

function byTopic(records: readonly Placed[], timestamp: string): { topic: string; messages: Message[] }[] {
  const topics = new Map<string, Message[]>();
  for (const { topic, message } of records) {
    const messages = topics.get(topic);
    if (messages === undefined) topics.set(topic, [{ ...message, timestamp }]);
    else messages.push({ ...message, timestamp });
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}

export function place({ topic, key, value, headers }: NewRecord, partition: number): Placed {
  const sent: Record<string, string | Buffer> = {};
  let bytes = RECORD_OVERHEAD + lengthOf(key) + lengthOf(value);
  for (const [name, header] of Object.entries(headers ?? {})) {
    // Callers in JavaScript's habit leave optional headers undefined; kafkajs would fail on them.
    if (header === undefined || header === null) continue;
    sent[name] = header;
    bytes += HEADER_OVERHEAD + lengthOf(name) + lengthOf(header);
  }
  const message: Message = { key, value: value === null ? null : value, headers: sent, partition };
  return { topic, partition, message, bytes };
}

function lengthOf(given: string | Buffer | null): number {
  return given === null ? 0 : Buffer.byteLength(given);
}
