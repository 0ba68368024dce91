import type { LogRecord } from '#libs/bus';
import type { JudgeOutcome } from '#libs/evaluation';
import type { PartitionSave } from '#libs/store';

/** What a save has made true, for metrics and the relay. */
export interface SavedBatch {
  readonly outcome: JudgeOutcome;
  readonly row: PartitionSave;
  /** The records it has passed; none where only deadlines fired. */
  readonly records: readonly LogRecord[];
  readonly recordedAt: number;
  /** Number of the first outbox record of the save. */
  readonly firstOutbox: number;
  readonly strays: number;
}
