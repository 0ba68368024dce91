import type { Calendar } from '#libs/calendar';
import type { ContractFile } from './contract-file.js';
import type { DataField } from './data-field.js';
import type { Budget } from './model.js';
import { unknownName } from './nearest-name.js';
import { readPeriod } from './read-period.js';
import type { Loose } from './salvage.js';

export type Path = readonly (string | number)[];
export type Report = (path: Path, message: string, of?: 'key' | 'value') => void;
export type LooseFile = Loose<ContractFile>;
export type LooseKind = Loose<ContractFile['subjects'][string]>;
export type LooseObligation = Loose<ContractFile['obligations'][string]>;

/** The data of one declared event type. */
export interface DeclaredType {
  readonly fields: ReadonlyMap<string, DataField>;
  readonly needsSubject: boolean;
}

export type RuleSort = 'obligation' | 'duty' | 'prohibition' | 'standard';

/** The rules that a file names, whether or not they can be read. */
export interface RuleNames {
  readonly sortOf: ReadonlyMap<string, RuleSort>;
  /** The standards that a name stands for: its segments, or itself. */
  readonly expand: (name: string) => readonly string[];
}

/** What the parts of a file are compiled with. Whatever is wrong is reported and the part left out. */
export interface Reading {
  readonly file: LooseFile;
  readonly report: Report;
  /** A problem inside an expression: `offset` counts from its first character. */
  readonly reportInside: (path: Path, offset: number, message: string) => void;
  readonly calendars: ReadonlyMap<string, Calendar>;
  readonly calendar: Calendar | undefined;
  readonly zone: string;
  readonly types: ReadonlyMap<string, DeclaredType>;
  readonly rules: RuleNames;
}

/** A text of the file in both languages. */
export function bothLanguages(
  text: Loose<NonNullable<ContractFile['title']>> | undefined,
  otherwise: string,
): Readonly<Record<'zh-CN' | 'en', string>> {
  if (typeof text === 'string') return { 'zh-CN': text, en: text };
  return { 'zh-CN': text?.['zh-CN'] ?? otherwise, en: text?.en ?? otherwise };
}

/** Names of event types at a path: one, or a list. Unknown ones are reported. */
export function typeNames(
  reading: Reading,
  path: Path,
  written: string | readonly (string | undefined)[] | undefined,
): string[] {
  if (written === undefined) return [];
  const names = typeof written === 'string' ? [written] : written;
  return names.flatMap((name, index) => {
    if (name === undefined) return [];
    if (!reading.types.has(name)) {
      const at = typeof written === 'string' ? path : [...path, index];
      reading.report(at, unknownName('event type', name, reading.types.keys()));
      return [];
    }
    return [name];
  });
}

/** A period at a path; undefined where it is missing, or was reported, or counts in a calendar that was. */
export function periodAt(reading: Reading, path: Path, written: string | undefined): Budget | undefined {
  if (written === undefined) return undefined;
  const read = readPeriod(written, reading.calendar, reading.calendars);
  if (read.ok) return read.value;
  reading.report(path, read.message);
  return undefined;
}
