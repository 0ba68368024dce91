import { Injectable } from '@nestjs/common';
import type { Instant } from '#libs/calendar';
import type { JudgedVerdict } from '#libs/evaluation';
import type { Snapshot } from '#libs/store';
import { ProblemException } from '#libs/web';
import { KeptAnswers } from '../judgements/kept-answers.js';
import { recordedVerdict } from './verdict-item.js';

const MAX_VERDICTS = 500_000;

/** All verdicts of a contract as they had last been decided by an instant of recording. */
@Injectable()
export class RecordedVerdicts {
  private readonly answers = new KeptAnswers<readonly JudgedVerdict[]>((verdicts) => verdicts.length);

  /**
   * In public order, withdrawn ones too.
   *
   * @param knownAt settled: the answer never changes
   * @throws ProblemException `refused` where there are too many
   */
  of(read: Snapshot, contract: string, knownAt: Instant): Promise<readonly JudgedVerdict[]> {
    return this.answers.of(JSON.stringify([contract, knownAt]), async () => {
      const verdicts: JudgedVerdict[] = [];
      await read.streamLastDecisions({ contract, knownAt }, (records) => {
        for (const record of records) verdicts.push(recordedVerdict(record, undefined));
        if (verdicts.length > MAX_VERDICTS) {
          throw new ProblemException(
            'refused',
            `contract '${contract}' has more than the ${MAX_VERDICTS} verdicts that knownAt can read in one request`,
          );
        }
      });
      return verdicts;
    });
  }
}
