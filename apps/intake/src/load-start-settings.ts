import { join, resolve } from 'node:path';
import { loadSettings, readAccess, stampKey, type Access, type Settings } from '#libs/settings';

export type StartSettings =
  | { readonly ok: true; readonly settings: Settings; readonly stampKey: Buffer; readonly access: Access }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Everything that the process by itself needs from environment and files, or all problems with them at once. */
export function loadStartSettings(env: NodeJS.ProcessEnv): StartSettings {
  const loaded = loadSettings(env, { writesStream: true });
  // Files are looked at also where a setting is wrong, so that one start shows all there is to mend.
  const folder = loaded.ok ? loaded.settings.configFolder : resolve(env['PACTWATCH_CONFIG'] ?? 'config');
  const access = readAccess(join(folder, 'access'));
  const databaseNamed = [env['DATABASE_URL'], env['DATABASE_URL_FILE']].some((text) => (text ?? '').trim() !== '');
  const problems = [
    ...(loaded.ok ? [] : loaded.problems),
    ...(databaseNamed ? [] : [DATABASE_NEEDED]),
    ...(access.ok ? [] : access.problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}`)),
  ];
  if (!loaded.ok || !access.ok || problems.length > 0) return { ok: false, problems };
  try {
    return { ok: true, settings: loaded.settings, stampKey: stampKey(loaded.settings), access: access.access };
  } catch (error) {
    return { ok: false, problems: [(error as Error).message] };
  }
}

const DATABASE_NEEDED =
  "DATABASE_URL is missing: the intake by itself works on the deployment's database ('pactwatch start' runs all parts on an embedded one)";
