import { loadWriterSettings, type LoadedProcess, type WriterSettings } from '#libs/settings';
import { readNotifierFiles, type NotifierFiles } from './notifier-files.js';

interface StartSettings extends WriterSettings {
  readonly files: NotifierFiles;
}

/** Everything that the process by itself needs from environment and files, or all problems with them at once. */
export function loadStartSettings(env: NodeJS.ProcessEnv): LoadedProcess<StartSettings> {
  const loaded = loadWriterSettings(env, 'the notifier by itself works on');
  const configFolder = loaded.ok ? loaded.settings.configFolder : loaded.configFolder;
  const files = readNotifierFiles(configFolder);
  if (loaded.ok && files.ok) return { ...loaded, files: files.files };
  const problems = [...(loaded.ok ? [] : loaded.problems), ...(files.ok ? [] : files.problems)];
  return { ok: false, problems, configFolder };
}
