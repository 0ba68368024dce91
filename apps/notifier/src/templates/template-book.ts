import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Language } from '#libs/contract';
import type { Problem } from '#libs/document';
import type { Notice } from '../notice.js';
import {
  FRAME_FIELDS,
  LAYOUT_FIELDS,
  NOTICE_FIELDS,
  NOTICE_KINDS,
  type CommonFields,
  type FieldsOf,
  type NoticeKind,
} from './notice-fields.js';
import {
  fillLabelled,
  fillLine,
  fillParagraphs,
  readFrameTemplate,
  readNoticeTemplate,
  type FrameTemplate,
  type NoticeTemplate,
} from './notice-template.js';
import { fillTemplate, readTemplate, type Template } from './template.js';
import { escapeHtml } from '../escape-html.js';

const LANGUAGES: readonly Language[] = ['zh-CN', 'en'];
const LAYOUT = 'mail.html';
const FRAME = 'frame.yaml';

interface Words {
  readonly frame: FrameTemplate;
  readonly kinds: ReadonlyMap<NoticeKind, NoticeTemplate>;
}

/** The words of all notices in all languages, checked: to fill in what one notice is about. */
export class TemplateBook {
  constructor(
    private readonly words: ReadonlyMap<Language, Words>,
    private readonly layout: Template,
  ) {}

  write<Kind extends NoticeKind>(kind: Kind, language: Language, fields: FieldsOf<Kind> & CommonFields): Notice {
    const { frame, kinds } = this.wordsOf(language);
    const template = kinds.get(kind);
    if (template === undefined) throw new Error(`there is no template for ${kind}`);
    return {
      language,
      subject: fillLine(template.subject, fields),
      greeting: fillLine(frame.greeting, fields),
      paragraphs: fillParagraphs(template, fields),
      rows: fillLabelled(template.rows, fields),
      advice: (template.advice === null ? '' : fillLine(template.advice, fields)) || null,
      links: fillLabelled(template.links, fields),
      footer: fillLine(frame.footer, fields),
      shortened: fillLine(frame.shortened, fields),
    };
  }

  /** A notice as the HTML of a mail. */
  html(notice: Notice): string {
    const fields = {
      ...notice,
      paragraphs: notice.paragraphs.map((paragraph) => ({ paragraph })),
      rows: notice.rows.map(([label, value]) => ({ label, value })),
      links: notice.links.map(([label, url]) => ({ label, url })),
    };
    return fillTemplate(this.layout, fields, escapeHtml);
  }

  private wordsOf(language: Language): Words {
    const words = this.words.get(language);
    if (words === undefined) throw new Error(`there are no templates in ${language}`);
    return words;
  }
}

export type ReadTemplateBook =
  { readonly ok: true; readonly book: TemplateBook } | { readonly ok: false; readonly problems: readonly string[] };

/**
 * The templates that ship, and in their place those of the same name in `templates` of the configuration. All problems
 * at once, each with file, line and column; a file there that takes the place of none is one too.
 */
export function readTemplateBook(configFolder: string): ReadTemplateBook {
  const problems: string[] = [];
  const own = join(configFolder, 'templates');
  const note = ({ file, line, column, message }: Problem): void =>
    void problems.push(`${file}:${line}:${column}: ${message}`);
  const source = (name: string): { file: string; text: string } => {
    const file = [own, shippedFolder()].map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (file === undefined) throw new Error(`${name} is missing from the templates that ship`);
    return { file, text: readFileSync(file, 'utf8') };
  };
  const words = new Map<Language, Words>();
  for (const language of LANGUAGES) {
    const frame = source(join(language, FRAME));
    const readFrame = readFrameTemplate(frame.file, frame.text, FRAME_FIELDS);
    if (!readFrame.ok) readFrame.problems.forEach(note);
    const kinds = new Map<NoticeKind, NoticeTemplate>();
    for (const kind of NOTICE_KINDS) {
      const { file, text } = source(join(language, `${kind}.yaml`));
      const read = readNoticeTemplate(file, text, NOTICE_FIELDS[kind]);
      if (read.ok) kinds.set(kind, read.value);
      else read.problems.forEach(note);
    }
    if (readFrame.ok) words.set(language, { frame: readFrame.value, kinds });
  }
  const { file, text } = source(LAYOUT);
  const layout = readTemplate(text, LAYOUT_FIELDS);
  if (!layout.ok)
    layout.problems.forEach(({ offset, message }) => note({ file, path: '', message, ...placeOf(text, offset) }));
  problems.push(...strangersIn(own));
  if (!layout.ok || problems.length > 0) return { ok: false, problems };
  return { ok: true, book: new TemplateBook(words, layout.template) };
}

/** Files that are no template: a name misspelt would else change nothing, silently. */
function strangersIn(folder: string): string[] {
  const allowed = [
    LAYOUT,
    ...LANGUAGES.flatMap((language) =>
      [FRAME, ...NOTICE_KINDS.map((kind) => `${kind}.yaml`)].map((name) => join(language, name)),
    ),
  ];
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !entry.name.endsWith('.md'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((name) => !allowed.includes(name))
    .sort()
    .map((name) => `${join(folder, name)}: there is no template of this name (allowed: ${allowed.join(', ')})`);
}

/** The folder that came with the program: `config/templates` in one of the folders above this file. */
function shippedFolder(): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'config', 'templates');
    if (existsSync(join(candidate, LAYOUT))) return candidate;
  }
  throw new Error(`config/templates/${LAYOUT} is in no folder above ${__dirname}`);
}

function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
