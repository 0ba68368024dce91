export { DEFAULT_PORTS, SETTINGS_TABLE, portOf, type AppName, type LogLevel, type Settings } from './settings.js';
export { loadSettings } from './load-settings.js';
export {
  loadWriterSettings,
  type LoadedProcess,
  type ProcessSettings,
  type WriterSettings,
} from './load-process-settings.js';
export { StampKeyError, stampKey } from './stamp-key.js';
export { ACCESS_PARTIES, DUTIES, callerOf, hashAccessKey, listenHost, type Access, type Caller } from './access.js';
export { readAccess } from './read-access.js';
export { newAccessKey } from './new-access-key.js';
