import { z } from 'zod';
import { readYaml, type Checked, type Problem } from '#libs/document';
import { fillTemplate, readTemplate, type Fields, type FieldTable, type Template } from './template.js';

/** A file of the folder `templates/<language>`: what one kind of notice says. */
export interface NoticeTemplate {
  readonly subject: Template;
  readonly paragraphs: readonly { readonly each: string | null; readonly text: Template }[];
  readonly rows: readonly LabelledTemplate[];
  readonly advice: Template | null;
  readonly links: readonly LabelledTemplate[];
}

interface LabelledTemplate {
  /** Once for every entry of this list; null: once. */
  readonly each: string | null;
  readonly label: Template;
  readonly content: Template;
}

/** What stands around every notice in a language. */
export interface FrameTemplate {
  readonly greeting: Template;
  readonly footer: Template;
  readonly shortened: Template;
}

const words = z.string().min(1, 'needs at least one character');
const each = z.string().min(1).optional();
const MAX_ENTRIES = 50;
const entries = <T extends z.ZodType>(item: T) => z.array(item).max(MAX_ENTRIES, `at most ${MAX_ENTRIES} entries`);

const noticeSchema = z.strictObject({
  subject: words,
  paragraphs: entries(
    z.union([words, z.strictObject({ each: z.string().min(1), text: words })], { error: 'a text, or {each, text}' }),
  ).default([]),
  rows: entries(z.strictObject({ each, label: words, value: words })).default([]),
  advice: words.optional(),
  links: entries(z.strictObject({ each, label: words, url: words })).default([]),
});
const frameSchema = z.strictObject({ greeting: words, footer: words, shortened: words });

type Path = readonly (string | number)[];

/** Reads texts as templates and gathers their mistakes, each at the place of its value. */
class TextReader {
  readonly problems: Problem[] = [];

  constructor(
    private readonly table: FieldTable,
    private readonly problem: (path: Path, message: string) => Problem,
  ) {}

  /** @param list whose entries' fields may be named too. */
  text(path: Path, text: string, list?: string): Template {
    const inner = list === undefined ? undefined : this.table[list];
    const read = readTemplate(text, typeof inner === 'object' ? { ...this.table, ...inner } : this.table);
    if (read.ok) return read.template;
    this.problems.push(...read.problems.map(({ message }) => this.problem(path, message)));
    return { parts: [] };
  }

  list(path: Path, name: string | undefined): string | null {
    if (name === undefined) return null;
    if (typeof this.table[name] !== 'object') {
      const lists = Object.keys(this.table).filter((one) => typeof this.table[one] === 'object');
      this.problems.push(this.problem(path, `'${name}' is no list here (allowed: ${lists.join(', ') || 'none'})`));
    }
    return name;
  }
}

/** One kind of notice in one language, with every problem and its place. */
export function readNoticeTemplate(file: string, text: string, table: FieldTable): Checked<NoticeTemplate> {
  const read = readYaml(file, text, noticeSchema);
  if (!read.ok) return read;
  const { subject, paragraphs, rows, advice, links } = read.value;
  const reader = new TextReader(table, read.problem);
  const value: NoticeTemplate = {
    subject: reader.text(['subject'], subject),
    paragraphs: paragraphs.map((one, index) => {
      const path = ['paragraphs', index];
      if (typeof one === 'string') return { each: null, text: reader.text(path, one) };
      return {
        each: reader.list([...path, 'each'], one.each),
        text: reader.text([...path, 'text'], one.text, one.each),
      };
    }),
    rows: rows.map((one, index) => ({
      each: reader.list(['rows', index, 'each'], one.each),
      label: reader.text(['rows', index, 'label'], one.label, one.each),
      content: reader.text(['rows', index, 'value'], one.value, one.each),
    })),
    advice: advice === undefined ? null : reader.text(['advice'], advice),
    links: links.map((one, index) => ({
      each: reader.list(['links', index, 'each'], one.each),
      label: reader.text(['links', index, 'label'], one.label, one.each),
      content: reader.text(['links', index, 'url'], one.url, one.each),
    })),
  };
  return reader.problems.length > 0 ? { ok: false, problems: reader.problems } : { ...read, value };
}

export function readFrameTemplate(file: string, text: string, table: FieldTable): Checked<FrameTemplate> {
  const read = readYaml(file, text, frameSchema);
  if (!read.ok) return read;
  const reader = new TextReader(table, read.problem);
  const { greeting, footer, shortened } = read.value;
  const value = {
    greeting: reader.text(['greeting'], greeting),
    footer: reader.text(['footer'], footer),
    shortened: reader.text(['shortened'], shortened),
  };
  return reader.problems.length > 0 ? { ok: false, problems: reader.problems } : { ...read, value };
}

/** Paragraphs of a notice; those that come out empty are left away. */
export function fillParagraphs({ paragraphs }: NoticeTemplate, fields: Fields): string[] {
  return paragraphs
    .flatMap(({ each: list, text }) => scopes(list, fields).map((scope) => fillLine(text, scope)))
    .filter((text) => text !== '');
}

/** Labels with what belongs to them; those of which nothing comes out are left away. */
export function fillLabelled(templates: readonly LabelledTemplate[], fields: Fields): [string, string][] {
  return templates
    .flatMap(({ each: list, label, content }) =>
      scopes(list, fields).map((scope): [string, string] => [fillLine(label, scope), fillLine(content, scope)]),
    )
    .filter(([, content]) => content !== '');
}

/** Filled in on one line: what comes out goes into subjects, cells and list entries. */
export function fillLine(template: Template, fields: Fields): string {
  return fillTemplate(template, fields)
    .replace(/\s*[\r\n]\s*/gu, ' ')
    .trim();
}

function scopes(list: string | null, fields: Fields): readonly Fields[] {
  if (list === null) return [fields];
  return ((fields[list] ?? []) as readonly Fields[]).map((entry) => ({ ...fields, ...entry }));
}
