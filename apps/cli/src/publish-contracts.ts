import { formatInstant, type Instant } from '#libs/calendar';
import type { PublishedRow } from '#libs/store';
import { Failure } from './failure.js';
import type { LoadedContract } from './load-contracts.js';
import { ownRecord } from './own-record.js';
import type { Servers } from './servers.js';

export interface PublishOptions {
  /** In force from then on; null: as each file says. */
  readonly from: Instant | null;
  /** Longest wait for the monitor to take the versions up, in milliseconds; 0: none. */
  readonly waitMillis: number;
  /** The wall clock: `time` of the records. */
  readonly now: () => Instant;
}

export interface Publication {
  readonly contract: string;
  readonly version: number;
  readonly hash: string;
  /** `unchanged`: it was published before, nothing was appended; `appended`: not taken up yet. */
  readonly outcome: 'unchanged' | 'appended' | 'taken-up';
}

const POLL_MILLIS = 200;

/**
 * Publishes contract versions with their calendars: the bytes go into the database by their hashes, then one own record per
 * version, `contract.published`, to the contract's home partition. Owners judge only by what the stream has published.
 * Publishing the same files again appends nothing.
 *
 * @throws Failure (1) where other bytes stand under a version already published; nothing is appended then.
 */
export async function publishContracts(
  servers: Servers,
  contracts: readonly LoadedContract[],
  options: PublishOptions,
): Promise<readonly Publication[]> {
  const published = await servers.store.publishedContracts();
  refuseOtherBytes(contracts, published);
  const fresh = contracts.filter((one) => !published.some((row) => isSame(row, one)));
  for (const { contract, bytes, calendars } of fresh) {
    for (const [hash, calendarBytes] of calendars) await servers.store.putDocument(hash, 'calendar', calendarBytes);
    await servers.store.putDocument(contract.hash, 'contract', bytes);
  }
  const inOrder = [...fresh].sort((a, b) => a.contract.version - b.contract.version);
  if (inOrder.length > 0) {
    await servers.log.append(
      inOrder.map(({ contract }) =>
        ownRecord(servers.stampKey, {
          contract: contract.id,
          source: '/pactwatch/publish',
          type: 'contract.published',
          time: options.now(),
          data: {
            version: contract.version,
            hash: contract.hash,
            from: options.from === null ? null : formatInstant(options.from),
            calendars: { ...contract.calendarHashes },
          },
        }),
      ),
    );
  }
  const rows = fresh.length === 0 ? published : await waitForOwners(servers, fresh, options);
  return contracts.map((one) => ({
    contract: one.contract.id,
    version: one.contract.version,
    hash: one.contract.hash,
    outcome: !fresh.includes(one) ? 'unchanged' : rows.some((row) => isSame(row, one)) ? 'taken-up' : 'appended',
  }));
}

function refuseOtherBytes(contracts: readonly LoadedContract[], published: readonly PublishedRow[]): void {
  const refused = contracts.flatMap(({ file, contract }) =>
    published
      .filter((row) => row.contract === contract.id && row.version === contract.version && row.hash !== contract.hash)
      .map(
        (row) =>
          `${file}:1:1: version ${contract.version} of ${contract.id} is published with other content (SHA-256 ${row.hash}); a change needs a new version`,
      ),
  );
  if (refused.length > 0) throw new Failure(1, refused.join('\n'));
}

function isSame(row: PublishedRow, { contract }: LoadedContract): boolean {
  const hashes = Object.entries(contract.calendarHashes);
  return (
    row.contract === contract.id &&
    row.version === contract.version &&
    row.hash === contract.hash &&
    hashes.every(([id, hash]) => row.calendars[id] === hash)
  );
}

async function waitForOwners(
  servers: Servers,
  fresh: readonly LoadedContract[],
  options: PublishOptions,
): Promise<readonly PublishedRow[]> {
  const until = options.now() + options.waitMillis;
  for (;;) {
    const rows = await servers.store.publishedContracts();
    if (fresh.every((one) => rows.some((row) => isSame(row, one))) || options.now() >= until) return rows;
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
  }
}
