import { createHash, timingSafeEqual } from 'node:crypto';

export const ACCESS_PARTIES = ['client', 'provider', 'arbiter'] as const;
type AccessParty = (typeof ACCESS_PARTIES)[number];

export const DUTIES = ['operator', 'account-manager', 'auditor', 'arbiter'] as const;
type Duty = (typeof DUTIES)[number];

/** Whoever shows a key: a system that sends for its sources, or a person of a party. */
export interface Caller {
  /** Unique among all keys; goes into logs. */
  readonly name: string;
  readonly party: AccessParty | null;
  readonly duties: readonly Duty[];
  /** CloudEvents sources it may send for, compared whole. */
  readonly sources: readonly string[];
}

/** Who may come in. `open`: no keys are configured, so the product listens on loopback only and asks for none. */
export interface Access {
  readonly open: boolean;
  readonly keys: readonly { readonly hash: Buffer; readonly caller: Caller }[];
}

/** `sha256:` and the hexadecimal SHA-256 of the key's UTF-8 bytes: what a file lists instead of the key. */
export function hashAccessKey(key: string): string {
  return `sha256:${digest(key).toString('hex')}`;
}

/**
 * The caller whose key this is. Digests are compared in constant time and to the end of the list, so that the time taken
 * tells nothing about the keys.
 */
export function callerOf(access: Access, key: string): Caller | undefined {
  const shown = digest(key);
  let found: Caller | undefined;
  for (const { hash, caller } of access.keys) {
    if (timingSafeEqual(hash, shown)) found = caller;
  }
  return found;
}

/** Where to listen: everywhere with keys, on loopback without. */
export function listenHost(access: Access): string {
  return access.open ? '127.0.0.1' : '0.0.0.0';
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}
