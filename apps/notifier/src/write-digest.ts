import type { Contract, Language } from '#libs/contract';
import { describeOverdue, explain, nameOfCase, titleOfDuty, verdictId, type Verdict } from '#libs/evaluation';
import { breachesLink, caseLink, verdictLink } from './links.js';
import type { Addressee, Notice } from './notice.js';
import { footerOf, greet, upperFirst } from './write-notice.js';

export interface DigestItem {
  readonly verdict: Verdict;
  /** The version that judged it. */
  readonly contract: Contract;
  /** True where it is a withdrawal itself, or the breach was withdrawn since. */
  readonly withdrawn: boolean;
}

/** So many are told in full sentences; of the rest, the case and its lateness. */
const IN_FULL = 20;

/** Breaches that took effect long before they were decided, told once and together. */
export function writeDigest(
  items: readonly DigestItem[],
  contract: Contract,
  addressee: Addressee,
  publicUrl: string,
): Notice {
  const { language } = addressee;
  const zh = language === 'zh-CN';
  const standing = items.filter((item) => !item.withdrawn);
  const withdrawn = items.length - standing.length;
  const breaches = zh
    ? `违约 ${standing.length} 项`
    : `${standing.length} ${standing.length === 1 ? 'breach' : 'breaches'}`;
  const also = withdrawn === 0 ? '' : zh ? `，已撤销 ${withdrawn} 项` : `, ${withdrawn} withdrawn`;
  return {
    language,
    subject: zh
      ? `【违约汇总】合同 ${contract.id}：${breaches}${also}`
      : `[Digest] Contract ${contract.id}: ${breaches}${also}`,
    greeting: greet(addressee),
    paragraphs: [
      openingOf(contract, standing.length, `${breaches}${also}`, zh),
      ...standing.slice(0, IN_FULL).map((item) => explain(item.verdict, item.contract, language)),
    ],
    rows: [
      ...standing
        .slice(IN_FULL)
        .map((item): [string, string] => [
          labelOf(item, language),
          describeOverdue(item.verdict, item.contract, language) ?? (zh ? '到期未完成' : 'not done when due'),
        ]),
      ...items
        .filter((item) => item.withdrawn)
        .map((item): [string, string] => [labelOf(item, language), zh ? '违约认定已撤销' : 'breach withdrawn']),
    ],
    advice: null,
    links: [
      ...standing.slice(0, IN_FULL).map(({ verdict, contract: judgedBy }) => {
        const url = caseLink(judgedBy.caseLink, verdict.subject) ?? verdictLink(publicUrl, verdictId(verdict));
        return [upperFirst(nameOfCase(verdict, judgedBy, language)), url] as const;
      }),
      [zh ? '查看全部违约' : 'See all breaches', breachesLink(publicUrl, contract.id)],
    ],
    footer: footerOf(contract, language),
  };
}

function openingOf(contract: Contract, standing: number, counts: string, zh: boolean): string {
  if (standing === 0) {
    return zh
      ? `合同 ${contract.id} 此前认定的下列违约均已撤销，无需处理。`
      : `The breaches of contract ${contract.id} listed below were declared and are all withdrawn again: nothing is asked of you.`;
  }
  return zh
    ? `合同 ${contract.id} 有以下违约在发生 24 小时之后才得以认定，现汇总通知一次（${counts}）。`
    : `The following breaches of contract ${contract.id} were decided more than 24 hours after they took effect, and are told once, together (${counts}).`;
}

function labelOf({ verdict, contract }: DigestItem, language: Language): string {
  const duty = titleOfDuty(verdict, contract, language);
  return `${upperFirst(nameOfCase(verdict, contract, language))}${language === 'zh-CN' ? '' : ', '}“${duty}”`;
}
