import { randomUUID } from 'node:crypto';
import { TOPICS, type NewRecord } from '#libs/bus';
import type { JsonObject } from '#libs/contract';
import { toOwnRecord } from '#libs/events';

/** Names the import that a record of history belongs to. */
export const IMPORT_EXTENSION = 'importid';

/** A record of the product's own, which counts only with the deployment's signature beside it. */
export function ownRecord(
  stampKey: Buffer,
  own: {
    readonly contract: string;
    readonly source: `/pactwatch/${string}`;
    readonly type: string;
    readonly time: number;
    readonly data: JsonObject;
  },
): NewRecord {
  const { contract, ...event } = own;
  return { topic: TOPICS.events, ...toOwnRecord(stampKey, { ...event, id: randomUUID(), contractid: contract }) };
}
