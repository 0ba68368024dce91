import { join, resolve } from 'node:path';
import { loadSettings, readAccess, type Access, type Settings } from '#libs/settings';
import { readRouteBook, type RouteBook } from './route-book.js';

export type StartSettings =
  | {
      readonly ok: true;
      readonly settings: Settings;
      readonly access: Access;
      readonly book: RouteBook;
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Everything that the process by itself needs from environment and files, or all problems with them at once. */
export function loadStartSettings(env: NodeJS.ProcessEnv): StartSettings {
  const loaded = loadSettings(env);
  // Files are looked at also where a setting is wrong, so that one start shows all there is to mend.
  const folder = loaded.ok ? loaded.settings.configFolder : resolve(env['PACTWATCH_CONFIG'] ?? 'config');
  const access = readAccess(join(folder, 'access'));
  const routes = readRouteBook(join(folder, 'routes'));
  if (!loaded.ok || loaded.settings.databaseUrl === null || !access.ok || !routes.ok) {
    return {
      ok: false,
      problems: [
        ...(loaded.ok ? [] : loaded.problems),
        ...(loaded.ok && loaded.settings.databaseUrl === null ? [DATABASE_NEEDED] : []),
        ...(access.ok ? [] : access.problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}`)),
        ...(routes.ok ? [] : routes.problems),
      ],
    };
  }
  return { ok: true, settings: loaded.settings, access: access.access, book: routes.book };
}

const DATABASE_NEEDED =
  "DATABASE_URL is missing: the notifier by itself works on the deployment's database ('pactwatch start' runs all parts on an embedded one)";
