import { Injectable } from '@nestjs/common';
import { UncoveredYearError, type Instant } from '#libs/calendar';
import type { Contract, Fact } from '#libs/contract';
import {
  FactSet,
  type ContractVersions,
  type JudgedFinding,
  type JudgedVerdict,
  type Judgement,
  type StandardVerdict,
} from '#libs/evaluation';
import {
  findRights,
  lastRevision,
  liveStatements,
  makeStatements,
  toLiveRecord,
  type RaisedRight,
  type RecordedStatement,
  type Statement,
  type StatementLifeRecord,
} from '#libs/liability';
import type { Snapshot } from '#libs/store';
import { ProblemException } from '#libs/web';
import type { ContractShelf } from '../contracts/contract-shelf.js';
import type { Moment } from '../query/moment.js';
import { KeptAnswers } from './kept-answers.js';

const MAX_FACTS = 2_000_000;

/** The statement of a cycle as it stands. */
interface StatedLife {
  readonly cycle: Statement['cycle'];
  readonly statement: StatementLifeRecord | RecordedStatement;
}

/** All that holds about a contract as of an instant. A subject that cannot be judged is `faulted` and adds to no figure. */
export class ContractJudgement {
  private made: readonly Statement[] | undefined;
  private found: readonly RaisedRight[] | undefined;

  /** `judged` undefined: there was no version or no clock yet, and nothing holds. */
  constructor(
    private readonly judged?: {
      readonly versions: ContractVersions;
      readonly judgement: Judgement;
      readonly asOf: Instant;
    },
  ) {}

  /** The versions that judged, and as of when; undefined where nothing holds. */
  get basis(): { readonly versions: ContractVersions; readonly asOf: Instant } | undefined {
    return this.judged;
  }

  /** In public order. */
  get verdicts(): readonly JudgedVerdict[] {
    return this.judged?.judgement.verdicts ?? [];
  }

  /** By standard and period. */
  get standards(): readonly StandardVerdict[] {
    return this.judged?.judgement.standards ?? [];
  }

  /** By the time of the fact. */
  get findings(): readonly JudgedFinding[] {
    return this.judged?.judgement.findings ?? [];
  }

  /** By cycle. @throws ProblemException `refused` where reckoning leaves the years of the calendar */
  statements(): readonly Statement[] {
    const { judged } = this;
    if (judged === undefined) return [];
    return (this.made ??= within(() => makeStatements(judged.versions, judged.judgement, judged.asOf)));
  }

  /**
   * With their life, by cycle: what was recorded about a cycle stands; one of which nothing was recorded is provisional, and
   * carries what has changed since about those that are final. @throws ProblemException as `statements`
   */
  liveStatements(recorded: readonly RecordedStatement[]): readonly StatedLife[] {
    const { judged } = this;
    if (judged === undefined) return [];
    const { versions, judgement, asOf } = judged;
    const last = new Map(recorded.map((one) => [one.cycle, lastRevision(one)]));
    const input = { judged: judgement, facts: judgement.statementFacts, last, waitsTo: Infinity };
    const records = new Map(recorded.map((one) => [one.cycle, one]));
    return within(() => liveStatements(versions, input, { at: asOf, passed: false })).map((live) => ({
      cycle: live.cycle,
      statement: records.get(live.cycle.name) ?? toLiveRecord(live),
    }));
  }

  /** By the instant they were raised. @throws ProblemException as `statements` */
  rights(): readonly RaisedRight[] {
    const { judged } = this;
    if (judged === undefined) return [];
    const statements = this.statements();
    return (this.found ??= within(() => findRights(judged.versions, { ...judged.judgement, statements }, judged.asOf)));
  }
}

/** Judges a contract from the set of its stored facts: as of its clock or another instant, by what is known or was known then. */
@Injectable()
export class Judgements {
  private readonly answers = new KeptAnswers<ContractJudgement>(({ verdicts }) => verdicts.length);

  /**
   * @param moment its `knownAt` is settled
   * @throws ProblemException `refused` where facts are too many, `unavailable` where the published files cannot be read
   */
  async of(read: Snapshot, shelf: ContractShelf, contract: string, moment: Moment): Promise<ContractJudgement> {
    const { knownAt } = moment;
    if (shelf.versionsOf(contract, knownAt).length === 0) return new ContractJudgement();
    const versions = shelf.judging(contract, knownAt);
    if (versions === undefined) {
      throw new ProblemException(
        'unavailable',
        `the published files of contract '${contract}' cannot be read by this version of the product`,
      );
    }
    const standing = (await read.standings([contract])).get(contract);
    const clock = knownAt === undefined ? (standing?.clock ?? null) : await read.clockAt(contract, knownAt);
    const asOf = moment.asOf ?? clock;
    if (asOf === null) return new ContractJudgement();
    // What was known at a settled instant changes no more, whatever is saved.
    const by = knownAt ?? standing?.position;
    const files = versions.map(({ hash, inForceFrom, calendarHashes }) => [hash, inForceFrom, calendarHashes]);
    const key = JSON.stringify([contract, asOf, knownAt ?? null, by, files]);
    return this.answers.of(key, () => judge(read, versions, { contract, asOf, knownAt }));
  }
}

async function judge(
  read: Snapshot,
  versions: ContractVersions,
  { contract, asOf, knownAt }: { contract: string; asOf: Instant; knownAt: Instant | undefined },
): Promise<ContractJudgement> {
  const set = new FactSet(versions);
  let count = 0;
  await read.streamFacts({ contract, types: judgedTypes(versions), knownAt }, (portion: readonly Fact[]) => {
    count += portion.length;
    if (count > MAX_FACTS) {
      throw new ProblemException(
        'refused',
        `contract '${contract}' has more than the ${MAX_FACTS} facts that can be judged in one request`,
      );
    }
    for (const fact of portion) set.add(fact);
  });
  return new ContractJudgement({ versions, asOf, judgement: set.judge(asOf, 'show-faults') });
}

/** Types of facts that any version judges by, corrections included: the rest need not leave the database. */
function judgedTypes(versions: readonly Contract[]): readonly string[] {
  const types = new Set<string>();
  for (const version of versions) {
    if (version.vocabulary.correction !== null) types.add(version.vocabulary.correction);
    for (const [type, known] of version.eventTypes) if (known.feeds.length > 0) types.add(type);
  }
  return [...types];
}

function within<T>(reckon: () => T): T {
  try {
    return reckon();
  } catch (error) {
    if (error instanceof UncoveredYearError) throw new ProblemException('refused', error.message);
    throw error;
  }
}
