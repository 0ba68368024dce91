import { Injectable } from '@nestjs/common';
import { formatInstant } from '#libs/calendar';
import type { Contract } from '#libs/contract';
import { verdictId, type VerdictRecord } from '#libs/evaluation';
import { ReadSide, type RecordedDecision, type RecordedFact } from '#libs/store';
import { ProblemException } from '#libs/web';
import type { ContractShelf } from '../contracts/contract-shelf.js';
import { PublishedContracts } from '../contracts/published-contracts.js';
import { notFound } from '../http/refuse-problems.js';
import { mustBeSettled } from '../judgements/must-be-settled.js';
import type { Moment } from '../query/moment.js';
import { findingsAmong } from '../findings/findings-among.js';
import { factsKnown } from './facts-known.js';

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
  'finding',
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
   * @param moment `asOf` leaves out what became true later, `knownAt` what was recorded later; without: everything.
   * @throws ProblemException `not-found`, or `refused` beyond the limit of entries
   */
  find(contract: string, subject: string, moment: Moment): Promise<readonly object[]> {
    const { asOf, knownAt } = moment;
    const then = knownAt === undefined ? '' : ' by then';
    const nothing = notFound(`contract '${contract}' has no fact and no decision about '${subject}'${then}`);
    if (subject.includes('\u0000')) return Promise.reject(nothing);
    return this.reads.snapshot(async (read) => {
      const shelf = await this.contracts.load(read);
      await mustBeSettled(read, [contract], knownAt);
      const selection = { contract, subject, knownAt, limit: MAX_ENTRIES + 1 };
      const ways = waysIn(shelf, contract, subject);
      let found = await read.factsOfSubject({ ...selection, ...ways });
      const decisions = await read.decisions({
        contracts: [contract],
        subjects: [subject],
        ofInstances: true,
        decided: knownAt === undefined ? undefined : { to: knownAt + 1 },
        limit: MAX_ENTRIES + 1,
      });
      const bearing = typesThatBear(shelf, contract);
      if (bearing.length > 0 && found.length + decisions.length <= MAX_ENTRIES) {
        // Seldom is anything said: only then the search is worth its while.
        const asked = keysThatBear(subject, found, decisions).map((key) => ({ contract, key }));
        const said = await read.states(asked);
        if (said.length > 0) {
          ways.keys.push(...said.map(({ key }) => key));
          ways.typesFedByData.push(...bearing);
          found = await read.factsOfSubject({ ...selection, ...ways });
        }
      }
      const law = shelf.judging(contract, knownAt)?.at(-1);
      const facts = knownAt === undefined ? found : factsKnown(law, subject, ways.keys, found);
      const count = facts.length + decisions.length;
      if (count === 0) throw nothing;
      if (count > MAX_ENTRIES) {
        throw new ProblemException('refused', `'${subject}' has more than the ${MAX_ENTRIES} entries allowed here`);
      }
      const until = asOf ?? Infinity;
      const idle = findingsAmong(shelf.judging(contract, knownAt), facts, asOf);
      return [
        ...facts.map((fact) => ({ at: fact.occurredAt, rank: 0, number: 0, entry: factEntry(fact, idle) })),
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
): { keys: string[]; typesWithoutSubject: string[]; typesFedByData: string[] } {
  const versions = shelf.versionsOf(contract).flatMap((version) => version.contract ?? []);
  const kinds = new Set(versions.flatMap((version) => kindsOf(version, subject)));
  const corrections = versions.flatMap((version) => version.vocabulary.correction ?? []);
  const fedByData = versions.flatMap((version) => typesFedByData(version, subject));
  return {
    keys: [...kinds].map((kind) => `${kind}/${subject}`),
    typesWithoutSubject: [...new Set([...corrections, ...fedByData])],
    typesFedByData: [...new Set(fedByData)],
  };
}

const BEARING_KINDS = ['waiver:', 'evidence:', 'notice:', 'exemption:'];

/** Types of facts that say something about the case of another subject. */
function typesThatBear(shelf: ContractShelf, contract: string): readonly string[] {
  const versions = shelf.versionsOf(contract).flatMap((version) => version.contract ?? []);
  const types = versions.flatMap(({ eventTypes }) => [...eventTypes.values()]);
  return [
    ...new Set(
      types.filter(({ feeds }) => feeds.some(({ kind }) => BEARING_KINDS.includes(kind))).map(({ type }) => type),
    ),
  ];
}

/** Where is kept what was said about the instances of a subject, about its facts, and about time that does not count. */
function keysThatBear(
  subject: string,
  facts: readonly RecordedFact[],
  decisions: readonly RecordedDecision[],
): readonly string[] {
  const keys = new Set<string>();
  for (const { source, id } of facts) keys.add(`evidence:/${source} ${id}`);
  for (const { obligation, instance, record } of decisions) {
    keys.add(`waiver:/${obligation}/${subject}/${instance}`).add(`notice:/${obligation}/${subject}`);
    for (const span of (JSON.parse(record) as Partial<VerdictRecord>).because?.spans ?? []) {
      if (span.kind !== 'excused') continue;
      for (const { reason, about } of span.reasons) if (reason === 'exemption') keys.add(`exemption:/${about}`);
    }
  }
  return [...keys];
}

/** Kinds of state in which facts are kept about a subject: cases, duties about it where it is a period, acts that are prohibited. */
function kindsOf({ subjectKinds, duties, prohibitions }: Contract, subject: string): readonly string[] {
  const aboutPeriod = duties.filter(({ periods }) => periods.some(({ name }) => name === subject));
  return [
    ...subjectKinds.keys(),
    ...aboutPeriod.map(({ id }) => `duty:${id}`),
    ...prohibitions.map(({ id }) => `prohibition:${id}`),
  ];
}

/** Types with a feed into a kind of subject that does not go by the event's own subject. */
function typesFedByData(contract: Contract, subject: string): readonly string[] {
  const event = { source: '', id: '', subject: 'of the event', data: {} };
  const kinds = new Set(kindsOf(contract, subject));
  return [...contract.eventTypes.values()]
    .filter(({ feeds }) => feeds.some((feed) => kinds.has(feed.kind) && feed.keyOf(event) !== event.subject))
    .map(({ type }) => type);
}

function factEntry(fact: RecordedFact, idle: ReturnType<typeof findingsAmong>): object {
  const finding = idle.get(`${fact.source}\n${fact.id}`);
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
    ...(finding === undefined ? {} : { finding }),
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
