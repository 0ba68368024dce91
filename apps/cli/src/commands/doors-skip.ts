import { DoorCursors } from '#libs/store';
import { Failure } from '../failure.js';
import { placeOfDoor } from '../read-door-places.js';
import { withServers } from '../servers.js';
import { tellUnread } from '../tell-unread.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface DoorsSkipOptions {
  /** As many as whoever decides has seen: of more, nothing was decided. */
  readonly lost: number;
}

/**
 * `pactwatch doors skip DOOR TOPIC PARTITION --lost NUMBER`: the door goes on behind records that were deleted before it has
 * read them. That they are missing stays on record: as one item of the quarantine, in the stream.
 */
export async function run(
  terminal: Terminal,
  door: string,
  topic: string,
  partition: number,
  { lost }: DoorsSkipOptions,
): Promise<ExitCode> {
  const { next, from } = await withServers(terminal, async (servers) => {
    const place = await placeOfDoor(servers, { door, topic, partition });
    const { next, from } = place;
    if (next === null || from === null || place.lost === 0)
      throw new Failure(1, `door '${door}' has lost nothing of ${topic}/${partition}`);
    if (place.lost !== lost) {
      const missing = `${place.lost} records of ${topic}/${partition} are lost (${next} to ${from - 1})`;
      throw new Failure(1, `${missing}, not ${lost}: nothing was skipped`);
    }
    const were = from - next === 1 ? `record ${next} was` : `records ${next} to ${from - 1} were`;
    await tellUnread(servers, place, next, `${were} deleted before the door had read them, and are lost`);
    const skipped = await new DoorCursors(servers.store.pool).skip(place, next, from);
    if (!skipped) throw new Failure(1, `door '${door}' does not stand at ${next} of ${topic}/${partition} any more`);
    return { next, from };
  });
  terminal.out(`door '${door}' goes on at ${from} of ${topic}/${partition}; ${next} to ${from - 1} are lost\n`);
  return 0;
}
