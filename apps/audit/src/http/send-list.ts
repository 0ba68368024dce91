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

/** Answers in the representation that `Accept` prefers. ETag and 304 are Express's, over the bytes of the answer. */
export function sendList(request: Request, response: Response, page: Page): void {
  allowCaching(response);
  const accepted = request.accepts(['json', 'csv']);
  if (accepted === 'json') {
    response.json({ items: page.items, next: page.next });
  } else if (accepted === 'csv') {
    if (page.next !== null) response.links({ next: nextUrl(request, page.next) });
    response.set('content-type', 'text/csv; charset=utf-8; header=present').send(csvOf(page));
  } else {
    throw new ProblemException(
      'not-acceptable',
      `Accept: '${request.get('accept') ?? ''}' (allowed: application/json, text/csv)`,
    );
  }
}

/** Answers one thing as JSON. */
export function sendOne(response: Response, body: object): void {
  allowCaching(response);
  response.json(body);
}

/** Caches may keep the answer and must ask each time whether it still holds; answers depend on the key shown. */
function allowCaching(response: Response): void {
  response.set('cache-control', 'private, no-cache');
  response.vary('Accept').vary('Authorization');
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
