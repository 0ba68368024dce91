import { Injectable } from '@nestjs/common';
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
    await this.pages.mustExist(contract);
    return this.reads.snapshot(async (read) => {
      const shelf = await this.contracts.load(read);
      await mustBeSettled(read, [contract], moment.knownAt);
      return this.judgements.of(read, shelf, contract, moment);
    });
  }
}
