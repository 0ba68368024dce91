import type { Instant } from '#libs/calendar';
import type { Contract } from '#libs/contract';
import type { ContractMemory } from './contract-memory.js';
import type { ContractVersions } from './contract-versions.js';
import type { JudgeItem } from './judge-item.js';

/** A clock and where it goes. */
export type Move = readonly [contract: ContractMemory, to: Instant];

/** Where clocks and watermarks will stand once the items before have been judged; what is absent stands as it is now. */
export interface Outlook {
  readonly clocks: ReadonlyMap<ContractMemory, Instant>;
  /** By door. */
  readonly watermarks: ReadonlyMap<string, Instant>;
}

const NOW: Outlook = { clocks: new Map(), watermarks: new Map() };

/** Where the clocks go before the item is applied. */
export function movesOf(
  contracts: ReadonlyMap<string, ContractMemory>,
  item: JudgeItem,
  outlook: Outlook = NOW,
): Move[] {
  const live = (contract: ContractMemory | undefined): Move[] => {
    if (contract === undefined || contract.import !== null) return [];
    const to = reach(contract, item.at, item.kind === 'watermark' ? withMark(outlook, item) : outlook);
    return to === null ? [] : [[contract, to]];
  };
  switch (item.kind) {
    case 'tick':
    // To contracts that do not wait for the door it is a sign of time like any other.
    case 'watermark':
      return [...contracts.values()].flatMap(live);
    case 'fact': {
      const contract = contracts.get(item.fact.contract);
      const to = contract === undefined ? null : moveOfFact(contract, item, outlook);
      return to === null ? [] : [[contract!, to]];
    }
    case 'refused':
      return item.refusal.contract === null || !item.live ? [] : live(contracts.get(item.refusal.contract));
    case 'import-begun': {
      const contract = contracts.get(item.contract);
      return contract?.hasFacts === true ? live(contract) : [];
    }
    case 'import-completed': {
      const contract = contracts.get(item.contract);
      if (contract?.import?.id !== item.importId) return [];
      const to = reach(contract, item.at, outlook);
      return to === null ? [] : [[contract, to]];
    }
    case 'published':
    case 'replayed':
      return live(contracts.get(item.contract));
  }
}

function withMark(outlook: Outlook, item: Watermark): Outlook {
  return { clocks: outlook.clocks, watermarks: withWatermark(outlook.watermarks, item) };
}

/** How far a fact moves the clock of its contract; null where it does not. */
export function moveOfFact(
  contract: ContractMemory,
  item: Extract<JudgeItem, { kind: 'fact' }>,
  outlook: Outlook = NOW,
): Instant | null {
  const { import: open, clock } = contract;
  if (open === null) return item.stamped || item.timeOfSender === true ? null : reach(contract, item.at, outlook);
  // In an import only its own records move the clock, to the greatest stamp so far.
  return item.importId === open.id && item.stamped ? Math.max(clock ?? -Infinity, item.fact.appendedAt) : null;
}

/**
 * How far the clock may go towards an instant: within the time of each version not past the watermarks of the doors that it
 * names. Never behind where it stands; null where it stands before the first watermark.
 */
export function reach(contract: ContractMemory, to: Instant, outlook: Outlook = NOW): Instant | null {
  const { versions } = contract;
  if (versions === null || !namesDoors(versions)) return to;
  let reached = Math.max(contract.clock ?? -Infinity, outlook.clocks.get(contract) ?? -Infinity);
  for (const [index, version] of versions.entries()) {
    const from = index === 0 ? -Infinity : version.inForceFrom;
    const until = Math.min(to, versions[index + 1]?.inForceFrom ?? Infinity);
    if (until <= Math.max(from, reached)) continue;
    const held = heldAt(contract, version, outlook);
    if (held < until) return finite(Math.max(reached, held));
    reached = until;
  }
  return finite(reached);
}

function namesDoors(versions: ContractVersions): boolean {
  for (const version of versions) if (doorsOf(version).length > 0) return true;
  return false;
}

function finite(at: Instant): Instant | null {
  return at === -Infinity ? null : at;
}

/** The least watermark of the version's doors; Infinity where it names none. */
function heldAt(contract: ContractMemory, version: Contract, { watermarks }: Outlook): Instant {
  return doorsOf(version).reduce((least, door) => {
    const now = Math.max(contract.doors.get(door) ?? -Infinity, watermarks.get(door) ?? -Infinity);
    return Math.min(least, now);
  }, Infinity);
}

/** What a contract without a clock yet is judged at: before all its facts while its doors hold it, else as it comes. */
export function startingInstant(contract: ContractMemory, at: Instant): Instant {
  const held = reach(contract, at) === null;
  return held ? (contract.versions?.[0].term.plausibleFrom ?? at) : at;
}

/** A door says that everything before `through` is in the log; what lies after its own append time it cannot know. */
export function takeWatermark(contracts: ReadonlyMap<string, ContractMemory>, item: Watermark): ContractMemory[] {
  const fed = feedOf(contracts, item.door);
  for (const { doors } of fed) doors.set(item.door, Math.max(doors.get(item.door) ?? -Infinity, throughOf(item)));
  return fed;
}

type Watermark = Extract<JudgeItem, { kind: 'watermark' }>;

export function throughOf({ through, at }: Watermark): Instant {
  return Math.min(through, at);
}

export function withWatermark(watermarks: ReadonlyMap<string, Instant>, item: Watermark): Map<string, Instant> {
  return new Map(watermarks).set(item.door, Math.max(watermarks.get(item.door) ?? -Infinity, throughOf(item)));
}

function feedOf(contracts: ReadonlyMap<string, ContractMemory>, door: string): ContractMemory[] {
  return [...contracts.values()].filter(({ versions }) => versions?.some((version) => doorsOf(version).includes(door)));
}

const doorsByVersion = new WeakMap<Contract, readonly string[]>();

/** The doors that a version names, each once. */
export function doorsOf(version: Contract): readonly string[] {
  let doors = doorsByVersion.get(version);
  if (doors === undefined) {
    const named = [...version.sources.values()].flatMap(({ door }) => (door === null ? [] : [door]));
    doors = [...new Set(named)].sort();
    doorsByVersion.set(version, doors);
  }
  return doors;
}
