import { join } from 'node:path';
import { loadProcessSettings, type LoadedProcess, type ProcessSettings } from '#libs/settings';
import { readRouteBook, type RouteBook } from './route-book.js';

interface StartSettings extends ProcessSettings {
  readonly book: RouteBook;
}

/** Everything that the process by itself needs from environment and files, or all problems with them at once. */
export function loadStartSettings(env: NodeJS.ProcessEnv): LoadedProcess<StartSettings> {
  const loaded = loadProcessSettings(env, 'the notifier by itself works on');
  const { configFolder } = loaded.ok ? loaded.settings : loaded;
  const routes = readRouteBook(join(configFolder, 'routes'));
  if (loaded.ok && routes.ok) return { ...loaded, book: routes.book };
  const problems = [...(loaded.ok ? [] : loaded.problems), ...(routes.ok ? [] : routes.problems)];
  return { ok: false, problems, configFolder };
}
