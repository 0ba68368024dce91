import { TOPICS, type NewRecord } from '#libs/bus';
import type { Bench } from './bench-product.js';
import type { SampleEvent } from './sample-events.js';

const APPEND_RECORDS = 2_000;
const HEADERS = { 'content-type': 'application/cloudevents+json; charset=utf-8' };

/** Appends so many events to the stream, each asked for just before. */
export async function appendEvents(
  { servers, interrupted }: Pick<Bench, 'servers' | 'interrupted'>,
  events: number,
  next: (now: number) => SampleEvent,
): Promise<void> {
  for (let left = events; left > 0;) {
    interrupted.throwIfAborted();
    const records: NewRecord[] = [];
    for (; left > 0 && records.length < APPEND_RECORDS; left--) {
      const { contract, text } = next(Date.now());
      records.push({ topic: TOPICS.events, key: contract, value: text, headers: HEADERS });
    }
    await servers.log.append(records);
  }
}
