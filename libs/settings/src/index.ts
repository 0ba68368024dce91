export {
  DEFAULT_PORTS,
  LOG_LEVELS,
  SETTINGS_TABLE,
  portOf,
  type AppName,
  type KafkaSettings,
  type LogLevel,
  type SettingLine,
  type Settings,
} from './settings.js';
export { loadSettings, type LoadedSettings } from './load-settings.js';
export { StampKeyError, stampKey } from './stamp-key.js';
export {
  ACCESS_PARTIES,
  DUTIES,
  callerOf,
  hashAccessKey,
  listenHost,
  type Access,
  type AccessParty,
  type Caller,
  type Duty,
} from './access.js';
export { readAccess, type ReadAccess } from './read-access.js';
export { newAccessKey } from './new-access-key.js';
export { withoutSecrets } from './without-secrets.js';
