/** What came of an attempt. `response`: the receiver's answer, or what went wrong on the way, as it is kept. */
export type Outcome =
  | { readonly result: 'sent'; readonly response: string }
  /**
   * May go better later; `afterMillis`: not before, where the receiver said so; `throttled`: it takes nothing at all from us
   * until then, whatever the message.
   */
  | {
      readonly result: 'retry';
      readonly response: string;
      readonly afterMillis?: number;
      readonly throttled?: boolean;
    }
  /** Will not go better by itself. */
  | { readonly result: 'failed'; readonly response: string };

const MAX_CHARS = 500;

/** A receiver's answer, cut to what is kept. */
export function shorten(text: string): string {
  const clean = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return clean.length > MAX_CHARS ? `${clean.slice(0, MAX_CHARS - 1)}…` : clean;
}

/** An error as one line: its code where it has one, and its message. */
export function describeError(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = typeof message === 'string' && message !== '' ? message : String(error);
  return shorten(typeof code === 'string' && !text.includes(code) ? `${code}: ${text}` : text);
}
