import type { Pool, PoolClient } from 'pg';
import { type ContractStanding, selectClockAt, selectStandings } from './contract-standing.js';
import {
  selectDecisionRecords,
  selectDecisions,
  streamLastDecisions,
  type DecisionFilter,
  type RecordedDecision,
} from './decision-reads.js';
import {
  type FactSelection,
  type RecordedFact,
  selectFactsOfSubject,
  streamFacts,
  type SubjectSelection,
} from './fact-reads.js';
import { type RecordedVersion, selectDocuments, selectPublished } from './published-reads.js';
import {
  countQuarantine,
  type KeptRecord,
  type QuarantinedItem,
  type QuarantinedSize,
  type QuarantineFilter,
  type QuarantineSelection,
  selectQuarantine,
  selectQuarantined,
  selectQuarantineSizes,
} from './quarantine-reads.js';
import { selectStates } from './state-reads.js';
import { selectVerdict, selectVerdicts, type VerdictFilter, type VerdictPage } from './verdict-reads.js';
import type { StandardPeriodRow, StateRow, VerdictRow } from '../api.js';
import { selectPeriods } from '../standard-rows.js';
import { selectStatements, type AskedStatements, type StatementRow } from '../statement-rows.js';
import { statesOfKinds } from '../states-of-kinds.js';
import type { Fact } from '#libs/contract';

export interface ReadLimits {
  /** A query that takes longer is ended by the server and fails with SQLSTATE 57014; milliseconds, at most what the pool allows. */
  readonly statementTimeoutMillis: number;
}

const DEFAULT_LIMITS: ReadLimits = { statementTimeoutMillis: 10_000 };

/** The read side of the store: everything that readers ask, each answer from one snapshot, nothing written. */
export class ReadSide {
  constructor(
    private readonly pool: Pool,
    private readonly limits: ReadLimits = DEFAULT_LIMITS,
  ) {}

  /** Runs `work` on one snapshot of the database: what it reads belongs together, however much is saved meanwhile. */
  async snapshot<T>(work: (read: Snapshot) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await client.query("SELECT set_config('statement_timeout', $1, true)", [`${this.limits.statementTimeoutMillis}`]);
      const result = await work(new Snapshot(client));
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      // A read that failed half-way may leave a cursor or a running query behind: the connection goes, not the process.
      client.release(true);
      throw error;
    }
  }
}

/** One snapshot; valid only inside the call it was handed to. */
export class Snapshot {
  constructor(private readonly client: PoolClient) {}

  verdicts(filter: VerdictFilter, page: VerdictPage): Promise<readonly VerdictRow[]> {
    return selectVerdicts(this.client, filter, page);
  }

  /** Withdrawn ones too: a link to what no longer exists can still say so. */
  verdict(contract: string, obligation: string, subject: string, instance: number): Promise<VerdictRow | undefined> {
    return selectVerdict(this.client, contract, obligation, subject, instance);
  }

  /** Of each contract and cycle the last revision of its statement that was recorded, or was by an instant. */
  statements(asked: AskedStatements): Promise<readonly StatementRow[]> {
    return selectStatements(this.client, asked);
  }

  /** What was last recorded about the closed periods of standards. */
  standardPeriods(contract: string): Promise<readonly StandardPeriodRow[]> {
    return selectPeriods(this.client, [contract]);
  }

  states(keys: readonly { readonly contract: string; readonly key: string }[]): Promise<readonly StateRow[]> {
    return selectStates(this.client, keys);
  }

  /** All states of some kinds, which are few: those that bear on others. */
  statesOfKinds(kinds: readonly { readonly contract: string; readonly kind: string }[]): Promise<readonly StateRow[]> {
    return statesOfKinds(this.client, kinds);
  }

  /** Where contracts stand: their clocks and how far their streams were read. Without argument: all. */
  standings(contracts?: readonly string[]): Promise<ReadonlyMap<string, ContractStanding>> {
    return selectStandings(this.client, contracts);
  }

  /** Where the clock of a contract stood by an instant of recording; null where it had not begun. */
  clockAt(contract: string, knownAt: number): Promise<number | null> {
    return selectClockAt(this.client, contract, knownAt);
  }

  decisions(filter: DecisionFilter): Promise<readonly RecordedDecision[]> {
    return selectDecisions(this.client, filter);
  }

  /** The public records of decisions by contract and number, as JSON text, keyed `contract/number`. */
  decisionRecords(
    numbers: readonly { readonly contract: string; readonly number: number }[],
  ): Promise<ReadonlyMap<string, string>> {
    return selectDecisionRecords(this.client, numbers);
  }

  /** The record of the last decision about each instance that was made by an instant, as JSON text. */
  streamLastDecisions(
    selection: { readonly contract: string; readonly knownAt: number },
    take: (records: readonly string[]) => void,
  ): Promise<void> {
    return streamLastDecisions(this.client, selection, take);
  }

  streamFacts(selection: FactSelection, take: (facts: readonly Fact[]) => void): Promise<void> {
    return streamFacts(this.client, selection, take);
  }

  factsOfSubject(selection: SubjectSelection): Promise<readonly RecordedFact[]> {
    return selectFactsOfSubject(this.client, selection);
  }

  quarantine(filter: QuarantineFilter): Promise<readonly QuarantinedItem[]> {
    return selectQuarantine(this.client, filter);
  }

  quarantineCount(selection: QuarantineSelection): Promise<number> {
    return countQuarantine(this.client, selection);
  }

  /** The first `limit` items of a selection by their numbers, without their records, which may be large. */
  quarantineSizes(selection: QuarantineSelection, limit: number): Promise<readonly QuarantinedSize[]> {
    return selectQuarantineSizes(this.client, selection, limit);
  }

  quarantined(number: number): Promise<KeptRecord | undefined> {
    return selectQuarantined(this.client, number);
  }

  published(): Promise<readonly RecordedVersion[]> {
    return selectPublished(this.client);
  }

  documents(hashes: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
    return selectDocuments(this.client, hashes);
  }
}
