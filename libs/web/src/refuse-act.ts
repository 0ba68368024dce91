import { ACCESS_PARTIES } from '#libs/settings';
import type { WebCaller } from './caller.js';

type Side = (typeof ACCESS_PARTIES)[number];

/**
 * Whether a person may bind a side: dispute, decide and sign what a contract costs. It takes a key of that side, for a person
 * (it lists no sources), with the duty `account-manager`, or `arbiter` for the arbiter. While no keys are configured,
 * whoever sits at this machine may act for every side.
 *
 * Returns undefined where they may; else one sentence that names what is there and what is needed.
 */
export function refuseAct(caller: WebCaller, side: Side): string | undefined {
  if (caller.open) return undefined;
  const { name, party, duties, sources } = caller;
  if (sources.length > 0)
    return `key '${name}' is a system's, which binds nobody (needed: a person's key, without sources)`;
  if (party !== side) return `key '${name}' is of party '${party ?? 'none'}' and cannot act for '${side}'`;
  const needed = side === 'arbiter' ? 'arbiter' : 'account-manager';
  if (duties.includes(needed)) return undefined;
  return `key '${name}' lacks the duty that this needs (needed: ${needed}; it has: ${duties.join(', ') || 'none'})`;
}
