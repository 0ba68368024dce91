import type { Contract, Fact, JsonObject } from '#libs/contract';
import { eventLimits } from './envelope.js';

export function isCorrection(fact: Pick<Fact, 'type'>, contract: Contract): boolean {
  return contract.vocabulary.correction !== null && fact.type === contract.vocabulary.correction;
}

/** Undefined when `data` are those of a correction; else one sentence that names field, value and what is allowed. */
export function refuseCorrection(data: JsonObject): string | undefined {
  const { corrects, source, action } = data;
  if (corrects === undefined || corrects === '') return 'data.corrects is missing';
  if (typeof corrects !== 'string') return `data.corrects is not a string: ${JSON.stringify(corrects)}`;
  if (corrects.length > eventLimits.id)
    return `data.corrects has ${corrects.length} characters (allowed: ${eventLimits.id}, as an id)`;
  if (source !== undefined && (typeof source !== 'string' || source === '')) {
    return `data.source is not a source: ${JSON.stringify(source)}`;
  }
  if (source !== undefined && Buffer.byteLength(source) > eventLimits.source)
    return `data.source has ${Buffer.byteLength(source)} bytes (allowed: ${eventLimits.source}, as a source)`;
  if (action === undefined) return 'data.action is missing (allowed: withdraw, replace)';
  if (action !== 'withdraw' && action !== 'replace') {
    return `data.action is not allowed: ${JSON.stringify(action)} (allowed: withdraw, replace)`;
  }
  if (action === 'replace') {
    if (data.data === undefined) return 'data.data is missing (needed where data.action is replace)';
    if (data.data === null || typeof data.data !== 'object' || Array.isArray(data.data))
      return 'data.data is not an object';
  }
  return undefined;
}
