import type { Log } from '#libs/bus';
import type { DoorCursors } from '#libs/store';
import type { Logger } from '#libs/telemetry';
import type { Door } from './door.js';

/** The doors of a process, and what they are read with. */
export interface DoorOptions {
  readonly list: readonly Door[];
  readonly log: Log;
  readonly cursors: DoorCursors;
  /** This process, as the cursors name it. */
  readonly process: string;
  /** Of `platform.events`. */
  readonly partitions: number;
  readonly logger: Logger;
}
