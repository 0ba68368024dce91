import { Environment } from '@marcbachmann/cel-js';
import { readYaml, type Checked, type Problem } from '#libs/document';
import type { JsonObject, JsonValue } from '#libs/contract';
import { mappingSchema, type ConditionRule, type EventRule, type MappingFile } from './mapping-schema.js';
import { isZone, refuseFormat, type Reading } from './mapping-time.js';
import {
  fieldsOfTemplate,
  readTemplate,
  RowError,
  templateWriter,
  textOf,
  valueWriter,
  type Row,
} from './mapping-value.js';

/** A mapping file, read, checked and compiled: how a row of any shape becomes CloudEvents. */
export interface Mapping {
  readonly id: string;
  readonly input: 'csv' | 'ndjson';
  /** How the CSV is written; the header line names the fields. */
  readonly csv: { readonly delimiter: string; readonly quote: string; readonly comment: string | null };
  /** Fields that the file names, each with the place where it does: a header that lacks one is a problem there. */
  readonly fields: readonly { readonly field: string; readonly missing: (columns: readonly string[]) => Problem }[];
  /** Sources of its events, as they are written. */
  readonly sources: readonly string[];
  /**
   * All events of a row, or why the row as a whole gives none: half a case would be judged as a whole one. `origin` is
   * the id of an event that has none of its own; further ones of the row have `/2`, `/3` … behind it.
   */
  readonly map: (row: Row, origin?: string) => MappedRow;
}

type MappedRow =
  | { readonly ok: true; readonly events: readonly CloudEventJson[] }
  | { readonly ok: false; readonly problems: readonly RowProblem[] };

/** A CloudEvents 1.0 event in the structured JSON form. */
type CloudEventJson = JsonObject & {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
};

interface RowProblem {
  /** Type of the event that could not be made. */
  readonly event: string;
  readonly field: string;
  /** Null where the row has nothing there. */
  readonly value: string | null;
  readonly message: string;
}

/**
 * Reads and checks a mapping file (YAML); reports every problem with its place.
 *
 * @param ids `optional` where rows have an origin that can stand for a missing id
 */
export function readMapping(
  file: string,
  text: string,
  { ids = 'needed' }: { readonly ids?: 'needed' | 'optional' } = {},
): Checked<Mapping> {
  const read = readYaml(file, text, mappingSchema);
  if (!read.ok) return read;
  const problems: Problem[] = [];
  const note: Note = (path, message, of) => void problems.push(read.problem(path, message, of));
  checkMapping(read.value, note);
  read.value.events.forEach(({ id }, index) => {
    if (id === undefined && ids === 'needed')
      note(['events', index], 'id: missing (only a door can do without: it gives topic/partition/offset)');
  });
  if (problems.length > 0) {
    return { ok: false, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
  }
  return { ...read, value: compile(read.value, read.problem) };
}

type Path = readonly (string | number)[];
type Note = (path: Path, message: string, of?: 'key' | 'value') => void;

function checkMapping(file: MappingFile, note: Note): void {
  checkZone(file.zone, ['zone'], note);
  if (file.csv !== undefined && file.input !== 'csv')
    note(['csv'], `csv: only input csv has it (here: ${file.input})`, 'key');
  file.events.forEach((event, index) => {
    const at: Path = ['events', index];
    for (const name of ['type', 'id', 'source', 'subject', 'contractid', 'sequence'] as const) {
      checkTemplate(event[name], [...at, name], note);
    }
    checkTimed({ ...event.time, as: 'instant' }, [...at, 'time'], file, note);
    event.when?.forEach((condition, number) => checkCondition(condition, [...at, 'when', number], note));
    for (const [name, rule] of Object.entries(event.data ?? {})) {
      const path: Path = [...at, 'data', name];
      if (rule.const === undefined) {
        checkTimed(rule, path, file, note);
      } else if (Object.keys(rule).length > 1) {
        note(path, `${name}: a value with const has nothing else (here: ${Object.keys(rule).join(', ')})`);
      }
      if (rule.otherwise !== undefined && rule.map === undefined) {
        note([...path, 'otherwise'], 'otherwise: only a value with map has it', 'key');
      }
      if (rule.map !== undefined && rule.as !== undefined) {
        note([...path, 'as'], 'as: a value with map is what the map says; leave one of them out', 'key');
      }
    }
  });
}

interface Timed {
  readonly field?: string | undefined;
  readonly template?: string | undefined;
  readonly as?: string | undefined;
  readonly format?: readonly string[] | undefined;
  readonly zone?: string | undefined;
  readonly reading?: Reading | undefined;
}

function checkTimed(rule: Timed, path: Path, file: MappingFile, note: Note): void {
  if ((rule.field === undefined) === (rule.template === undefined)) {
    note(path, `${String(path.at(-1))}: exactly one of field and template must be given`);
  }
  checkTemplate(rule.template, [...path, 'template'], note);
  checkZone(rule.zone, [...path, 'zone'], note);
  const timed = rule.as === 'instant' || rule.as === 'date';
  if (!timed) {
    for (const name of ['format', 'zone', 'reading'] as const) {
      if (rule[name] !== undefined) note([...path, name], `${name}: only a value as instant or date has it`, 'key');
    }
    return;
  }
  const formats = rule.format ?? [];
  if (formats.length === 0) note(path, `format: missing; as ${String(rule.as)} needs one, e.g. yyyy-MM-dd HH:mm:ss`);
  formats.forEach((format, index) => {
    const refused = refuseFormat(format, rule.as === 'date');
    if (refused !== undefined) note([...path, 'format', index], `format: ${refused}`);
  });
  const reading = rule.reading ?? file.reading ?? 'local';
  const absolute = formats.every(
    (format) => ['rfc3339', 'epoch-seconds', 'epoch-millis'].includes(format) || format.includes('XXX'),
  );
  if (rule.as === 'instant' && reading !== 'utc' && !absolute && rule.zone === undefined && file.zone === undefined) {
    note(path, `zone: missing; digits without an offset need the zone they are local to, or reading: utc`);
  }
}

function checkZone(zone: string | undefined, path: Path, note: Note): void {
  if (zone !== undefined && !isZone(zone))
    note(path, `zone: '${zone}' is no IANA zone (allowed: e.g. Asia/Shanghai, UTC)`);
}

function checkTemplate(template: string | undefined, path: Path, note: Note): void {
  if (template === undefined) return;
  const parts = readTemplate(template);
  if (typeof parts === 'string') note(path, `${String(path.at(-1))}: ${parts}`);
}

function checkCondition(condition: ConditionRule, path: Path, note: Note): void {
  const { expression, field } = condition;
  if ((expression === undefined) === (field === undefined)) {
    return note(path, 'when: either a CEL expression over row, or a field with present, equals or in');
  }
  const given = (['present', 'equals', 'in'] as const).filter((name) => condition[name] !== undefined);
  if (given.length !== (expression === undefined ? 1 : 0)) {
    return note(path, `when: a field needs exactly one of present, equals, in (here: ${given.join(', ') || 'none'})`);
  }
  if (expression === undefined) return;
  const result = environment.check(expression);
  if (!result.valid) note(path, `when: ${firstLine(result.error?.message ?? 'is no CEL expression')}`);
  else if (result.type !== 'bool' && result.type !== 'dyn') {
    note(path, `when: must be true or false (here: ${String(result.type)})`);
  }
}

const environment = new Environment().registerVariable('row', 'map');

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}

type MakeProblem = (path: Path, message: string, of?: 'key' | 'value') => Problem;

function compile(file: MappingFile, problem: MakeProblem): Mapping {
  const rules = file.events.map((event) => compileEvent(event, file));
  return Object.freeze({
    id: file.mapping,
    input: file.input,
    csv: { delimiter: file.csv?.delimiter ?? ',', quote: file.csv?.quote ?? '"', comment: file.csv?.comment ?? null },
    fields: fieldsNamed(file).map(({ field, path }) => ({
      field,
      missing: (columns: readonly string[]) =>
        problem(path, `'${field}' is no column of the input (allowed: ${columns.join(', ')})`),
    })),
    sources: file.events.map(({ source }) => source),
    map: (row: Row, origin?: string): MappedRow => {
      const events: CloudEventJson[] = [];
      const problems: RowProblem[] = [];
      for (const rule of rules) {
        const made = rule(row);
        if (made === undefined) continue;
        if ('message' in made) problems.push(made as RowProblem);
        else events.push(withId(made as CloudEventJson, origin, events.length));
      }
      return problems.length > 0 ? { ok: false, problems } : { ok: true, events };
    },
  });
}

function withId(event: CloudEventJson, origin: string | undefined, before: number): CloudEventJson {
  if (event.id !== undefined) return event;
  if (origin === undefined) throw new TypeError(`an event of type '${event.type}' has no id, and its row no origin`);
  return { ...event, id: before === 0 ? origin : `${origin}/${before + 1}` };
}

function compileEvent(event: EventRule, file: MappingFile): (row: Row) => CloudEventJson | RowProblem | undefined {
  const context = { zone: file.zone ?? 'UTC', reading: file.reading ?? ('local' as const) };
  const conditions = (event.when ?? []).map(compileCondition);
  const attributes = (['id', 'source', 'type', 'subject', 'contractid', 'sequence'] as const).flatMap((name) => {
    const template = event[name];
    return template === undefined ? [] : [[name, templateWriter(template)] as const];
  });
  const time = valueWriter(
    {
      ...event.time,
      as: 'instant',
      zone: event.time.zone ?? context.zone,
      reading: event.time.reading ?? context.reading,
    },
    context,
  );
  const data = Object.entries(event.data ?? {}).map(([name, rule]) => [name, valueWriter(rule, context)] as const);
  return (row) => {
    try {
      if (!conditions.every((holds) => holds(row))) return undefined;
      const made: JsonObject = { specversion: '1.0' };
      for (const [name, write] of attributes) made[name] = write(row);
      made.time = time(row) as string;
      made.datacontenttype = 'application/json';
      const written: JsonObject = {};
      for (const [name, write] of data) {
        const value = write(row);
        if (value !== undefined) written[name] = value;
      }
      made.data = written as JsonValue;
      return made as CloudEventJson;
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      return { event: event.type, field: error.field, value: error.value, message: error.message };
    }
  };
}

function compileCondition(condition: ConditionRule): (row: Row) => boolean {
  const { expression, field = '', present } = condition;
  if (expression === undefined) {
    const allowed = condition.in ?? [condition.equals ?? ''];
    return (row) => {
      const text = textOf(row, field);
      return present === undefined ? allowed.includes(text ?? '') : (text !== undefined) === present;
    };
  }
  const parsed = environment.parse(expression);
  return (row) => {
    let result: unknown;
    try {
      result = parsed({ row });
    } catch (error) {
      throw new RowError('when', expression, error instanceof Error ? firstLine(error.message) : String(error));
    }
    if (typeof result !== 'boolean') throw new RowError('when', expression, 'true or false was expected');
    return result;
  };
}

/** Every field the file names, first place wins; CEL expressions are left out, since what they name may be optional. */
function fieldsNamed(file: MappingFile): { field: string; path: Path }[] {
  const found = new Map<string, Path>();
  const add = (field: string, path: Path) => found.has(field) || found.set(field, path);
  const addTemplate = (template: string | undefined, path: Path) =>
    template === undefined ? undefined : fieldsOfTemplate(template).forEach((field) => add(field, path));
  file.events.forEach((event, index) => {
    const at: Path = ['events', index];
    for (const name of ['id', 'source', 'type', 'subject', 'contractid', 'sequence'] as const) {
      addTemplate(event[name], [...at, name]);
    }
    if (event.time.field !== undefined) add(event.time.field, [...at, 'time', 'field']);
    addTemplate(event.time.template, [...at, 'time', 'template']);
    event.when?.forEach(({ field }, number) => field === undefined || add(field, [...at, 'when', number, 'field']));
    for (const [name, rule] of Object.entries(event.data ?? {})) {
      const path: Path = [...at, 'data', name];
      if (rule.field !== undefined) add(rule.field, [...path, 'field']);
      addTemplate(rule.template, [...path, 'template']);
    }
  });
  return [...found].map(([field, path]) => ({ field, path }));
}
