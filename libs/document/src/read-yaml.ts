import {
  Composer,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
  visit,
  type Alias,
  type CST,
  type Document,
  type Node,
} from 'yaml';
import type { ZodType, core } from 'zod';
import { allowedFields } from './allowed-fields.js';
import { firstBeyondDepth } from './nesting.js';

type Path = readonly (string | number)[];

/** What is wrong with a file, and where: printed as `file:line:column: message`. Lines and columns count from 1. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Dotted path of the value, empty for the whole file. */
  readonly path: string;
  /** Names the value and what was allowed. */
  readonly message: string;
}

/** Finds the place of a value (or of its key) by its path, for rules that look at more than one value. */
type Locate = (path: Path, of?: 'key' | 'value') => { line: number; column: number };

export type Checked<T> =
  | {
      readonly ok: true;
      readonly value: T;
      readonly locate: Locate;
      readonly problem: (path: Path, message: string, of?: 'key' | 'value') => Problem;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_ALIASES = 100;
const MAX_DEPTH = 64;

/** A document whose values are not checked yet. */
type Opened =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** Keys that are there twice: the document can be read, and is not to be used. */
      readonly problems: readonly Problem[];
      readonly locate: Locate;
      readonly problem: (path: Path, message: string, of?: 'key' | 'value') => Problem;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads one YAML document (YAML 1.2 core, no alias bombs) as plain values, for a check of one's own. */
export function openYaml(file: string, text: string): Opened {
  const wholeFile = (message: string): Opened => ({
    ok: false,
    problems: [{ file, line: 1, column: 1, path: '', message }],
  });
  if (Buffer.byteLength(text) > MAX_BYTES) return wholeFile(`the file is larger than the ${MAX_BYTES} bytes allowed`);
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const tooDeep = firstBeyondDepth(tokens, MAX_DEPTH);
  if (tooDeep !== undefined) {
    const { line, col: column } = lines.linePos(tooDeep);
    const message = `lists and maps lie more than ${MAX_DEPTH} deep in each other here (allowed: ${MAX_DEPTH})`;
    return { ok: false, problems: [{ file, line, column, path: '', message }] };
  }
  const [document, second] = compose(tokens, text.length);
  if (second !== undefined) {
    const { line, col: column } = lines.linePos(second.range[0]);
    return {
      ok: false,
      problems: [{ file, line, column, path: '', message: 'a second document begins here (allowed: one)' }],
    };
  }
  const problems = document.errors.map((error) => {
    const at = lines.linePos(error.pos[0]);
    const twice = error.code === 'DUPLICATE_KEY';
    const message = twice ? `${keyAt(text, error.pos[0])} is there twice (allowed: each key once)` : error.message;
    return { file, line: at.line, column: at.col, path: '', message };
  });
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return { ok: false, problems };
  const endless = aliasOfItself(document);
  if (endless !== undefined) {
    const { line, col: column } = lines.linePos(rangeStart(endless) ?? 0);
    const message = `*${endless.source} stands inside the value that it repeats (allowed: after it)`;
    return { ok: false, problems: [{ file, line, column, path: '', message }] };
  }
  const locate = locator(document, lines);
  const problem = (path: Path, message: string, of: 'key' | 'value' = 'value'): Problem => ({
    file,
    ...locate(path, of),
    path: path.join('.'),
    message,
  });
  const plain = toPlain(document);
  return plain.ok ? { ok: true, value: plain.value, problems, locate, problem } : wholeFile(plain.message);
}

/**
 * Reads one YAML document (YAML 1.2 core, no alias bombs, unique keys) and checks it against a schema.
 * Reports every problem found, each with its place, in the order of the file.
 */
export function readYaml<T>(file: string, text: string, schema: ZodType<T>): Checked<T> {
  const opened = openYaml(file, text);
  if (!opened.ok) return opened;
  const { locate, problem } = opened;
  const result = schema.safeParse(opened.value);
  if (result.success && opened.problems.length === 0) return { ok: true, value: result.data, locate, problem };
  const issues = result.success ? [] : result.error.issues;
  const problems = issues.flatMap(closestBranch).flatMap((issue) => {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    if (issue.code === 'unrecognized_keys') {
      const allowed = allowedFields(schema, path);
      const fields = allowed.length === 0 ? '' : ` (allowed: ${allowed.join(', ')})`;
      return issue.keys.map((key) => problem([...path, key], `'${key}' is not a field here${fields}`, 'key'));
    }
    const name = path.join('.') || 'the file';
    const value = valueAt(opened.value, path);
    if (value === undefined) return [problem(path, `${name} is missing: ${issue.message}`)];
    if (issue.code === 'invalid_key') {
      const detail = issue.issues.map((inner) => inner.message).join('; ') || issue.message;
      return [problem(path, `${name} is not allowed as a name here: ${detail}`, 'key')];
    }
    return [problem(path, `${name}: ${issue.message} (here: ${sourceOf(value)})`)];
  });
  return {
    ok: false,
    problems: [...opened.problems, ...problems].sort((a, b) => a.line - b.line || a.column - b.column),
  };
}

function compose(tokens: readonly CST.Token[], length: number): [Document.Parsed, Document.Parsed?] {
  const composer = new Composer({ version: '1.2', uniqueKeys: true, logLevel: 'error' });
  const documents = [...composer.compose(tokens, true, length)];
  return documents as [Document.Parsed, Document.Parsed?];
}

/** A value that holds itself has no end, neither for a schema nor in a message. */
function aliasOfItself(document: Document): Alias | undefined {
  let found: Alias | undefined;
  visit(document, {
    Alias: (_, alias, path) => {
      const repeated = alias.resolve(document);
      if (repeated === undefined || !path.includes(repeated)) return undefined;
      found = alias;
      return visit.BREAK;
    },
  });
  return found;
}

/** The key that begins at an offset, as it is written. */
function keyAt(text: string, offset: number): string {
  return /^(?:'[^'\n]*'|"[^"\n]*"|[^:\n]+)/.exec(text.slice(offset, offset + 80))?.[0].trim() ?? 'a key';
}

/** A value as it goes into a message: JSON, cut at 80 characters. */
export function sourceOf(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** The values of the document; the parser throws here on names (`*x`) without an anchor and on too many of them. */
function toPlain(document: Document): { ok: true; value: unknown } | { ok: false; message: string } {
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (error) {
    return { ok: false, message: `${(error as Error).message} (at most ${MAX_ALIASES} uses of an anchor are allowed)` };
  }
}

/**
 * Where a value may take one of several shapes, the problems of the shape it comes closest to say more than
 * "invalid input": the shape whose first mistake lies deepest, if there is exactly one such.
 */
function closestBranch(issue: core.$ZodIssue): core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const depth = (branch: readonly core.$ZodIssue[]) =>
    Math.min(
      ...branch.map(
        (inner) => inner.path.length + (inner.code === 'invalid_type' || inner.code === 'invalid_value' ? 0 : 1),
      ),
    );
  const branches = issue.errors.filter((branch) => branch.length > 0);
  const deepest = Math.max(...branches.map(depth));
  const [closest, ...rivals] = branches.filter((branch) => depth(branch) === deepest);
  if (closest !== undefined && rivals.length === 0) {
    return closest.flatMap((inner) => closestBranch({ ...inner, path: [...issue.path, ...inner.path] }));
  }
  const messages = new Set(branches.flatMap((branch) => branch.map((inner) => inner.message)));
  return [{ ...issue, message: [...messages].join('; or: ') || issue.message }];
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, step) =>
      inner !== null && typeof inner === 'object' && Object.hasOwn(inner, step)
        ? (inner as Record<string | number, unknown>)[step]
        : undefined,
    value,
  );
}

function locator(document: Document, lines: LineCounter): Locate {
  return (path, of = 'value') => {
    let node: unknown = document.contents;
    let offset = rangeStart(node) ?? 0;
    path.forEach((step, index) => {
      // What an alias repeats is shown where it was written.
      if (isAlias(node)) node = node.resolve(document);
      if (isMap(node)) {
        const pair = node.items.findLast(
          (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
        );
        if (pair === undefined) return void (node = undefined);
        const last = index === path.length - 1;
        offset = (last && of === 'key' ? undefined : rangeStart(pair.value)) ?? rangeStart(pair.key) ?? offset;
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        offset = rangeStart(node) ?? offset;
      } else {
        node = undefined;
      }
    });
    const at = lines.linePos(offset);
    return { line: at.line, column: at.col };
  };
}

function rangeStart(node: unknown): number | undefined {
  if (node === null || typeof node !== 'object' || !('range' in node)) return undefined;
  return (node as Node).range?.[0];
}
