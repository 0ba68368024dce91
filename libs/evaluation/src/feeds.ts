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

/** A feed with the key that its signs are kept under. */
interface KeyedFeed {
  readonly key: string;
  readonly feed: Feed;
}

const feedsByVersion = new WeakMap<Contract, readonly KeyedFeed[]>();
const NONE: readonly never[] = [];

/** The feeds of the latest version; a handful. */
function feedsOf({ versions }: ContractMemory): readonly KeyedFeed[] {
  const version = versions?.[versions.length - 1];
  if (version === undefined) return NONE;
  let feeds = feedsByVersion.get(version);
  if (feeds === undefined) {
    feeds = [
      ...doorsOf(version).map((name) => keyed('door', name, silenceLimit(WATERMARK_MILLIS))),
      ...[...version.sources.values()].flatMap((source) => {
        const limit = limitOf(source);
        return limit === null ? [] : [keyed('source', source.uri, limit)];
      }),
    ];
    feedsByVersion.set(version, feeds);
  }
  return feeds;
}

function keyed(kind: Feed['kind'], name: string, limitMillis: number): KeyedFeed {
  return { key: `${kind} ${name}`, feed: { kind, name, limitMillis } };
}

/** The feeds of the latest version, and which of them are silent. */
export function feedStates(contract: ContractMemory): { readonly name: string; readonly silent: boolean }[] {
  return feedsOf(contract).map(({ key, feed }) => ({ name: feed.name, silent: contract.silent.has(key) }));
}

/** Signs are awaited from the publication on. */
export function awaitSigns(contract: ContractMemory, at: Instant): void {
  for (const { key } of feedsOf(contract)) if (!contract.signs.has(key)) contract.signs.set(key, at);
}

/** An import has ended: what was filled in owes no sign of life, so what speaks now owes one from here on. */
export function awaitSignsAnew(contract: ContractMemory, at: Instant): void {
  for (const { key } of feedsOf(contract)) {
    if (!contract.silent.has(key)) contract.signs.set(key, Math.max(contract.signs.get(key) ?? -Infinity, at));
  }
}

/** The first import fills a contract with its past: that nothing came before it says nothing. */
export function forgetSigns({ signs, silent }: ContractMemory): void {
  signs.clear();
  silent.clear();
}

export function signOfFact(contract: ContractMemory, fact: Pick<Fact, 'source' | 'appendedAt'>): void {
  sign(contract, 'source', fact.source, fact.appendedAt);
}

export function signOfWatermark(contract: ContractMemory, item: Extract<JudgeItem, { kind: 'watermark' }>): void {
  sign(contract, 'door', item.door, throughOf(item));
}

function sign(contract: ContractMemory, kind: Feed['kind'], name: string, at: Instant): void {
  for (const { key, feed } of feedsOf(contract)) {
    if (feed.name === name && feed.kind === kind)
      contract.signs.set(key, Math.max(contract.signs.get(key) ?? -Infinity, at));
  }
}

/** What the append time of a record shows about the contract's feeds; changes the memory accordingly. */
export function watchFeeds(contract: ContractMemory, at: Instant): readonly FeedChange[] {
  let changes: FeedChange[] | undefined;
  for (const { key, feed } of feedsOf(contract)) {
    const last = contract.signs.get(key);
    if (last === undefined) {
      contract.signs.set(key, at);
      continue;
    }
    const since = contract.silent.get(key);
    const late = at - last > feed.limitMillis;
    if (since === undefined && late) {
      contract.silent.set(key, last);
      (changes ??= []).push({ contract: contract.id, feed, silent: true, since: last, until: null, at });
    } else if (since !== undefined && last > since && !late) {
      contract.silent.delete(key);
      (changes ??= []).push({ contract: contract.id, feed, silent: false, since, until: last, at });
    }
  }
  return changes ?? NONE;
}

/** The silences of sources that last. */
export function silences(contract: ContractMemory, at: Instant): FeedChange[] {
  return feedsOf(contract).flatMap(({ key, feed }) => {
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
  for (const { key, feed } of feedsOf(contract)) {
    const last = contract.signs.get(key);
    if (last === undefined || contract.silent.has(key)) continue;
    if (next === null || last + feed.limitMillis < next) next = last + feed.limitMillis;
  }
  return next;
}
