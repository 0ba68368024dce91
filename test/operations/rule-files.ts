import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const PROMETHEUS_FOLDER = join(__dirname, '../../deploy/prometheus');

interface Group {
  readonly name: string;
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}

interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** All files below `deploy/prometheus/FOLDER`, by name. */
export function yamlFiles<T>(folder: 'rules' | 'tests'): ReadonlyMap<string, T> {
  const names = readdirSync(join(PROMETHEUS_FOLDER, folder)).filter((name) => name.endsWith('.yaml'));
  return new Map(names.map((name) => [name, parse(readFileSync(join(PROMETHEUS_FOLDER, folder, name), 'utf8')) as T]));
}

const rules = [...yamlFiles<{ groups: Group[] }>('rules').values()].flatMap(({ groups }) =>
  groups.flatMap((group) => group.rules),
);
export const recordingRules = rules.filter((rule): rule is RecordingRule => 'record' in rule);
export const alertingRules = rules.filter((rule): rule is AlertingRule => 'alert' in rule);
