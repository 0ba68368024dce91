import type { Logger } from '#libs/telemetry';
import type { Appended, NewRecord } from '../port.js';
import { LogUnavailableError } from '../log-unavailable-error.js';
import { asLogError, type Client } from './client.js';
import { IdempotentProducer } from './idempotent-producer.js';
import { nextShares, type Placed, type Share, type Waiting } from './next-shares.js';

/** One call of `append`, perhaps sent in several requests, perhaps together with others. */
interface Append extends Waiting {
  readonly results: Appended[];
  readonly resolve: (results: readonly Appended[]) => void;
  readonly reject: (error: Error) => void;
}

/** How long an append is tried; longer than a broker's restart. */
const PATIENCE_MILLIS = 20_000;
/** How long what was appended before the log is closed is tried still. */
const CLOSING_MILLIS = 3_000;
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
  private producer: { readonly client: Client; readonly connected: Promise<IdempotentProducer> } | undefined;
  private closed = false;
  private abandoned = false;

  constructor(
    private readonly createClient: () => Client,
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

  /** What was appended before is sent first; fails where Kafka does not take it soon. */
  async close(): Promise<void> {
    this.closed = true;
    const timer = setTimeout(() => {
      this.abandoned = true;
      this.discard();
    }, CLOSING_MILLIS);
    await this.sending;
    clearTimeout(timer);
    this.discard();
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
  private async persist(shares: readonly Share<Append>[]): Promise<Error | undefined> {
    const deadline = Date.now() + PATIENCE_MILLIS;
    for (let pause = FIRST_PAUSE_MILLIS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS)) {
      try {
        this.acknowledge(shares, await this.request(shares.map((share) => share.record)));
        return undefined;
      } catch (error) {
        this.discard();
        const failure = asLogError(error, 'appending failed');
        if (!(failure instanceof LogUnavailableError) || this.closed || Date.now() > deadline) return failure;
        if (pause === FIRST_PAUSE_MILLIS)
          this.logger?.warn({ err: failure }, 'Kafka did not take records; sent again.');
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  private acknowledge(shares: readonly Share<Append>[], results: readonly Appended[]): void {
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
    if (this.abandoned) throw new LogUnavailableError('the log was closed before Kafka took the records');
    if (this.producer === undefined) {
      const client = this.createClient();
      this.producer = { client, connected: IdempotentProducer.connect(client) };
    }
    return (await this.producer.connected).send(records);
  }

  private discard(): void {
    this.producer?.client.connections.end();
    this.producer = undefined;
  }
}

export function place(record: NewRecord, partition: number): Placed {
  const { topic, key, value, headers } = record;
  let bytes = RECORD_OVERHEAD + lengthOf(key) + lengthOf(value);
  for (const name in headers) bytes += HEADER_OVERHEAD + atMost(name) + atMost(headers[name]);
  return { topic, partition, record, bytes };
}

function lengthOf(given: string | Buffer | null): number {
  return given === null ? 0 : Buffer.byteLength(given);
}

/** Bytes of a short text without looking at its characters: three each at most. */
function atMost(given: string | Buffer | null | undefined): number {
  if (given === undefined || given === null) return 0;
  return typeof given === 'string' ? given.length * 3 : given.length;
}
