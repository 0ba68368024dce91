import type { Contract, Language } from '#libs/contract';
import { describeOverdue, explain, nameOfCase, titleOfDuty, verdictId, type Verdict } from '#libs/evaluation';
import { caseLink, verdictLink } from './links.js';
import type { Addressee, Notice } from './notice.js';
import type { Pen } from './pen.js';
import { upperFirst } from './templates/fill-case.js';
import { fillCommon } from './templates/fill-common.js';

export interface DigestItem {
  readonly verdict: Verdict;
  /** The version that judged it. */
  readonly contract: Contract;
  /** Not due yet: a warning. */
  readonly warning: boolean;
  /** True where it is a withdrawal itself, or the breach was withdrawn since. */
  readonly withdrawn: boolean;
}

/** `late`: it took effect long before it was decided; `limit`: more than the channel takes one by one. */
export type DigestReason = 'late' | 'limit';

/** So many are told in full sentences; of the rest, the case and its lateness. */
const IN_FULL = 20;

/** Many breaches and warnings told once and together. */
export function writeDigest(
  items: readonly DigestItem[],
  contract: Contract,
  addressee: Addressee,
  pen: Pen,
  reason: DigestReason,
): Notice {
  const { language } = addressee;
  const standing = items.filter((item) => !item.withdrawn);
  const withdrawn = items.filter((item) => item.withdrawn);
  const inFull = standing.slice(0, IN_FULL);
  return pen.templates.write('digest', language, {
    ...fillCommon(`${contract.id}/digest`, contract, addressee, pen),
    late: reason === 'late',
    breaches: standing.filter((item) => !item.warning).length,
    warnings: standing.filter((item) => item.warning).length,
    withdrawn: withdrawn.length,
    standing: standing.length,
    sentences: inFull.map((item) => ({ sentence: explain(item.verdict, item.contract, language) })),
    more: standing.slice(IN_FULL).map((item) => ({
      ...labelOf(item, language),
      warning: item.warning,
      overdue: describeOverdue(item.verdict, item.contract, language) ?? null,
    })),
    withdrawals: withdrawn.map((item) => labelOf(item, language)),
    cases: inFull.map((item) => ({
      caseAtStart: labelOf(item, language).caseAtStart,
      url:
        caseLink(item.contract.caseLink, item.verdict.subject) ?? verdictLink(pen.publicUrl, verdictId(item.verdict)),
    })),
  });
}

function labelOf({ verdict, contract }: DigestItem, language: Language): { caseAtStart: string; duty: string } {
  return {
    caseAtStart: upperFirst(nameOfCase(verdict, contract, language)),
    duty: titleOfDuty(verdict, contract, language),
  };
}
