import type { Log } from '#libs/bus';
import type { Store } from '#libs/store';
import type { DoorOptions } from './doors/door-options.js';

/** Where published contracts are read. */
export type ContractFiles = Pick<Store, 'publishedContracts' | 'getDocuments'>;

/** What the module needs; the caller owns log and store and closes them after the application. */
export interface IntakeOptions {
  readonly log: Pick<Log, 'append'>;
  readonly contracts: ContractFiles;
  /** Signs what people of the parties enter, and what comes through doors. */
  readonly stampKey: Buffer;
  /** Absent: there are none. */
  readonly doors?: DoorOptions;
  /** The wall clock, epoch milliseconds. */
  readonly now?: () => number;
}

/** Injection token of `IntakeOptions`. */
export const INTAKE_OPTIONS = Symbol('intake options');
