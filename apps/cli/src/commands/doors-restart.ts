import { DoorCursors } from '#libs/store';
import { Failure } from '../failure.js';
import { placeOfDoor } from '../read-door-places.js';
import { withServers } from '../servers.js';
import { tellUnread } from '../tell-unread.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface DoorsRestartOptions {
  /** Where the partition ends, as whoever decides has seen it: where it ends elsewhere, nothing was decided. */
  readonly end: number;
}

/**
 * `pactwatch doors restart DOOR TOPIC PARTITION --end NUMBER`: the door reads the partition from its beginning, since it does
 * not hold what was read of it: the topic was made anew or cut back. That it was stays on record, as an item of the quarantine.
 */
export async function run(
  terminal: Terminal,
  door: string,
  topic: string,
  partition: number,
  { end }: DoorsRestartOptions,
): Promise<ExitCode> {
  const { next, from } = await withServers(terminal, async (servers) => {
    const { next, from, to, replaced, ...place } = await placeOfDoor(servers, { door, topic, partition });
    if (next === null || from === null || to === null || !replaced) {
      const read = next === null ? 'has read nothing' : `has read up to ${next}`;
      throw new Failure(
        1,
        `${topic}/${partition} ends at ${to ?? 'nothing'}, and door '${door}' ${read}: nothing was made anew`,
      );
    }
    if (to !== end) throw new Failure(1, `${topic}/${partition} ends at ${to}, not ${end}: nothing was begun again`);
    const detail = `the topic was made anew or cut back: it ended at ${to}, and was read up to ${next}; read again from ${from}`;
    await tellUnread(servers, place, next, detail);
    if (!(await new DoorCursors(servers.store.pool).restart(place, next, from)))
      throw new Failure(1, `door '${door}' does not stand at ${next} of ${topic}/${partition} any more`);
    return { next, from };
  });
  terminal.out(`door '${door}' reads ${topic}/${partition} again from ${from}; it had read up to ${next}\n`);
  return 0;
}
