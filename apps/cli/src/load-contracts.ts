import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readCalendar, type Calendar } from '#libs/calendar';
import { readContract, type Contract } from '#libs/contract';
import type { Problem } from '#libs/document';
import { problemsFailure } from './failure.js';
import { readWhole } from './read-input.js';

/** A contract file that is in order, with the bytes it and its calendars were read from. */
export interface LoadedContract {
  readonly file: string;
  readonly contract: Contract;
  readonly bytes: Buffer;
  /** By the SHA-256 (hex) of the bytes. */
  readonly calendars: ReadonlyMap<string, Buffer>;
}

export type ContractFile =
  | ({ readonly ok: true } & LoadedContract)
  | { readonly ok: false; readonly file: string; readonly problems: readonly Problem[] };

/**
 * Reads a contract file with the calendars it names. They are looked for in `calendars/` beside the contract's folder
 * (`config/contracts/x.yaml`: `config/calendars`), in `calendars/` within that folder, then in `calendars/` of PACTWATCH_CONFIG.
 */
export function loadContract(file: string, env: NodeJS.ProcessEnv): ContractFile {
  const bytes = readWhole(file);
  const text = bytes.toString('utf8');
  const shelf = calendarsFor(file, env);
  const read = readContract(file, text, new Map([...shelf.good].map(([id, entry]) => [id, entry.calendar])));
  if (!read.ok) {
    // A calendar that is there but broken is why the contract does not find it: tell both.
    const broken = [...shelf.broken].filter(([id]) => text.includes(id)).flatMap(([, problems]) => problems);
    return { ok: false, file, problems: [...read.problems, ...broken] };
  }
  const used = Object.keys(read.value.calendarHashes);
  const calendars = new Map(
    [...shelf.good]
      .filter(([id]) => used.includes(id))
      .map(([, { calendar, bytes: calendarBytes }]) => [calendar.hash, calendarBytes]),
  );
  return { ok: true, file, contract: read.value, bytes, calendars };
}

/** Reads all or fails with every problem of every file. */
export function loadContracts(files: readonly string[], env: NodeJS.ProcessEnv): LoadedContract[] {
  const read = files.map((file) => loadContract(file, env));
  const good = read.filter((one) => one.ok);
  const problems = [...read.flatMap((one) => (one.ok ? [] : one.problems)), ...problemsTogether(good)];
  if (problems.length > 0) throw problemsFailure(problems);
  return good;
}

/** What is wrong only because the files are loaded together: a version twice, a source with two default contracts. */
export function problemsTogether(loaded: readonly LoadedContract[]): Problem[] {
  const problems: Problem[] = [];
  const versions = new Map<string, LoadedContract>();
  const defaults = new Map<string, LoadedContract>();
  const note = (one: LoadedContract, message: string) =>
    void problems.push({ file: one.file, line: 1, column: 1, path: '', message });
  for (const one of loaded) {
    const { id, version, sources } = one.contract;
    const same = versions.get(`${id}/${version}`);
    if (same !== undefined)
      note(one, `version ${version} of ${id} is also in ${same.file} (allowed: each version once)`);
    versions.set(`${id}/${version}`, one);
    for (const { uri, isDefault } of sources.values()) {
      if (!isDefault) continue;
      const other = defaults.get(uri);
      if (other === undefined) defaults.set(uri, one);
      else if (other.contract.id !== id) {
        note(
          one,
          `source ${uri} belongs to ${other.contract.id} by default (${other.file}); one contract at most may say so`,
        );
      }
    }
  }
  return problems;
}

interface Shelf {
  readonly good: Map<string, { readonly calendar: Calendar; readonly bytes: Buffer }>;
  /** By the name of the file, since a broken file may not even tell its id. */
  readonly broken: Map<string, readonly Problem[]>;
}

const shelves = new Map<string, Shelf>();

function calendarsFor(file: string, env: NodeJS.ProcessEnv): Shelf {
  const folder = dirname(resolve(file));
  const configured = resolve(env.PACTWATCH_CONFIG ?? 'config');
  const places = [dirname(folder), folder, configured].map((place) => join(place, 'calendars'));
  const shelf: Shelf = { good: new Map(), broken: new Map() };
  for (const place of new Set(places)) {
    const { good, broken } = readShelf(place);
    for (const [id, entry] of good) if (!shelf.good.has(id)) shelf.good.set(id, entry);
    for (const [id, problems] of broken) if (!shelf.broken.has(id)) shelf.broken.set(id, problems);
  }
  return shelf;
}

function readShelf(folder: string): Shelf {
  const known = shelves.get(folder);
  if (known !== undefined) return known;
  const shelf: Shelf = { good: new Map(), broken: new Map() };
  for (const name of namesIn(folder)) {
    if (!/\.ya?ml$/.test(name)) continue;
    const path = join(folder, name);
    const bytes = readWhole(path);
    const read = readCalendar(path, bytes.toString('utf8'));
    if (read.ok) shelf.good.set(read.value.id, { calendar: read.value, bytes });
    else shelf.broken.set(name.replace(/\.ya?ml$/, ''), read.problems);
  }
  shelves.set(folder, shelf);
  return shelf;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
