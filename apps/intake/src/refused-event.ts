import type { RefusalReason } from '#libs/contract';
import type { ProblemKind } from '#libs/web';

/** An event that is not taken in, with the first thing that is wrong with it. */
export interface RefusedEvent {
  /** Its place among the events of the request, from 0. */
  readonly index: number;
  readonly kind: Extract<ProblemKind, 'malformed' | 'not-allowed' | 'refused' | 'too-large' | 'unavailable'>;
  /** What it would be quarantined for, where the monitor could judge it so. */
  readonly reason?: RefusalReason;
  /** An attribute of the event, `data` or a path below it; `event`: the whole. */
  readonly field: string;
  /** One sentence that names field, value and what is allowed. */
  readonly detail: string;
}

/**
 * The field that a refusal is about. Details of refusals begin with it; those about the whole event begin with an article.
 */
export function fieldOf(detail: string): string {
  const found = /^(?:'(?<quoted>[a-z0-9_.-]{1,64})'|(?<plain>[a-zA-Z0-9_.[\]-]+))/.exec(detail)?.groups;
  const field = found?.['quoted'] ?? found?.['plain'];
  return field === undefined || /^(?:the|a|an)$/i.test(field) ? 'event' : field.replace(/[.-]+$/, '');
}
