import { hash } from 'node:crypto';
import { formatInstant, type Instant } from '#libs/calendar';
import { FEED_TYPES, FEED_WATCHER, type Contract, type Fact } from '#libs/contract';
import { doorsOf, throughOf } from './contract-clock.js';
import type { ContractMemory } from './contract-memory.js';
import { limitOf, silenceLimit } from './gaps.js';
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
  /** The sign by which it is heard again; null while it is silent. */
  readonly until: Instant | null;
  /** When the log showed it. */
  readonly at: Instant;
}

const WATERMARK_MILLIS = 1_000;

const feedsByVersion = new WeakMap<Contract, ReadonlyMap<string, Feed>>();

/** The feeds of the latest version, by their keys. */
function feedsOf({ versions }: ContractMemory): ReadonlyMap<string, Feed> {
  const version = versions?.[versions.length - 1];
  if (version === undefined) return new Map();
  let feeds = feedsByVersion.get(version);
  if (feeds === undefined) {
    feeds = new Map([
      ...doorsOf(version).map((name) => entry('door', name, silenceLimit(WATERMARK_MILLIS))),
      ...[...version.sources.values()].flatMap((source) => {
        const limit = limitOf(source);
        return limit === null ? [] : [entry('source', source.uri, limit)];
      }),
    ]);
    feedsByVersion.set(version, feeds);
  }
  return feeds;
}

function entry(kind: Feed['kind'], name: string, limitMillis: number): readonly [string, Feed] {
  return [keyOf(kind, name), { kind, name, limitMillis }];
}

function keyOf(kind: Feed['kind'], name: string): string {
  return `${kind} ${name}`;
}

/** The feeds of the latest version, and which of them are silent. */
export function feedStates(contract: ContractMemory): { readonly name: string; readonly silent: boolean }[] {
  return [...feedsOf(contract)].map(([key, { name }]) => ({ name, silent: contract.silent.has(key) }));
}

/** Signs are awaited from the publication on. */
export function awaitSigns(contract: ContractMemory, at: Instant): void {
  for (const key of feedsOf(contract).keys()) if (!contract.signs.has(key)) contract.signs.set(key, at);
}

/** An import has ended: what was filled in owes no sign of life, so what speaks now owes one from here on. */
export function awaitSignsAnew(contract: ContractMemory, at: Instant): void {
  for (const key of feedsOf(contract).keys()) {
    if (!contract.silent.has(key)) contract.signs.set(key, Math.max(contract.signs.get(key) ?? -Infinity, at));
  }
}

/** The first import fills a contract with its past: that nothing came before it says nothing. */
export function forgetSigns({ signs, silent }: ContractMemory): void {
  signs.clear();
  silent.clear();
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
      changes.push({ contract: contract.id, feed, silent: true, since: last, until: null, at });
    } else if (since !== undefined && last > since && !late) {
      contract.silent.delete(key);
      changes.push({ contract: contract.id, feed, silent: false, since, until: last, at });
    }
  }
  return changes;
}

/** The silences of sources that last. */
export function silences(contract: ContractMemory, at: Instant): FeedChange[] {
  return [...feedsOf(contract)].flatMap(([key, feed]) => {
    const since = contract.silent.get(key);
    return since === undefined || feed.kind !== 'source'
      ? []
      : [{ contract: contract.id, feed, silent: true, since, until: null, at }];
  });
}

/** What is kept of a source that fell silent, or is heard again: a fact like any other, which the log itself has shown. */
export function factOf({ contract, feed, silent, since, until, at }: FeedChange): Fact {
  const type = silent ? FEED_TYPES.silent : FEED_TYPES.heard;
  const data = { since: formatInstant(since), ...(until === null ? {} : { until: formatInstant(until) }) };
  return {
    contract,
    source: FEED_WATCHER,
    id: `${type} ${feed.name} ${formatInstant(since)}`,
    type,
    subject: feed.name,
    occurredAt: at,
    appendedAt: at,
    sequence: undefined,
    data,
    // Its members are in order: this is its canonical form.
    contentHash: hash('sha256', JSON.stringify([type, feed.name, at, data]), 'hex'),
  };
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
