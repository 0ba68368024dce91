import type { Log } from '#libs/bus';
import { recordHash } from '#libs/events';
import { DoorCursors } from '#libs/store';
import { Failure } from './failure.js';
import type { Servers } from './servers.js';

/** A partition of a foreign topic, as a door has read it and as the log has it. */
export interface DoorPlaceNow {
  readonly door: string;
  readonly topic: string;
  readonly partition: number;
  /** The offset that the door reads next; null: it has read nothing yet. */
  readonly next: number | null;
  /** What the log holds: up to, not including, `to`; null where it has no such partition. */
  readonly from: number | null;
  readonly to: number | null;
  /** So many records were deleted before the door has read them. */
  readonly lost: number;
  /** Does not hold what was read: it was made anew, or cut back. */
  readonly replaced: boolean;
  /** Everything that came before this instant has been read, epoch milliseconds; null: nothing is known. */
  readonly readThrough: number | null;
}

/** Every place that a door has ever read, by door, topic and partition. */
export async function readDoorPlaces({ store, log }: Pick<Servers, 'store' | 'log'>): Promise<DoorPlaceNow[]> {
  const cursors = await new DoorCursors(store.pool).all();
  const bounds = new Map<string, Awaited<ReturnType<Log['bounds']>>>();
  for (const topic of new Set(cursors.map((cursor) => cursor.topic))) bounds.set(topic, await log.bounds(topic));
  const replaced = await Promise.all(
    cursors.map(async ({ topic, partition, nextOffset, last }) => {
      const high = bounds.get(topic)!.find((one) => one.partition === partition)?.high;
      if (high !== undefined && nextOffset !== null && nextOffset > high) return true;
      const record = last === null ? undefined : await log.readOne(topic, partition, last.offset);
      return record !== undefined && (record.appendedAt !== last?.appendedAt || recordHash(record) !== last.hash);
    }),
  );
  return cursors.map(({ door, topic, partition, nextOffset: next, readThrough }, index) => {
    const here = bounds.get(topic)!.find((one) => one.partition === partition);
    const [from, to] = [here?.low ?? null, here?.high ?? null];
    const lost = next === null || from === null ? 0 : Math.max(0, from - next);
    return { door, topic, partition, next, from, to, lost, replaced: replaced[index]!, readThrough };
  });
}

/** One of them; a failure where the door has never read it. */
export async function placeOfDoor(
  servers: Pick<Servers, 'store' | 'log'>,
  { door, topic, partition }: Pick<DoorPlaceNow, 'door' | 'topic' | 'partition'>,
): Promise<DoorPlaceNow> {
  const places = await readDoorPlaces(servers);
  const place = places.find((one) => one.door === door && one.topic === topic && one.partition === partition);
  if (place === undefined) throw new Failure(1, `door '${door}' has never read ${topic}/${partition}`);
  return place;
}
