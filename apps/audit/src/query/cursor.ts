import { createHash } from 'node:crypto';
import { z, type ZodType } from 'zod';
import type { Query, RawQuery } from './query.js';

/** Text in a place; PostgreSQL holds no NUL. */
export const placeText = z.string().refine((text) => !text.includes('\u0000'));

/**
 * Opaque place in a list. It carries a hash of the question it belongs to, so that it cannot silently continue another
 * list: the answer would skip items without a sign.
 */
export class Cursor<Place> {
  private readonly question: string;

  constructor(
    path: string,
    raw: RawQuery,
    private readonly place: ZodType<Place>,
  ) {
    const parameters = Object.entries(raw)
      .filter(([name]) => name !== 'cursor' && name !== 'limit')
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const text = JSON.stringify([path, parameters]);
    this.question = createHash('sha256').update(text).digest('base64url').slice(0, 12);
  }

  write(place: Place): string {
    return Buffer.from(JSON.stringify([this.question, place])).toString('base64url');
  }

  /** The place of the request's `cursor`; undefined without one. What is no cursor of this list is refused. */
  read(query: Query): Place | undefined {
    const text = query.text('cursor');
    if (text === undefined) return undefined;
    const [question, place] = decode(text);
    const read = this.place.safeParse(place);
    if (question === this.question && read.success) return read.data;
    query.refuse(
      'cursor',
      'is not a place in this list (allowed: `next` of a page of the same path and parameters, unchanged)',
    );
    return undefined;
  }
}

function decode(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
