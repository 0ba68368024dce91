import { ProblemException, type ProblemField } from '#libs/web';
import type { RefusedEvent } from '../refused-event.js';
import type { ContentMode } from './read-events.js';

const MAX_SHOWN = 100;

/** The worst first: what is no event at all, before what somebody may not send, before what a contract refuses. */
const ORDER = ['malformed', 'too-large', 'not-allowed', 'refused', 'unavailable'] as const;

/** The answer to a request with refused events: each named by its place in a batch, and by its field as the caller wrote it. */
export function problemOf(refused: readonly RefusedEvent[], mode: ContentMode, of: number): ProblemException {
  const kind = ORDER.find((one) => refused.some((event) => event.kind === one)) ?? 'malformed';
  const errors = refused.slice(0, MAX_SHOWN).map((event): ProblemField => ({
    field: fieldAsWritten(event, mode),
    detail: event.detail,
    ...(event.reason === undefined ? {} : { reason: event.reason }),
  }));
  const first = refused[0];
  const detail =
    mode === 'batch'
      ? `${refused.length} of ${of} events are refused, so none is stored; events.${first?.index}: ${first?.detail}`
      : (first?.detail ?? '');
  return new ProblemException(kind, detail, errors, kind === 'unavailable' ? { 'retry-after': '5' } : {});
}

function fieldAsWritten({ field, index }: RefusedEvent, mode: ContentMode): string {
  if (mode === 'batch') return field === 'event' ? `events.${index}` : `events.${index}.${field}`;
  const inHeader = mode === 'binary' && /^[a-z0-9]+$/.test(field) && field !== 'data' && field !== 'event';
  return inHeader ? `ce-${field}` : field;
}
