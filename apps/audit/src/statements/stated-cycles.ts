import { Injectable } from '@nestjs/common';
import type { Instant } from '#libs/calendar';
import type { Contract, Period } from '#libs/contract';
import { toLifeRecord, type StatementLifeRecord } from '#libs/liability';
import { notFound } from '../http/refuse-problems.js';
import { JudgedContract } from '../judgements/judged-contract.js';
import type { ContractJudgement } from '../judgements/judgements.js';
import type { Moment } from '../query/moment.js';

/** The statement of a cycle, with what it was made from. */
export interface StatedCycle {
  readonly statement: StatementLifeRecord & { readonly revision?: number };
  readonly cycle: Period;
  readonly judged: ContractJudgement;
}

/** The statements of a contract, by cycle. */
@Injectable()
export class StatedCycles {
  constructor(private readonly judged: JudgedContract) {}

  /** Of every cycle that has begun. @throws ProblemException as `JudgedContract` and `ContractJudgement` do */
  async all(contract: string, moment: Moment): Promise<StatedCycle[]> {
    // What is true about an instant is reckoned; a revision says what was stated.
    if (moment.asOf !== undefined) {
      const judged = await this.judged.find(contract, moment);
      return judged.statements().map((one) => ({ statement: toLifeRecord(one), cycle: one.cycle, judged }));
    }
    const { judged, recorded } = await this.judged.findRecorded(contract, moment);
    return judged.liveStatements(recorded).map((one) => ({ ...one, judged }));
  }

  /** @throws ProblemException `not-found` where the contract has no such cycle, or it has not begun */
  async one(contract: string, cycle: string, moment: Moment): Promise<StatedCycle> {
    const all = await this.all(contract, moment);
    const found = all.find(({ statement }) => statement.cycle === cycle);
    if (found !== undefined) return found;
    const there = all.map(({ statement }) => statement.cycle).join(', ');
    throw notFound(
      `contract '${contract}' has no statement of cycle '${cycle}' (there: ${there === '' ? 'none' : there})`,
    );
  }
}

/** The versions behind a statement and the instant up to which it holds: of something that was stated, both are there. */
export function madeFrom({ judged }: StatedCycle): { readonly versions: readonly Contract[]; readonly asOf: Instant } {
  const { basis } = judged;
  if (basis === undefined) throw new Error('a statement without a contract behind it');
  return basis;
}
