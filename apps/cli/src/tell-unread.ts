import { homePartition, TOPICS } from '#libs/bus';
import { refusedRecord } from '#libs/events';
import type { Servers } from './servers.js';

interface DoorPlace {
  readonly door: string;
  readonly topic: string;
  readonly partition: number;
}

/** Says on the stream what a door cannot read any more, so that the quarantine keeps it. */
export async function tellUnread(
  { log, stampKey }: Pick<Servers, 'log' | 'stampKey'>,
  { door, topic, partition }: DoorPlace,
  offset: number,
  detail: string,
): Promise<void> {
  const refused = {
    door,
    place: `${topic}/${partition}/${offset}`,
    refusal: { reason: 'UNREADABLE' as const, detail, id: null, source: null, contract: null },
    raw: { key: null, value: null, headers: {} },
  };
  const home = homePartition(door, await log.partitionCount(TOPICS.events));
  await log.append([
    { topic: TOPICS.events, ...refusedRecord(refused, Date.now(), stampKey), key: null, partition: home },
  ]);
}
