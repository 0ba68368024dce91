import { Injectable } from '@nestjs/common';
import { formatInstant, type Instant } from '#libs/calendar';
import type { Contract } from '#libs/contract';
import { verdictId, type VerdictRecord } from '#libs/evaluation';
import { ReadSide, type RecordedDecision, type RecordedFact } from '#libs/store';
import { ProblemException } from '#libs/web';
import type { ContractShelf } from '../contracts/contract-shelf.js';
import { PublishedContracts } from '../contracts/published-contracts.js';
import { notFound } from '../http/refuse-problems.js';

export const TIMELINE_COLUMNS = [
  'kind',
  'at',
  'type',
  'id',
  'source',
  'occurredAt',
  'appendedAt',
  'recordedAt',
  'data',
  'number',
  'revision',
  'obligation',
  'clause',
  'party',
  'instance',
  'state',
  'dueAt',
  'warning',
  'effectiveAt',
  'decidedAt',
];

const MAX_ENTRIES = 20_000;

/** What happened about one subject and what was decided about it, in order of the instants it became true. */
@Injectable()
export class SubjectTimelines {
  constructor(
    private readonly reads: ReadSide,
    private readonly contracts: PublishedContracts,
  ) {}

  /**
   * @param asOf leaves out what became true later; without: everything.
   * @throws ProblemException `not-found`, or `refused` beyond the limit of entries
   */
  find(contract: string, subject: string, asOf: Instant | undefined): Promise<readonly object[]> {
    const nothing = notFound(`contract '${contract}' has no fact and no decision about '${subject}'`);
    if (subject.includes('\u0000')) return Promise.reject(nothing);
    return this.reads.snapshot(async (read) => {
      const shelf = await this.contracts.load(read);
      const facts = await read.factsOfSubject({
        contract,
        subject,
        ...waysIn(shelf, contract, subject),
        limit: MAX_ENTRIES + 1,
      });
      const decisions = await read.decisions({
        contracts: [contract],
        subjects: [subject],
        limit: MAX_ENTRIES + 1,
      });
      const count = facts.length + decisions.length;
      if (count === 0) throw nothing;
      if (count > MAX_ENTRIES) {
        throw new ProblemException('refused', `'${subject}' has more than the ${MAX_ENTRIES} entries allowed here`);
      }
      const until = asOf ?? Infinity;
      return [
        ...facts.map((fact) => ({ at: fact.occurredAt, rank: 0, number: 0, entry: factEntry(fact) })),
        ...decisions.map((decision) => ({
          at: decision.effectiveAt,
          rank: 1,
          number: decision.number,
          entry: decisionEntry(decision),
        })),
      ]
        .filter((one) => one.at <= until)
        .sort((a, b) => a.at - b.at || a.rank - b.rank || a.number - b.number)
        .map((one) => one.entry);
    });
  }
}

/** The ways in which facts reach a subject other than by naming it. */
function waysIn(
  shelf: ContractShelf,
  contract: string,
  subject: string,
): { keys: readonly string[]; typesWithoutSubject: readonly string[]; typesFedByData: readonly string[] } {
  const versions = shelf.versionsOf(contract).flatMap((version) => version.contract ?? []);
  const kinds = new Set(versions.flatMap((version) => [...version.subjectKinds.keys()]));
  const corrections = versions.flatMap((version) => version.vocabulary.correction ?? []);
  const fedByData = versions.flatMap(typesFedByData);
  return {
    keys: [...kinds].map((kind) => `${kind}/${subject}`),
    typesWithoutSubject: [...new Set([...corrections, ...fedByData])],
    typesFedByData: [...new Set(fedByData)],
  };
}

/** Types with a feed that does not go by the event's own subject. */
function typesFedByData(contract: Contract): readonly string[] {
  return [...contract.eventTypes.values()]
    .filter((type) => type.feeds.some((feed) => feed.keyOf({ subject: 'of the event', data: {} }) !== 'of the event'))
    .map((type) => type.type);
}

function factEntry(fact: RecordedFact): object {
  return {
    kind: 'fact',
    at: formatInstant(fact.occurredAt),
    type: fact.type,
    source: fact.source,
    id: fact.id,
    occurredAt: formatInstant(fact.occurredAt),
    appendedAt: formatInstant(fact.appendedAt),
    recordedAt: formatInstant(fact.recordedAt),
    data: fact.data,
  };
}

function decisionEntry(decision: RecordedDecision): object {
  const record = JSON.parse(decision.record) as Partial<VerdictRecord> & { warning?: string; cause?: unknown };
  return {
    kind: 'decision',
    at: formatInstant(decision.effectiveAt),
    type: decision.type,
    id: verdictId(decision),
    number: decision.number,
    revision: decision.revision,
    supersedes: decision.supersedes,
    obligation: decision.obligation,
    clause: decision.clause,
    party: decision.party,
    instance: decision.instance,
    state: decision.state,
    dueAt: record.dueAt ?? null,
    ...(record.warning === undefined ? {} : { warning: record.warning }),
    ...(record.cause === undefined ? {} : { cause: record.cause }),
    effectiveAt: formatInstant(decision.effectiveAt),
    decidedAt: formatInstant(decision.decidedAt),
  };
}
