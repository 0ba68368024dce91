import { contractJsonSchema } from './contract-file.js';
import type { JsonObject } from './fact.js';
import { FEED_TITLES } from './feed-types.js';
import type { Contract } from './model.js';

/**
 * The schema files that the repository publishes, by path: the one of the contract file, and one per event type of a
 * contract, in a folder named after the contract's file.
 */
export function publishedSchemas(contract: Contract, folder: string): ReadonlyMap<string, string> {
  const files = new Map([['libs/contract/schema/contract.schema.json', asText(contractJsonSchema())]]);
  for (const { type, schema } of contract.eventTypes.values()) {
    if (FEED_TITLES[type] !== undefined) continue;
    files.set(`${folder}/events/${type}.schema.json`, asText(schema));
  }
  return files;
}

function asText(schema: JsonObject): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
