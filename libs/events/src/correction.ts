import type { Contract, Fact, JsonObject } from '#libs/contract';

/** What a correction does: the fact it names ceases to count, or counts with other data. */
export interface Correction {
  readonly targetSource: string;
  readonly targetId: string;
  readonly action: 'withdraw' | 'replace';
  /** Present on `replace`: the whole new data. */
  readonly data?: JsonObject;
}

export function isCorrection(fact: Pick<Fact, 'type'>, contract: Contract): boolean {
  return contract.vocabulary.correction !== null && fact.type === contract.vocabulary.correction;
}

/** Undefined when `data` are those of a correction; else one sentence that names field, value and what is allowed. */
export function refuseCorrection(data: JsonObject): string | undefined {
  const { corrects, source, action } = data;
  if (corrects === undefined || corrects === '') return 'data.corrects is missing';
  if (typeof corrects !== 'string') return `data.corrects is not a string: ${JSON.stringify(corrects)}`;
  if (source !== undefined && (typeof source !== 'string' || source === '')) {
    return `data.source is not a source: ${JSON.stringify(source)}`;
  }
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

/**
 * Reads a correction fact that `toFact` has accepted. It names a fact of its own source, or of `data.source`.
 * Throws TypeError for any other fact: asking is a defect of the caller.
 */
export function readCorrection(fact: Fact, contract: Contract): Correction {
  const problem = isCorrection(fact, contract)
    ? refuseCorrection(fact.data)
    : `type is not ${contract.vocabulary.correction}`;
  if (problem !== undefined) throw new TypeError(`fact ${fact.source} ${fact.id} is no correction: ${problem}`);
  const { corrects, source, action, data } = fact.data;
  return {
    targetSource: typeof source === 'string' ? source : fact.source,
    targetId: corrects as string,
    ...(action === 'replace' ? { action, data: data as JsonObject } : { action: 'withdraw' }),
  };
}
