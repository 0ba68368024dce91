import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { stringify } from 'csv-stringify/sync';
import { ProblemException } from '#libs/web';

/** A page as it goes out: JSON `{"items": […], "next": …}`, or CSV with the next page in the `Link` header. */
export interface Page {
  readonly items: readonly object[];
  /** Cursor of the next page; null on the last one. */
  readonly next: string | null;
  /** Columns of the CSV, fields of the items; those that are no text or number are written as JSON. */
  readonly columns: readonly string[];
}

/** Answers in the representation that `Accept` prefers. */
export function sendList(request: Request, response: Response, page: Page): void {
  const accepted = request.accepts(['json', 'csv']);
  if (accepted === 'json') {
    send(request, response, JSON_TYPE, JSON.stringify({ items: page.items, next: page.next }));
  } else if (accepted === 'csv') {
    if (page.next !== null) response.links({ next: nextUrl(request, page.next) });
    send(request, response, 'text/csv; charset=utf-8; header=present', csvOf(page));
  } else {
    throw new ProblemException(
      'not-acceptable',
      `Accept: '${request.get('accept') ?? ''}' (allowed: application/json, text/csv)`,
    );
  }
}

/** Answers one thing as JSON. */
export function sendOne(request: Request, response: Response, body: object): void {
  send(request, response, JSON_TYPE, JSON.stringify(body));
}

/** Answers with bytes of any kind, under a tag that the caller has made. */
export function sendTagged(
  request: Request,
  response: Response,
  { type, body, etag }: { readonly type: string; readonly body: string | Buffer; readonly etag: string },
): void {
  response.set({ 'cache-control': 'private, no-cache', etag }).vary('Accept').vary('Authorization');
  if (isAmong(request.get('if-none-match') ?? '', etag)) response.status(304).end();
  else response.set('content-type', type).send(body);
}

const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * Caches may keep the answer and must ask each time whether it still holds; answers depend on the key shown. Express's own
 * check would send all again whenever the request carries `Cache-Control: no-cache`, as that of fetch does: it is meant for
 * caches, and If-None-Match holds all the same (RFC 9110, 13.1.2).
 */
function send(request: Request, response: Response, type: string, body: string): void {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
  sendTagged(request, response, { type, body, etag });
}

/** Weak comparison with a list of entity tags, or `*`. */
function isAmong(list: string, etag: string): boolean {
  return list.split(',').some((one) => ['*', etag].includes(one.trim().replace(/^W\//, '')));
}

function nextUrl(request: Request, cursor: string): string {
  const url = new URL(request.originalUrl, 'http://relative');
  url.searchParams.set('cursor', cursor);
  return `${url.pathname}${url.search}`;
}

function csvOf({ items, columns }: Page): string {
  const rows = items.map((item) => columns.map((column) => cellOf((item as Record<string, unknown>)[column])));
  // Ids come from outside and spreadsheets run what looks like a formula.
  return stringify([[...columns], ...rows], { escape_formulas: true, record_delimiter: '\r\n' });
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
