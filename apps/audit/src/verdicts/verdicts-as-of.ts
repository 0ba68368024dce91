import { Injectable } from '@nestjs/common';
import type { Instant } from '#libs/calendar';
import type { Contract, Fact } from '#libs/contract';
import { evaluateFacts, type ContractVersions, type JudgedVerdict } from '#libs/evaluation';
import type { Snapshot } from '#libs/store';
import { ProblemException } from '#libs/web';
import type { ContractShelf } from '../contracts/contract-shelf.js';

const MAX_FACTS = 2_000_000;
/** Answers are kept up to this many verdicts in all. */
const MAX_KEPT = 200_000;
const MAX_ANSWERS = 100;

/**
 * What is true about an instant: all verdicts of a contract from the set of its facts. The last few answers are kept, so
 * that the pages of a list and the details behind it cost one evaluation.
 */
@Injectable()
export class VerdictsAsOf {
  private readonly kept = new Map<string, readonly JudgedVerdict[]>();
  private turn: Promise<unknown> = Promise.resolve();

  /** @throws ProblemException `refused` where facts are too many, `unavailable` where the published files cannot be read */
  async of(read: Snapshot, shelf: ContractShelf, contract: string, asOf: Instant): Promise<readonly JudgedVerdict[]> {
    const versions = shelf.judging(contract);
    if (versions === undefined) {
      throw new ProblemException(
        'unavailable',
        `the published files of contract '${contract}' cannot be read by this version of the product`,
      );
    }
    const standing = (await read.standings([contract])).get(contract);
    const key = JSON.stringify([contract, asOf, standing?.position, versions.map((version) => version.hash)]);
    const known = this.kept.get(key);
    if (known !== undefined) return known;
    // Evaluations take turns: each holds the facts of a contract in memory. Whoever waited may find the answer there.
    const answer = this.turn.then(async () => {
      const judged = this.kept.get(key) ?? (await evaluate(read, versions, contract, asOf));
      this.keep(key, judged);
      return judged;
    });
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  private keep(key: string, judged: readonly JudgedVerdict[]): void {
    this.kept.delete(key);
    this.kept.set(key, judged);
    let size = [...this.kept.values()].reduce((sum, answer) => sum + answer.length, 0);
    for (const [oldest, answer] of this.kept) {
      if (this.kept.size === 1 || (size <= MAX_KEPT && this.kept.size <= MAX_ANSWERS)) break;
      this.kept.delete(oldest);
      size -= answer.length;
    }
  }
}

async function evaluate(
  read: Snapshot,
  versions: ContractVersions,
  contract: string,
  asOf: Instant,
): Promise<readonly JudgedVerdict[]> {
  const facts: Fact[] = [];
  await read.streamFacts({ contract, types: judgedTypes(versions) }, (portion) => {
    facts.push(...portion);
    if (facts.length > MAX_FACTS) {
      throw new ProblemException(
        'refused',
        `contract '${contract}' has more than the ${MAX_FACTS} facts that asOf can evaluate in one request`,
      );
    }
  });
  return evaluateFacts(versions, facts, asOf);
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
