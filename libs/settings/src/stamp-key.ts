import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from './settings.js';
import { systemCode } from './system-code.js';

const FILE_NAME = 'stamp.key';

export const STAMP_KEY_NEEDED =
  'PACTWATCH_STAMP_KEY is missing: processes on a shared Kafka and Postgres need the same key (or PACTWATCH_STAMP_KEY_FILE), any text, best 32 random bytes or more';

/** Thrown when a process that writes to the stream has no key for its signatures, and none can be made for it. */
export class StampKeyError extends Error {
  override readonly name = 'StampKeyError';
  readonly retriable = false;
}

/** A key is made only where a part of the product is embedded, so that one data folder belongs to one deployment. */
export function stampKeyIsMade(named: { readonly databaseUrl: unknown; readonly kafka: unknown }): boolean {
  return named.databaseUrl === null || named.kafka === null;
}

/**
 * The key of the HMACs over stamps and over the product's own records: the bytes of PACTWATCH_STAMP_KEY as UTF-8 text; where
 * it is not given and a part is embedded, the text in `stamp.key` in the data folder, made (mode 0600) when first asked for.
 * Several processes that ask at once get the same key.
 *
 * @throws StampKeyError where it is neither given nor to be made, or the file cannot be used.
 */
export function stampKey(settings: Pick<Settings, 'stampKey' | 'databaseUrl' | 'kafka' | 'dataFolder'>): Buffer {
  if (settings.stampKey !== null) return settings.stampKey;
  if (!stampKeyIsMade(settings)) throw new StampKeyError(STAMP_KEY_NEEDED);
  const file = join(settings.dataFolder, FILE_NAME);
  try {
    return readKey(file) ?? makeKey(settings.dataFolder, file);
  } catch (error) {
    throw new StampKeyError(`${file}: ${(error as Error).message}`);
  }
}

function readKey(file: string): Buffer | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new Error('holds no key (64 hexadecimal digits); it is not replaced, for signatures depend on it');
  return Buffer.from(text, 'utf8');
}

function makeKey(folder: string, file: string): Buffer {
  mkdirSync(folder, { recursive: true });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    // A link appears whole or not at all, and never replaces: the first process wins, the others read its key.
    linkSync(draft, file);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const key = readKey(file);
  if (key === undefined) throw new Error('was taken away while it was made');
  return key;
}
