import type { CompiledTrigger } from './compile-trigger.js';
import type { Feed } from './model.js';

/** What names the state that a fact feeds: its subject, itself, a field of its data, the fact that `{source, id}` in a field names, or its source where it has a field. */
export type FeedKey =
  'subject' | 'fact' | { readonly field: string } | { readonly factIn: string } | { readonly sourceWith: string };

/** What a rule reads: the facts that feed a state of its own, and the fields of their data. */
export interface RuleReads {
  readonly feeds: readonly { readonly type: string; readonly kind: string; readonly key: FeedKey }[];
  readonly fieldsRead: readonly { readonly type: string; readonly field: string }[];
}

export function feedsOf(kind: string, types: Iterable<string>, key: FeedKey): RuleReads['feeds'] {
  return [...new Set(types)].map((type) => ({ type, kind, key }));
}

/** Fields that the conditions read. */
export function readsOf(triggers: readonly CompiledTrigger[]): RuleReads['fieldsRead'] {
  return triggers.flatMap(({ trigger, fieldsRead }) => fieldsRead.map((field) => ({ type: trigger.on, field })));
}

export function compileFeed(kind: string, key: FeedKey): Feed {
  return { kind, keyOf: keyOf(key) };
}

function keyOf(key: FeedKey): Feed['keyOf'] {
  if (key === 'subject') return ({ subject }) => subject;
  // Without an identity (only data are at hand) a fact names no state of its own.
  if (key === 'fact') return ({ source, id }) => (source === '' ? undefined : `${source} ${id}`);
  if ('field' in key) {
    return ({ data }) => {
      const value = data[key.field];
      return typeof value === 'string' && value !== '' ? value : undefined;
    };
  }
  if ('sourceWith' in key) {
    return ({ source, data }) => (source === '' || data[key.sourceWith] === undefined ? undefined : source);
  }
  return ({ data }) => {
    const named = data[key.factIn];
    if (named === null || typeof named !== 'object' || Array.isArray(named)) return undefined;
    const { source, id } = named;
    return typeof source === 'string' && typeof id === 'string' ? `${source} ${id}` : undefined;
  };
}
