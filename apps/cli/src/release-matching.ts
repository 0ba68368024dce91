import type { NewRecord } from '#libs/bus';
import {
  isTransient,
  ReadSide,
  releaseQuarantined,
  type KeptRecord,
  type QuarantinedSize,
  type QuarantineSelection,
} from '#libs/store';
import { Failure } from './failure.js';
import { defaultContracts, readAllPublished } from './published-contracts.js';
import { releasedRecords } from './released-records.js';
import type { Servers } from './servers.js';

/** Why items stay: `refused` is what the log does not take; `released-before` somebody else released meanwhile. */
type LeftWhy = 'unreadable' | 'no-contract' | 'other-contract' | 'not-published' | 'refused' | 'released-before';

/** Items that were left for the same reason. */
interface LeftItems {
  readonly why: LeftWhy;
  readonly items: number;
  /** Number of the first of them, and what is said about it; null where somebody else released them. */
  readonly first: number | null;
  readonly detail: string | null;
}

export interface Release {
  readonly matched: number;
  readonly released: number;
  readonly left: readonly LeftItems[];
}

export interface MatchingRequest {
  readonly selection: QuarantineSelection;
  /** As many as whoever decides has seen: of another number, nothing was decided. Undefined: nobody has counted yet. */
  readonly count: number | undefined;
  readonly onProgress?: (items: number) => void;
}

/** Each item is two records; an append has at most 1,000. */
const BATCH_ITEMS = 500;
const BATCH_BYTES = 900_000;
const MOST_ITEMS = 1_000_000;
/** Counting reads the whole quarantine. */
const TIMEOUT_MILLIS = 120_000;

/**
 * Sends in again, as they are, all items of a selection that are not released, in the order of their numbers: those that are
 * there when it begins, for what is still wrong with one comes back as a new item. What would surely come back is left.
 *
 * @throws Failure (2) without a count, (1) with another count than match: nothing was sent; (3) where a server fails on the
 * way: it says how many were released and how many are left to the next call
 */
export async function releaseMatching(servers: Servers, request: MatchingRequest): Promise<Release> {
  const sizes = await matching(servers, request);
  const published = await readAllPublished(servers.store);
  const context = { stampKey: servers.stampKey, defaults: defaultContracts(published) };
  const wanted = request.selection.contractsOrKeys;
  const left = new Leftovers();
  let released = 0;

  const sendBatch = async (items: readonly KeptRecord[]): Promise<readonly number[]> => {
    const records: NewRecord[] = [];
    const sent: number[] = [];
    for (const item of items) {
      const made = releasedRecords(item, context);
      if (!made.ok) left.add(made.why, item.number, made.detail);
      else if (wanted !== undefined && !wanted.includes(made.contract)) {
        left.add('other-contract', item.number, `it names contract '${made.contract}'`);
      } else if (!published.has(made.contract)) {
        left.add('not-published', item.number, `contract '${made.contract}' is not published`);
      } else {
        records.push(...made.records);
        sent.push(item.number);
      }
    }
    if (sent.length === 0) return [];
    try {
      await servers.log.append(records);
    } catch (error) {
      // One that the log refuses, e.g. for its size, must not keep back those behind it.
      if (sent.length !== 1 || isTransient(error)) throw error;
      left.add('refused', sent[0]!, (error as Error).message);
      return [];
    }
    return sent;
  };

  for (const numbers of batches(sizes)) {
    const before = left.total;
    try {
      const unreleased = await releaseQuarantined(servers.store.pool, numbers, sendBatch);
      left.releasedBefore(numbers.length - unreleased);
    } catch (error) {
      const done = `${released} of ${sizes.length} items were released`;
      const rest = sizes.length - released - left.of('released-before');
      throw new Failure(3, `${done}, then: ${(error as Error).message}; the next call goes on (--count ${rest})`, {
        cause: error,
      });
    }
    released += numbers.length - (left.total - before);
    request.onProgress?.(released);
  }
  return { matched: sizes.length, released, left: left.list() };
}

async function matching({ store }: Servers, request: MatchingRequest): Promise<readonly QuarantinedSize[]> {
  const { count } = request;
  const selection = { ...request.selection, released: false };
  return new ReadSide(store.pool, { statementTimeoutMillis: TIMEOUT_MILLIS }).snapshot(async (read) => {
    const found = await read.quarantineCount(selection);
    if (count === undefined) throw new Failure(2, `--count is needed: ${found} items match now; nothing was released`);
    if (found !== count) throw new Failure(1, `${found} items match, not ${count}: nothing was released`);
    if (found > MOST_ITEMS) {
      throw new Failure(
        1,
        `${found} items match, at most ${MOST_ITEMS} are released at once: narrow it by --from, --to`,
      );
    }
    return read.quarantineSizes(selection, found);
  });
}

function* batches(sizes: readonly QuarantinedSize[]): Iterable<readonly number[]> {
  let batch: number[] = [];
  let bytes = 0;
  for (const size of sizes) {
    if (batch.length === BATCH_ITEMS || (batch.length > 0 && bytes + size.bytes > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(size.number);
    bytes += size.bytes;
  }
  if (batch.length > 0) yield batch;
}

class Leftovers {
  total = 0;
  private readonly byReason = new Map<LeftWhy, LeftItems>();

  add(why: Exclude<LeftWhy, 'released-before'>, number: number, detail: string): void {
    this.put({ why, items: 1, first: number, detail });
  }

  releasedBefore(items: number): void {
    if (items > 0) this.put({ why: 'released-before', items, first: null, detail: null });
  }

  of(why: LeftWhy): number {
    return this.byReason.get(why)?.items ?? 0;
  }

  list(): LeftItems[] {
    return [...this.byReason.values()];
  }

  private put(more: LeftItems): void {
    this.total += more.items;
    this.byReason.set(more.why, { ...(this.byReason.get(more.why) ?? more), items: this.of(more.why) + more.items });
  }
}
