import { readFileSync, readdirSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { z } from 'zod';
import { TOPICS } from '#libs/bus';
import { readYaml, type Problem } from '#libs/document';
import { isOwnSource, readMapping, type Mapping } from '#libs/events';
import type { Door, DoorTopic } from './door.js';

export type ReadDoors =
  | { readonly ok: true; readonly doors: readonly Door[] }
  /** As `file:line:column: message`. */
  | { readonly ok: false; readonly problems: readonly string[] };

const topicName = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,249}$/, 'letters, digits, dots, dashes and underscores, at most 249, are allowed')
  .refine((name) => !(Object.values(TOPICS) as string[]).includes(name), "the product's own topics are no door's");

const doorFile = z.strictObject({
  door: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      'letters, digits, dots, dashes and underscores, at most 64, are allowed',
    ),
  topics: z
    .array(
      z.strictObject({
        topic: topicName,
        mapping: z.string().min(1, "a file's name below config/mappings is needed"),
        format: z.enum(['json'], 'json is allowed').default('json'),
        logAppendTime: z.boolean('true and false are allowed').default(false),
      }),
    )
    .min(1, 'at least one topic is needed'),
});

/** Reads all doors `*.yaml` of `config/doors` with the mappings that they name, and reports all problems of all of them. */
export function readDoors(configFolder: string): ReadDoors {
  const folder = join(configFolder, 'doors');
  const problems: string[] = [];
  const doors: Door[] = [];
  const names = new Map<string, string>();
  const mappings = new Map<string, Mapping | undefined>();
  const tell = ({ file, line, column, message }: Problem) =>
    void problems.push(`${file}:${line}:${column}: ${message}`);

  for (const name of filesOf(folder, problems)) {
    const file = join(folder, name);
    const text = textOf(file, problems);
    if (text === undefined) continue;
    const read = readYaml(file, text, doorFile);
    if (!read.ok) {
      read.problems.forEach(tell);
      continue;
    }
    const { door, topics } = read.value;
    const before = names.get(door);
    if (before !== undefined) tell(read.problem(['door'], `door: '${door}' is there already, in ${before}`));
    names.set(door, file);
    const found = topics.flatMap(({ topic, mapping, logAppendTime }, index): DoorTopic[] => {
      const path = ['topics', index] as const;
      if (topics.findIndex((one) => one.topic === topic) < index)
        tell(read.problem([...path, 'topic'], `topic: '${topic}' is listed twice`));
      const at = join(configFolder, 'mappings', mapping);
      if (isOutside(join(configFolder, 'mappings'), at)) {
        tell(read.problem([...path, 'mapping'], `mapping: '${mapping}' is not below config/mappings`));
        return [];
      }
      if (!mappings.has(at)) mappings.set(at, mappingOf(at, problems));
      const known = mappings.get(at);
      return known === undefined ? [] : [{ topic, mapping: known, logAppendTime }];
    });
    const [first, ...others] = found;
    if (first !== undefined) doors.push({ name: door, topics: [first, ...others] });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, doors };
}

function filesOf(folder: string, problems: string[]): string[] {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') problems.push(`${folder}:1:1: the folder cannot be read (${code ?? String(error)})`);
    return [];
  }
  // A door that is silently passed over would let its contracts wait for ever.
  for (const name of names.filter((one) => /\.(yml|json)$/.test(one)))
    problems.push(`${join(folder, name)}:1:1: '${name}' is not read: names must end in .yaml`);
  return names.filter((name) => name.endsWith('.yaml'));
}

function textOf(file: string, problems: string[]): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    problems.push(`${file}:1:1: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
    return undefined;
  }
}

function mappingOf(file: string, problems: string[]): Mapping | undefined {
  const text = textOf(file, problems);
  if (text === undefined) return undefined;
  const read = readMapping(file, text, { ids: 'optional' });
  if (!read.ok) {
    problems.push(...read.problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}`));
    return undefined;
  }
  const tell = (path: readonly (string | number)[], message: string): void => {
    const { line, column } = read.problem(path, message);
    problems.push(`${file}:${line}:${column}: ${message}`);
  };
  const { input, sources } = read.value;
  if (input !== 'ndjson') tell(['input'], `input: '${input}' cannot come through a door (allowed: ndjson)`);
  sources.forEach((source, index) => {
    if (isOwnSource(source)) tell(['events', index, 'source'], `source: '${source}' is the product's own`);
  });
  return read.value;
}

function isOutside(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way.startsWith('..') || isAbsolute(way);
}
