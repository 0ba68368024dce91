import { formatInstant, type Instant } from '#libs/calendar';
import type { Snapshot } from '#libs/store';
import { ProblemException } from '#libs/web';

const MAX_NAMED = 10;

/**
 * What was known at an instant is settled once something was saved at or after it: only then the same question has the same
 * answer for ever.
 *
 * @throws ProblemException `refused` where `knownAt` lies after the last save of one of the contracts
 */
export async function mustBeSettled(
  read: Snapshot,
  contracts: readonly string[],
  knownAt: Instant | undefined,
): Promise<void> {
  if (knownAt === undefined) return;
  const standings = await read.standings(contracts);
  const behind = [...standings.values()].filter(({ savedAt }) => savedAt < knownAt);
  if (behind.length === 0) return;
  const named = behind
    .slice(0, MAX_NAMED)
    .map(({ contract, savedAt }) => `'${contract}': until ${formatInstant(savedAt)}`)
    .join(', ');
  const detail = `'${formatInstant(knownAt)}' is later than the last save of the contract (allowed for ${named}${behind.length > MAX_NAMED ? ', …' : ''})`;
  throw new ProblemException('refused', `knownAt: ${detail}`, [{ field: 'knownAt', detail }]);
}
