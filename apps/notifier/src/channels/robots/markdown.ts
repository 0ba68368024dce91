import type { Letter } from '../channel.js';

/** How a chat writes markdown, and how it shows what is none. */
export interface Dialect {
  /** A text such that nothing in it is markup, a link or a mention. */
  escape(text: string): string;
  /** Escaped text in bold. */
  bold(text: string): string;
  /** Between two lines. */
  readonly newline: string;
}

export interface MarkdownOptions {
  readonly dialect: Dialect;
  /** First line; null where the message has a title of its own. */
  readonly heading: string | null;
  /** Markup that mentions people; empty: nobody. */
  readonly mentions: string;
  /** Whether a whole text is short enough for its receiver. */
  readonly fits: (text: string) => boolean;
}

/** Of a digest's many links, so many last ones are worth more than the details before them. */
const KEPT_LINKS = 4;

/**
 * A notice as markdown within a size: heading, mentions, sentences, advice, details, links. What is too much goes by whole
 * lines, the details first, with a note in its place; the last sentence that is left is cut at a whole character.
 */
export function renderMarkdown({ notice }: Letter, { dialect, heading, mentions, fits }: MarkdownOptions): string {
  const colon = notice.language === 'zh-CN' ? '：' : ': ';
  const line = (text: string): string => dialect.escape(text.replace(/\s+/gu, ' '));
  const links = notice.links.map(([label, url]) => `[${line(label)}](${safeUrl(url)})`);
  const head = [...(heading === null ? [] : [`### ${line(heading)}`]), ...(mentions === '' ? [] : [mentions])];
  const sentences = notice.paragraphs.map(line);
  const details = notice.rows.map(([label, value]) => `> ${line(label)}${colon}${line(value)}`);
  const advice = notice.advice === null ? [] : [dialect.bold(line(notice.advice))];
  const footer = [line(notice.footer)];
  const many = links.slice(0, -KEPT_LINKS);
  const kept = links.slice(-KEPT_LINKS);
  const text = (shown: readonly string[], cut: boolean): string =>
    [...head, ...shown, ...advice, ...(cut ? [`> ${line(notice.shortened)}`] : []), ...kept, ...footer].join(
      dialect.newline,
    );
  const all = [...sentences, ...details, ...many];
  if (fits(text(all, false))) return text(all, false);
  const shown: string[] = [];
  for (const next of all) {
    if (!fits(text([...shown, next], true))) break;
    shown.push(next);
  }
  if (shown.length === 0)
    shown.push(...longestStart(notice.paragraphs[0] ?? '', (start) => fits(text([line(start)], true))).map(line));
  const whole = text(shown, true);
  if (fits(whole)) return whole;
  return longestStart(whole, fits)[0] ?? '';
}

/** The longest beginning that fits, marked as one, cut between whole characters. */
function longestStart(text: string, fits: (text: string) => boolean): string[] {
  const characters = [...text];
  let [low, high] = [0, characters.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(`${characters.slice(0, middle).join('')}…`)) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? [] : [`${characters.slice(0, low).join('')}…`];
}

/** What would end a link in markdown, percent-encoded. */
function safeUrl(url: string): string {
  return url.replace(
    /[()<>\s"'\\]/gu,
    (char) => `%${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Robots mention people only where something is asked of them. */
export function asksForAction({ occasion: { state, alert } }: Letter): boolean {
  if (alert?.kind === 'acknowledged' || alert?.kind === 'silenced') return false;
  return state === 'open' || state === 'escalated';
}

/** Signs that begin markup, as look-alikes that do not: where a chat knows no way to escape them. */
export function widen(text: string): string {
  return text.replace(/[<>*`]/gu, (char) => WIDE[char] ?? char).replaceAll('](', '] (');
}
const WIDE: Readonly<Record<string, string>> = { '<': '＜', '>': '＞', '*': '＊', '`': '｀' };
