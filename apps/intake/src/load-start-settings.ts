import { loadWriterSettings, type LoadedProcess, type ProcessSettings } from '#libs/settings';
import type { Door } from './doors/door.js';
import { readDoors } from './doors/read-doors.js';

interface StartSettings extends ProcessSettings {
  /** Of stamps and of the product's own records. */
  readonly stampKey: Buffer;
  readonly doors: readonly Door[];
}

/** Everything that the process by itself needs from environment and files, or all problems with them at once. */
export function loadStartSettings(env: NodeJS.ProcessEnv): LoadedProcess<StartSettings> {
  const loaded = loadWriterSettings(env, 'the intake by itself works on');
  const { configFolder } = loaded.ok ? loaded.settings : loaded;
  const doors = readDoors(configFolder);
  if (loaded.ok && doors.ok) return { ...loaded, doors: doors.doors };
  const problems = [...(loaded.ok ? [] : loaded.problems), ...(doors.ok ? [] : doors.problems)];
  return { ok: false, problems, configFolder };
}
