import type { Log } from '#libs/bus';
import type { HttpWrites, ReadSide } from '#libs/store';

/** What the module needs; the caller owns the pool and the log behind it and closes them after the application. */
export interface AuditOptions {
  readonly reads: ReadSide;
  /** What people enter is kept here before it goes to the stream. */
  readonly writes: HttpWrites;
  readonly log: Pick<Log, 'append'>;
  /** Signs what people of the parties enter. */
  readonly stampKey: Buffer;
  /** Base of the links in print, without a slash at the end. */
  readonly publicUrl: string;
  /** The wall clock, epoch milliseconds. */
  readonly now?: () => number;
}

/** Injection token of `AuditOptions`. */
export const AUDIT_OPTIONS = Symbol('audit options');
