import { homePartition, TOPICS } from '#libs/bus';
import { refusedRecord, type RefusedRecord } from '#libs/events';
import { DoorCursors } from '#libs/store';
import { Failure } from '../failure.js';
import { readDoorPlaces } from '../read-door-places.js';
import { withServers, type Servers } from '../servers.js';
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
    const places = await readDoorPlaces(servers);
    const place = places.find((one) => one.door === door && one.topic === topic && one.partition === partition);
    if (place === undefined) throw new Failure(1, `door '${door}' has never read ${topic}/${partition}`);
    const { next, from } = place;
    if (next === null || from === null || place.lost === 0)
      throw new Failure(1, `door '${door}' has lost nothing of ${topic}/${partition}`);
    if (place.lost !== lost) {
      const missing = `${place.lost} records of ${topic}/${partition} are lost (${next} to ${from - 1})`;
      throw new Failure(1, `${missing}, not ${lost}: nothing was skipped`);
    }
    await tell(servers, lostRecord(door, topic, partition, next, from));
    const skipped = await new DoorCursors(servers.store.pool).skip(place, next, from);
    if (!skipped) throw new Failure(1, `door '${door}' does not stand at ${next} of ${topic}/${partition} any more`);
    return { next, from };
  });
  terminal.out(`door '${door}' goes on at ${from} of ${topic}/${partition}; ${next} to ${from - 1} are lost\n`);
  return 0;
}

function lostRecord(door: string, topic: string, partition: number, next: number, from: number): RefusedRecord {
  const through = from - next === 1 ? `record ${next} was` : `records ${next} to ${from - 1} were`;
  const detail = `${through} deleted before the door had read them, and are lost`;
  return {
    door,
    place: `${topic}/${partition}/${next}`,
    refusal: { reason: 'UNREADABLE', detail, id: null, source: null, contract: null },
    raw: { key: null, value: null, headers: {} },
  };
}

async function tell({ log, stampKey }: Servers, refused: RefusedRecord): Promise<void> {
  const partition = homePartition(refused.door, await log.partitionCount(TOPICS.events));
  const record = refusedRecord(refused, Date.now(), stampKey);
  await log.append([{ topic: TOPICS.events, ...record, key: null, partition }]);
}
