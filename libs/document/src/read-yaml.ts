import { LineCounter, parseDocument, type Document, isMap, isPair, isScalar, isSeq, type Node } from 'yaml';
import type { ZodType } from 'zod';

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
export type Locate = (path: readonly (string | number)[], of?: 'key' | 'value') => { line: number; column: number };

export type Checked<T> =
  | { readonly ok: true; readonly value: T; readonly locate: Locate; readonly problem: (path: readonly (string | number)[], message: string, of?: 'key' | 'value') => Problem }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads one YAML document (YAML 1.2 core, no aliases bombs, unique keys) and checks it against a schema.
 * Reports every problem found, each with its place.
 */
export function readYaml<T>(file: string, text: string, schema: ZodType<T>): Checked<T> {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    return { ok: false, problems: [{ file, line: 1, column: 1, path: '', message: `the file is larger than the ${MAX_BYTES} bytes allowed` }] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', uniqueKeys: true, prettyErrors: false });
  if (document.errors.length > 0) {
    return {
      ok: false,
      problems: document.errors.map((error) => {
        const at = lines.linePos(error.pos[0]);
        return { file, line: at.line, column: at.col, path: '', message: error.message };
      }),
    };
  }
  const locate = locator(document, lines);
  const problem = (path: readonly (string | number)[], message: string, of: 'key' | 'value' = 'value'): Problem => ({
    file,
    ...locate(path, of),
    path: path.join('.'),
    message,
  });
  const result = schema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (result.success) return { ok: true, value: result.data, locate, problem };
  const problems = result.error.issues.flatMap((issue) => {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => problem([...path, key], `'${key}' is not a field here`, 'key'));
    }
    const value = valueAt(document, path);
    const shown = value === undefined ? '' : ` (here: ${sourceOf(value)})`;
    return [problem(path, `${path.join('.') || 'the file'}: ${issue.message}${shown}`)];
  });
  return { ok: false, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
}

/** A value as it goes into a message: JSON, cut at 80 characters. */
export function sourceOf(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function valueAt(document: Document, path: readonly (string | number)[]): unknown {
  const found = document.getIn(path);
  return found !== null && typeof found === 'object' && 'toJS' in found ? (found as unknown as Node).toJS(document) : found;
}

function locator(document: Document, lines: LineCounter): Locate {
  return (path, of = 'value') => {
    let node: unknown = document.contents;
    let offset = rangeStart(node) ?? 0;
    path.forEach((step, index) => {
      if (isMap(node)) {
        const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step));
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
