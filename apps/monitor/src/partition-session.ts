import { createHash } from 'node:crypto';
import type { LogRecord } from '#libs/bus';
import {
  newContractMemory,
  PartitionJudge,
  type ContractMemory,
  type ImportState,
  type PublishedVersion,
} from '#libs/evaluation';
import type { ContractRow, OwnerRow, Takeover } from '#libs/store';
import type { ContractLibrary } from './contract-library.js';

/** What an owner holds of one partition between saves; dropped whole when anything is in doubt. */
export interface PartitionSession {
  readonly topic: string;
  readonly partition: number;
  readonly epoch: number;
  readonly generation: number;
  readonly judge: PartitionJudge;
  nextOffset: number;
  slice: number;
  outboxNumber: number;
  last: OwnerRow['last'];
  /** Greatest instant of recording so far. */
  recordedAt: number;
  /** Wall instant of the last save: silence is measured from it. */
  lastProgressAt: number;
  /** Given up: whatever still runs for it has nothing to say any more. */
  closed: boolean;
}

/** Thrown at takeover when the last record read is not what the log holds now: the log was cut back. The partition stands still. */
export class LogChangedError extends Error {
  override readonly name = 'LogChangedError';
  readonly code = 'LOG_CHANGED';
  readonly retriable = false;
  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly offset: number,
  ) {
    super(
      `LOG_CHANGED: record ${offset} of ${topic}/${partition} is not the one that was judged; the log was cut back or replaced.`,
    );
  }
}

/** What is kept of a contract between takeovers, as JSON in its row. */
interface ContractRecord {
  readonly published: PublishedVersion[];
  readonly hasFacts: boolean;
  readonly import: ImportState | null;
}

export function contractRow(contract: ContractMemory): ContractRow {
  const record: ContractRecord = {
    published: contract.published,
    hasFacts: contract.hasFacts,
    import: contract.import,
  };
  return {
    contract: contract.id,
    clock: contract.clock,
    lastNumber: contract.lastNumber,
    state: JSON.stringify(record),
  };
}

export async function openSession(
  topic: string,
  partition: number,
  takeover: Takeover,
  library: ContractLibrary,
  now: number,
): Promise<PartitionSession> {
  const contracts = new Map<string, ContractMemory>();
  for (const row of takeover.contracts) {
    const record = JSON.parse(row.state) as ContractRecord;
    const memory = newContractMemory(row.contract);
    memory.published = record.published;
    memory.versions = record.published.length === 0 ? null : await library.versions(row.contract, record.published);
    memory.clock = row.clock;
    memory.lastNumber = row.lastNumber;
    memory.hasFacts = record.hasFacts;
    memory.import = record.import;
    contracts.set(row.contract, memory);
  }
  for (const { contract, key, nextInstant } of takeover.deadlines)
    contracts.get(contract)?.deadlines.set(key, nextInstant);
  const { owner } = takeover;
  return {
    topic,
    partition,
    epoch: owner.epoch,
    generation: takeover.generation,
    judge: new PartitionJudge([...contracts.values()]),
    nextOffset: owner.nextOffset,
    slice: owner.slice,
    outboxNumber: owner.outboxNumber,
    last: owner.last,
    recordedAt: owner.recordedAt ?? 0,
    lastProgressAt: now,
    closed: false,
  };
}

/** SHA-256 over key and value: what takeover compares the last record by. */
export function recordHash(record: Pick<LogRecord, 'key' | 'value'>): string {
  const hash = createHash('sha256');
  hash.update(record.key ?? '').update('\0');
  if (record.value !== null) hash.update(record.value);
  return hash.digest('hex');
}
