import { join, resolve } from 'node:path';
import type { Access } from './access.js';
import { loadSettings } from './load-settings.js';
import { readAccess } from './read-access.js';
import type { Settings } from './settings.js';
import { stampKey } from './stamp-key.js';

/** What every process of a deployment starts with. Its database is given: only the whole product brings one of its own. */
export interface ProcessSettings {
  readonly settings: Settings & { readonly databaseUrl: string };
  readonly access: Access;
}

export interface WriterSettings extends ProcessSettings {
  /** Of stamps and of the product's own records. */
  readonly stampKey: Buffer;
}

export type LoadedProcess<S extends ProcessSettings> =
  | ({ readonly ok: true } & S)
  | {
      readonly ok: false;
      readonly problems: readonly string[];
      /** Where further files would be, also where a setting is wrong, so that one start shows all there is to mend. */
      readonly configFolder: string;
    };

/**
 * Everything that a process by itself needs from environment and files, or all problems with them at once.
 *
 * @param use what the process does with the database, as the message says it: `the notifier by itself works on`.
 */
export function loadProcessSettings(
  env: NodeJS.ProcessEnv,
  use: string,
  needs: { readonly writesStream?: boolean } = {},
): LoadedProcess<ProcessSettings> {
  const loaded = loadSettings(env, needs);
  const configFolder = loaded.ok ? loaded.settings.configFolder : resolve(env['PACTWATCH_CONFIG'] ?? 'config');
  const access = readAccess(join(configFolder, 'access'));
  const databaseUrl = loaded.ok ? loaded.settings.databaseUrl : null;
  // A database that is named wrongly has been told; it is not missing.
  const named = [env['DATABASE_URL'], env['DATABASE_URL_FILE']].some((text) => (text ?? '').trim() !== '');
  if (loaded.ok && databaseUrl !== null && access.ok) {
    return { ok: true, settings: { ...loaded.settings, databaseUrl }, access: access.access };
  }
  const problems = [
    ...(loaded.ok ? [] : loaded.problems),
    ...(named ? [] : [databaseNeeded(use)]),
    ...(access.ok ? [] : access.problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}`)),
  ];
  return { ok: false, problems, configFolder };
}

/** The same for a process that appends to the stream: with the key of its signatures. */
export function loadWriterSettings(env: NodeJS.ProcessEnv, use: string): LoadedProcess<WriterSettings> {
  const loaded = loadProcessSettings(env, use, { writesStream: true });
  if (!loaded.ok) return loaded;
  try {
    return { ...loaded, stampKey: stampKey(loaded.settings) };
  } catch (error) {
    return { ok: false, problems: [(error as Error).message], configFolder: loaded.settings.configFolder };
  }
}

function databaseNeeded(use: string): string {
  return `DATABASE_URL is missing: ${use} the deployment's database ('pactwatch start' runs all parts on an embedded one)`;
}
