import { randomBytes } from 'node:crypto';
import { stringify } from 'yaml';
import { hashAccessKey, type Caller } from './access.js';

/**
 * A fresh key: 32 random bytes, to be shown once and kept nowhere. `yaml` is a whole file for `config/access/`, which
 * `readAccess` checks like any other.
 */
export function newAccessKey(caller: Caller): { readonly key: string; readonly hash: string; readonly yaml: string } {
  const key = `pw_${randomBytes(32).toString('base64url')}`;
  const hash = hashAccessKey(key);
  const { name, party, duties, sources } = caller;
  return { key, hash, yaml: stringify({ keys: [{ name, hash, party, duties, sources }] }, { lineWidth: 0 }) };
}
