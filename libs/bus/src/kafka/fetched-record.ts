import type { LogBatch, LogRecord } from '../port.js';

/** Where in transactions a batch stands; kafkajs leaves out what was aborted by it. */
interface BatchContext {
  readonly producerId: string;
  readonly inTransaction: boolean;
}

export const NO_TRANSACTION: BatchContext = { producerId: '-1', inTransaction: false };

/** What a fetch brought: a record, or offsets that could not be decoded. To kafkajs it is a message like those it decodes. */
export class FetchedRecord {
  constructor(
    /** Of the record; of what could not be decoded the last. */
    private readonly at: number,
    readonly content: LogRecord | LogBatch['undecodable'][number],
    readonly batchContext: BatchContext,
    readonly isControlRecord: boolean,
  ) {}

  get record(): LogRecord | undefined {
    return 'offset' in this.content ? this.content : undefined;
  }

  get undecodable(): LogBatch['undecodable'][number] | undefined {
    return 'offset' in this.content ? undefined : this.content;
  }

  get offset(): string {
    return String(this.at);
  }

  get timestamp(): string {
    return String(this.record?.appendedAt ?? -1);
  }

  get key(): Buffer | null {
    return this.record?.key ?? null;
  }

  get value(): Buffer | null {
    return this.record?.value ?? null;
  }

  get headers(): LogRecord['headers'] {
    return this.record?.headers ?? {};
  }
}
