import { parseDuration, type Instant } from '#libs/calendar';
import type { Contract, Fact } from '#libs/contract';
import { doorsOf, throughOf } from './contract-clock.js';
import type { ContractMemory } from './contract-memory.js';
import type { JudgeItem } from './judge-item.js';

/** What should give a sign of life again and again: a door by its watermarks, a source by the heartbeat it promises. */
interface Feed {
  readonly kind: 'door' | 'source';
  readonly name: string;
  /** Without a sign for longer than this it is silent. */
  readonly limitMillis: number;
}

/** A feed that has fallen silent, or is heard again. */
export interface FeedChange {
  readonly contract: string;
  readonly feed: Feed;
  readonly silent: boolean;
  /** The last sign before the silence. */
  readonly since: Instant;
  /** When the log showed it. */
  readonly at: Instant;
}

/** Periods that may pass without a sign. */
const PERIODS = 3;
const LEAST_LIMIT_MILLIS = 60_000;
const WATERMARK_MILLIS = 1_000;

const feedsByVersion = new WeakMap<Contract, ReadonlyMap<string, Feed>>();

/** The feeds of the latest version, by their keys. */
function feedsOf({ versions }: ContractMemory): ReadonlyMap<string, Feed> {
  const version = versions?.[versions.length - 1];
  if (version === undefined) return new Map();
  let feeds = feedsByVersion.get(version);
  if (feeds === undefined) {
    feeds = new Map([
      ...doorsOf(version).map((name) => entry('door', name, WATERMARK_MILLIS)),
      ...[...version.sources.values()].flatMap(({ uri, heartbeat }) => {
        const period = heartbeat === null ? undefined : parseDuration(heartbeat);
        return period !== undefined && 'millis' in period ? [entry('source', uri, period.millis)] : [];
      }),
    ]);
    feedsByVersion.set(version, feeds);
  }
  return feeds;
}

function entry(kind: Feed['kind'], name: string, periodMillis: number): readonly [string, Feed] {
  return [keyOf(kind, name), { kind, name, limitMillis: Math.max(PERIODS * periodMillis, LEAST_LIMIT_MILLIS) }];
}

function keyOf(kind: Feed['kind'], name: string): string {
  return `${kind} ${name}`;
}

/** Signs are awaited from the publication on. */
export function awaitSigns(contract: ContractMemory, at: Instant): void {
  for (const key of feedsOf(contract).keys()) if (!contract.signs.has(key)) contract.signs.set(key, at);
}

export function signOfFact(contract: ContractMemory, fact: Pick<Fact, 'source' | 'appendedAt'>): void {
  sign(contract, keyOf('source', fact.source), fact.appendedAt);
}

export function signOfWatermark(contract: ContractMemory, item: Extract<JudgeItem, { kind: 'watermark' }>): void {
  sign(contract, keyOf('door', item.door), throughOf(item));
}

function sign(contract: ContractMemory, key: string, at: Instant): void {
  if (feedsOf(contract).has(key)) contract.signs.set(key, Math.max(contract.signs.get(key) ?? -Infinity, at));
}

/** What the append time of a record shows about the contract's feeds; changes the memory accordingly. */
export function watchFeeds(contract: ContractMemory, at: Instant): FeedChange[] {
  const changes: FeedChange[] = [];
  for (const [key, feed] of feedsOf(contract)) {
    const last = contract.signs.get(key);
    if (last === undefined) {
      contract.signs.set(key, at);
      continue;
    }
    const since = contract.silent.get(key);
    const late = at - last > feed.limitMillis;
    if (since === undefined && late) {
      contract.silent.set(key, last);
      changes.push({ contract: contract.id, feed, silent: true, since: last, at });
    } else if (since !== undefined && last > since && !late) {
      contract.silent.delete(key);
      changes.push({ contract: contract.id, feed, silent: false, since, at });
    }
  }
  return changes;
}

/** The latest instant at which no feed that speaks now would be silent yet; null where none can fall silent. */
export function nextSilence(contract: ContractMemory): Instant | null {
  let next: Instant | null = null;
  for (const [key, { limitMillis }] of feedsOf(contract)) {
    const last = contract.signs.get(key);
    if (last === undefined || contract.silent.has(key)) continue;
    if (next === null || last + limitMillis < next) next = last + limitMillis;
  }
  return next;
}
