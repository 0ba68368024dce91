import { doorTypes, isOwnSource } from '#libs/events';
import { ACCESS_PARTIES } from '#libs/settings';
import type { Contract } from '#libs/contract';
import { refuseAct, type WebCaller } from '#libs/web';

/** Sources of what people of the parties enter, by party. */
const PEOPLE = new Map(ACCESS_PARTIES.map((party) => [`/pactwatch/${party}`, party]));

/**
 * What the product's own processes tell each other in the stream. A person's signature must not stand under it: the monitor
 * would obey.
 */
const OWN_TYPES = new Set<string>([
  'tick',
  'contract.published',
  'import.begun',
  'import.completed',
  ...Object.values(doorTypes),
]);

/**
 * Whether a caller may send an event. A system may send for the sources that its key lists; a person, whose key has a party
 * and lists none, for `/pactwatch/` and that party. While no keys are configured, everybody at this machine may send for all
 * of these and for any source outside `/pactwatch/`.
 *
 * Returns undefined where it may; else the field and one sentence that names the value and what is allowed.
 */
export function refuseSpeaker(
  caller: WebCaller,
  event: { readonly source: string; readonly type: string },
): { readonly field: 'source' | 'type'; readonly detail: string } | undefined {
  const { source, type } = event;
  const allowed = allowedSources(caller);
  if (!allowed.includes(source) && !(caller.open && !isOwnSource(source))) {
    const shown = allowed.length === 0 ? 'none' : allowed.join(', ') + (caller.open ? ', any outside /pactwatch/' : '');
    return { field: 'source', detail: `source '${source}' is not one the caller may send for (allowed: ${shown})` };
  }
  if (isOwnSource(source) && OWN_TYPES.has(type)) {
    return { field: 'type', detail: `type '${type}' is written by the product itself and by nobody else` };
  }
  return undefined;
}

/**
 * Whether a person may send what binds their side: a dispute of a statement, its decision, a signature. It takes the same duty
 * as where these are entered by name.
 *
 * @param binding types of such events of the contract; null where it names none
 */
export function refuseBinding(
  caller: WebCaller,
  { source, type }: { readonly source: string; readonly type: string },
  binding: Contract['money']['statementEvents'],
): string | undefined {
  const side = PEOPLE.get(source);
  if (side === undefined || binding === null || !Object.values(binding).includes(type)) return undefined;
  return refuseAct(caller, side);
}

function allowedSources(caller: WebCaller): readonly string[] {
  if (caller.open) return [...PEOPLE.keys()];
  return caller.sources.length > 0
    ? caller.sources
    : [...PEOPLE].filter(([, party]) => party === caller.party).map(([source]) => source);
}
