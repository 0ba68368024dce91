import type { Log } from '#libs/bus';
import type { Store } from '#libs/store';
import type { Logger, Metrics } from '#libs/telemetry';
import type { SessionLimits } from './partition-session.js';
import type { ProcessTime } from './process-time.js';

/** Injection token of `MonitorOptions`. */
export const MONITOR_OPTIONS = Symbol('monitor options');

/** What the module needs; the caller owns log and store and closes them after the application. */
export interface MonitorOptions {
  readonly log: Log;
  readonly store: Store;
  readonly stampKey: Buffer;
  /** Shown in the owner row, e.g. host and pid. */
  readonly process: string;
  /** Partitions of `platform.events`, fixed at its creation. */
  readonly partitions: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Absent: the machine's own. */
  readonly time?: ProcessTime;
  /** Absent: those of the judge. */
  readonly limits?: SessionLimits;
}
