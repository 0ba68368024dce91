import { join, resolve } from 'node:path';
import { loadSettings, readAccess, type Access, type Settings } from '#libs/settings';

export type StartSettings =
  | { readonly ok: true; readonly settings: Settings; readonly databaseUrl: string; readonly access: Access }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Everything that the process by itself needs from environment and files, or all problems with them at once. */
export function loadStartSettings(env: NodeJS.ProcessEnv): StartSettings {
  const loaded = loadSettings(env);
  // Files are looked at also where a setting is wrong, so that one start shows all there is to mend.
  const folder = loaded.ok ? loaded.settings.configFolder : resolve(env['PACTWATCH_CONFIG'] ?? 'config');
  const access = readAccess(join(folder, 'access'));
  if (loaded.ok && loaded.settings.databaseUrl !== null && access.ok) {
    const { settings } = loaded;
    return { ok: true, settings, databaseUrl: loaded.settings.databaseUrl, access: access.access };
  }
  return {
    ok: false,
    problems: [
      ...(loaded.ok ? [] : loaded.problems),
      ...(loaded.ok && loaded.settings.databaseUrl === null ? [DATABASE_NEEDED] : []),
      ...(access.ok ? [] : access.problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}`)),
    ],
  };
}

const DATABASE_NEEDED =
  "DATABASE_URL is missing: audit by itself reads the deployment's database ('pactwatch start' runs all parts on an embedded one)";
