import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { deriveStored, type JudgedVerdict } from '#libs/evaluation';
import { ReadSide, type Snapshot, type VerdictPlace, type VerdictRow } from '#libs/store';
import type { ContractShelf } from '../contracts/contract-shelf.js';
import { PublishedContracts } from '../contracts/published-contracts.js';
import { Judgements } from '../judgements/judgements.js';
import { mustBeSettled } from '../judgements/must-be-settled.js';
import type { Moment } from '../query/moment.js';
import { placeText } from '../query/cursor.js';
import { ClockCircumstances, type Bench } from './clock-circumstances.js';
import { comparePlaces, matchesFilter } from './matches-filter.js';
import { RecordedVerdicts } from './recorded-verdicts.js';
import { recordedVerdict } from './verdict-item.js';
import { filterOf, type VerdictQuestion } from './verdict-question.js';

/** Where a page ended, as a cursor carries it. */
export const verdictPlace: z.ZodType<VerdictPlace> = z.strictObject({
  dueAt: z.int().min(-62_135_596_800_000).max(253_402_300_799_999).nullable(),
  contract: placeText,
  obligation: placeText,
  subject: placeText,
  instance: z.int().min(0).max(2_147_483_647),
});

export interface VerdictList {
  readonly judged: readonly JudgedVerdict[];
  /** Behind which the next page begins; undefined on the last one. */
  readonly next: VerdictPlace | undefined;
}

/**
 * Lists of verdicts: by the clock of each contract from what is stored, about another instant from the facts, or as they were
 * known at an instant from the decisions.
 */
@Injectable()
export class VerdictLists {
  constructor(
    private readonly reads: ReadSide,
    private readonly contracts: PublishedContracts,
    private readonly judgements: Judgements,
    private readonly recorded: RecordedVerdicts,
    private readonly circumstances: ClockCircumstances,
  ) {}

  list(question: VerdictQuestion, after: VerdictPlace | undefined): Promise<VerdictList> {
    return this.reads.snapshot(async (read) => {
      const shelf = await this.contracts.load(read);
      const { asOf, knownAt } = question.moment;
      await mustBeSettled(read, question.filter.contracts ?? shelf.ids(), knownAt);
      return asOf === undefined && knownAt === undefined
        ? this.byClock(read, shelf, question, after)
        : this.about(read, shelf, question, after);
    });
  }

  private async byClock(
    read: Snapshot,
    shelf: ContractShelf,
    question: VerdictQuestion,
    after: VerdictPlace | undefined,
  ): Promise<VerdictList> {
    const { order, limit } = question;
    const found = await read.verdicts(filterOf(question, shelf), { order, after, limit: limit + 1 });
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    return {
      judged: await judgeRows(read, await this.benchesOf(read, shelf, rows), rows),
      next: found.length > limit && last !== undefined ? placeOf(last) : undefined,
    };
  }

  private async about(
    read: Snapshot,
    shelf: ContractShelf,
    question: VerdictQuestion,
    after: VerdictPlace | undefined,
  ): Promise<VerdictList> {
    const filter = filterOf(question, shelf);
    const compare = comparePlaces(question.order);
    const found: JudgedVerdict[] = [];
    for (const contract of shelf.ids()) {
      if (filter.contracts !== undefined && !filter.contracts.includes(contract)) continue;
      for (const judged of await this.all(read, shelf, contract, question.moment)) {
        if (!matchesFilter(judged.verdict, filter)) continue;
        if (after === undefined || compare(judged.verdict, after) > 0) found.push(judged);
      }
    }
    found.sort((a, b) => compare(a.verdict, b.verdict));
    const judged = found.slice(0, question.limit);
    const last = judged.at(-1);
    return {
      judged,
      next: found.length > question.limit && last !== undefined ? placeOf(last.verdict) : undefined,
    };
  }

  private async all(
    read: Snapshot,
    shelf: ContractShelf,
    contract: string,
    moment: Moment,
  ): Promise<readonly JudgedVerdict[]> {
    const { asOf, knownAt } = moment;
    if (asOf === undefined && knownAt !== undefined) return this.recorded.of(read, contract, knownAt);
    return (await this.judgements.of(read, shelf, contract, moment)).verdicts;
  }

  private benchesOf(
    read: Snapshot,
    shelf: ContractShelf,
    rows: readonly VerdictRow[],
  ): Promise<ReadonlyMap<string, Bench>> {
    return this.circumstances.of(read, shelf, [...new Set(rows.map((row) => row.contract))]);
  }
}

/**
 * Stored verdicts as they stand at the clock of their contract: what moves with time alone (elapsed, overdue, the spans)
 * is derived from the packed state. What cannot be derived is shown as its last decision recorded it, with the reason in
 * `because.fault`; the rest of the list stands.
 */
export async function judgeRows(
  read: Snapshot,
  benches: ReadonlyMap<string, Bench>,
  rows: readonly VerdictRow[],
): Promise<readonly JudgedVerdict[]> {
  const asked = new Map(rows.map((row) => [keyOf(row), { contract: row.contract, key: row.stateKey }]));
  const derived = new Map<string, JudgedVerdict>();
  const faults = new Map<string, string>();
  for (const state of await read.states([...asked.values()])) {
    const bench = benches.get(state.contract) ?? { fault: UNREADABLE_FILES };
    const failed = (fault: string) => faults.set(keyOf({ contract: state.contract, stateKey: state.key }), fault);
    if ('fault' in bench) {
      failed(bench.fault);
      continue;
    }
    const { versions, clock, circumstances } = bench;
    try {
      for (const judged of deriveStored(versions, state.key, state.packed, clock, circumstances)) {
        derived.set(identityOf(judged.verdict), judged);
      }
    } catch (error) {
      failed(error instanceof Error ? error.message : String(error));
    }
  }
  const underivable = rows.filter((row) => isRecordedOnly(row) || !derived.has(identityOf(row)));
  const records = await read.decisionRecords(underivable);
  return rows.flatMap((row) => {
    const judged = isRecordedOnly(row) ? undefined : derived.get(identityOf(row));
    if (judged !== undefined) return [judged];
    const record = records.get(`${row.contract}/${row.number}`);
    const fault = isRecordedOnly(row) ? undefined : faults.get(keyOf(row));
    return record === undefined ? [] : [recordedVerdict(record, fault)];
  });
}

const UNREADABLE_FILES = 'the published files of the contract cannot be read by this version of the product';

function isRecordedOnly(row: VerdictRow): boolean {
  return row.state === 'faulted' || row.state === 'withdrawn';
}

function placeOf(place: VerdictPlace): VerdictPlace {
  const { dueAt, contract, obligation, subject, instance } = place;
  return { dueAt, contract, obligation, subject, instance };
}

function identityOf(place: Omit<VerdictPlace, 'dueAt'>): string {
  return JSON.stringify([place.contract, place.obligation, place.subject, place.instance]);
}

function keyOf(row: Pick<VerdictRow, 'contract' | 'stateKey'>): string {
  return JSON.stringify([row.contract, row.stateKey]);
}
