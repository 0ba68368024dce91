/**
 * Texts with places for fields: `{{name}}`, `{{#if name}} … {{else}} … {{/if}}`, `{{#each list}} … {{/each}}` and
 * `{{plural number "one" "many"}}`. Nothing else: a template names fields that were agreed on, and runs no code.
 */

/** What may stand in a template: a text, a yes or no, a number, or a list whose entries have fields of their own. */
type FieldType = 'text' | 'flag' | 'number' | FieldTable;
export interface FieldTable {
  readonly [name: string]: FieldType;
}

/** A text that is null counts as empty. */
type FieldValue = string | number | boolean | null | readonly Fields[];
export interface Fields {
  readonly [name: string]: FieldValue;
}

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'plural'; readonly name: string; readonly one: string; readonly many: string }
  | { readonly kind: 'if'; readonly name: string; readonly then: readonly Part[]; readonly otherwise: readonly Part[] }
  | { readonly kind: 'each'; readonly name: string; readonly body: readonly Part[] };

export interface Template {
  readonly parts: readonly Part[];
}

/** A mistake in a template. `offset`: where it stands in the text. */
interface TemplateProblem {
  readonly offset: number;
  readonly message: string;
}

export type ReadTemplate =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly problems: readonly TemplateProblem[] };

const MAX_CHARS = 64 * 1024;
const MAX_DEPTH = 8;
/** What is written beyond this is left away: a message is no report. */
const MAX_WRITTEN_CHARS = 512 * 1024;

interface Block {
  readonly word: 'if' | 'each';
  readonly name: string;
  readonly offset: number;
  readonly table: FieldTable;
  readonly parts: Part[];
  otherwise: Part[] | undefined;
}

/** A template, or every mistake in it: tags that are none, blocks that do not end, fields that do not exist here. */
export function readTemplate(text: string, table: FieldTable): ReadTemplate {
  if (text.length > MAX_CHARS) {
    const message = `the template has ${text.length} characters (allowed: ${MAX_CHARS})`;
    return { ok: false, problems: [{ offset: 0, message }] };
  }
  const problems: TemplateProblem[] = [];
  const parts: Part[] = [];
  const open: Block[] = [];
  const tableNow = (): FieldTable => open.at(-1)?.table ?? table;
  const add = (part: Part): void => {
    const block = open.at(-1);
    (block === undefined ? parts : (block.otherwise ?? block.parts)).push(part);
  };
  let end = 0;
  for (const match of text.matchAll(/\{\{([^{}]*)\}\}/g)) {
    const offset = match.index;
    const note = (message: string): void => void problems.push({ offset, message });
    if (offset > end) add({ kind: 'text', text: text.slice(end, offset) });
    end = offset + match[0].length;
    const tag = (match[1] ?? '').trim();
    const opening = /^#(if|each)\s+(\S+)$/.exec(tag);
    const plural = /^plural\s+(\S+)\s+"([^"]*)"\s+"([^"]*)"$/.exec(tag);
    if (opening !== null) {
      const [word, name] = [opening[1] as 'if' | 'each', opening[2] ?? ''];
      const type = typeOf(name, tableNow(), note);
      const isList = typeof type === 'object';
      if (type !== undefined && word === 'each' && !isList)
        note(`'${name}' is no list (allowed: ${lists(tableNow())})`);
      if (open.length >= MAX_DEPTH) note(`blocks lie more than ${MAX_DEPTH} deep in each other`);
      const inner = word === 'each' && isList ? { ...tableNow(), ...type } : tableNow();
      open.push({ word, name, offset, table: inner, parts: [], otherwise: undefined });
    } else if (tag === 'else') {
      const block = open.at(-1);
      if (block?.word !== 'if' || block.otherwise !== undefined)
        note('{{else}} stands here without an {{#if}} before it');
      else block.otherwise = [];
    } else if (tag === '/if' || tag === '/each') {
      const block = open.at(-1);
      if (block === undefined || tag !== `/${block.word}`) {
        note(
          block === undefined ? `{{${tag}}} ends nothing` : `{{${tag}}} stands here, {{/${block.word}}} was expected`,
        );
        continue;
      }
      open.pop();
      if (block.word === 'each') add({ kind: 'each', name: block.name, body: block.parts });
      else add({ kind: 'if', name: block.name, then: block.parts, otherwise: block.otherwise ?? [] });
    } else if (plural !== null) {
      const [, name = '', one = '', many = ''] = plural;
      const type = typeOf(name, tableNow(), note);
      if (type !== undefined && type !== 'number') note(`'${name}' is no number, so it has no plural`);
      add({ kind: 'plural', name, one, many });
    } else if (/^[A-Za-z]\w*$/.test(tag)) {
      const type = typeOf(tag, tableNow(), note);
      if (typeof type === 'object') note(`'${tag}' is a list (allowed: {{#each ${tag}}} … {{/each}})`);
      if (type === 'flag') note(`'${tag}' is a yes or no (allowed: {{#if ${tag}}} … {{/if}})`);
      add({ kind: 'field', name: tag });
    } else {
      note(
        `'${match[0].slice(0, 60)}' is no tag (allowed: {{field}}, {{#if field}}, {{else}}, {{/if}}, {{#each list}}, {{/each}}, {{plural number "one" "many"}})`,
      );
    }
  }
  if (end < text.length) add({ kind: 'text', text: text.slice(end) });
  for (const block of open)
    problems.push({ offset: block.offset, message: `{{#${block.word} ${block.name}}} does not end` });
  const stray = text.replaceAll(/(?<!\{)\{\{[^{}]*\}\}(?!\})/g, (tag) => ' '.repeat(tag.length)).search(/\{\{|\}\}/);
  if (stray >= 0) problems.push({ offset: stray, message: 'two braces open or close a tag that is none here' });
  if (problems.length === 0) return { ok: true, template: { parts } };
  return { ok: false, problems: problems.sort((a, b) => a.offset - b.offset) };
}

function typeOf(name: string, table: FieldTable, note: (message: string) => void): FieldType | undefined {
  const type = Object.hasOwn(table, name) ? table[name] : undefined;
  if (type === undefined) note(`'${name}' is no field here (allowed: ${Object.keys(table).sort().join(', ')})`);
  return type;
}

function lists(table: FieldTable): string {
  const names = Object.keys(table).filter((name) => typeof table[name] === 'object');
  return names.length === 0 ? 'there is none here' : names.join(', ');
}

/** The text with its fields filled in, each through `escape`. */
export function fillTemplate({ parts }: Template, fields: Fields, escape = (text: string): string => text): string {
  const written: string[] = [];
  let left = MAX_WRITTEN_CHARS;
  const write = (text: string): void => {
    const piece = text.length > left ? text.slice(0, left) : text;
    left -= piece.length;
    written.push(piece);
  };
  const fill = (all: readonly Part[], scope: Fields): void => {
    for (const part of all) {
      if (left <= 0) return;
      if (part.kind === 'text') {
        write(part.text);
        continue;
      }
      const value = scope[part.name] ?? null;
      if (part.kind === 'field') write(escape(String(value ?? '')));
      else if (part.kind === 'plural') write(`${Number(value)} ${Number(value) === 1 ? part.one : part.many}`);
      else if (part.kind === 'if') fill(isThere(value) ? part.then : part.otherwise, scope);
      else if (Array.isArray(value))
        for (const entry of value as readonly Fields[]) fill(part.body, { ...scope, ...entry });
    }
  };
  fill(parts, fields);
  return written.join('');
}

/** An empty text or list, zero, null and false are not. */
function isThere(value: FieldValue): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
