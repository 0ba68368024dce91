import { Injectable } from '@nestjs/common';
import type { RecordedStatement } from '#libs/liability';
import { ReadSide } from '#libs/store';
import { ContractPages } from '../contracts/contract-pages.js';
import { PublishedContracts } from '../contracts/published-contracts.js';
import type { Moment } from '../query/moment.js';
import { Judgements, type ContractJudgement } from './judgements.js';
import { mustBeSettled } from './must-be-settled.js';

/** All that holds about one contract, for a request that names it. */
@Injectable()
export class JudgedContract {
  constructor(
    private readonly reads: ReadSide,
    private readonly contracts: PublishedContracts,
    private readonly pages: ContractPages,
    private readonly judgements: Judgements,
  ) {}

  /** @throws ProblemException `not-found`, or what `Judgements` throws, or `refused` where `knownAt` is not settled */
  async find(contract: string, moment: Moment): Promise<ContractJudgement> {
    return (await this.findRecorded(contract, moment, false)).judged;
  }

  /** The same, with the last recorded revision of each statement, by cycle. @throws ProblemException as `find` */
  async findRecorded(
    contract: string,
    moment: Moment,
    statements = true,
  ): Promise<{ readonly judged: ContractJudgement; readonly recorded: readonly RecordedStatement[] }> {
    await this.pages.mustExist(contract);
    return this.reads.snapshot(async (read) => {
      const shelf = await this.contracts.load(read);
      const { knownAt } = moment;
      await mustBeSettled(read, [contract], knownAt);
      const judged = await this.judgements.of(read, shelf, contract, moment);
      const rows = statements ? await read.statements({ contracts: [contract], knownAt }) : [];
      return { judged, recorded: rows.map(({ record }) => JSON.parse(record) as RecordedStatement) };
    });
  }
}
