import { readFileSync } from 'node:fs';
import { systemCode } from './system-code.js';
import { SETTINGS_TABLE, type SettingLine, type SettingName } from './settings.js';

const MAX_SECRET_BYTES = 64 * 1024;

/**
 * The raw text of every setting: from the variable, or for secrets from the file that `NAME_FILE` names (one line break at
 * its end is left out). Empty counts as absent. Problems go into `problems`.
 */
export function readValues(env: NodeJS.ProcessEnv, problems: string[]): (name: SettingName) => string | undefined {
  const values = new Map<string, string>();
  for (const line of SETTINGS_TABLE as readonly SettingLine[]) {
    const direct = present(env[line.name]);
    const file = line.secret ? present(env[`${line.name}_FILE`]) : undefined;
    if (direct !== undefined && file !== undefined) {
      problems.push(`${line.name} and ${line.name}_FILE are both set: one of them is allowed`);
    } else if (direct !== undefined) {
      values.set(line.name, direct);
    } else if (file !== undefined) {
      const text = readSecret(line.name, file, problems);
      if (text !== undefined) values.set(line.name, text);
    }
  }
  return (name) => values.get(name);
}

function readSecret(name: string, file: string, problems: string[]): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    problems.push(`${name}_FILE: '${file}' cannot be read (${systemCode(error)}): a readable file is needed`);
    return undefined;
  }
  const text = bytes.toString('utf8').replace(/\r?\n$/, '');
  if (text === '' || bytes.length > MAX_SECRET_BYTES) {
    problems.push(`${name}_FILE: '${file}' holds ${bytes.length} bytes: 1 to ${MAX_SECRET_BYTES} are allowed`);
    return undefined;
  }
  return text;
}

function present(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value;
}
