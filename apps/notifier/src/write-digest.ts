import type { Contract } from '#libs/contract';
import { describeOverdue, explain, nameOfCase, titleOfDuty, type Verdict } from '#libs/evaluation';
import { breachesLink } from './links.js';
import type { Addressee, Notice } from './notice.js';
import { footerOf, greet } from './write-notice.js';

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
  const breaches = zh ? `违约 ${standing.length} 项` : `${standing.length} ${standing.length === 1 ? 'breach' : 'breaches'}`;
  const also = withdrawn === 0 ? '' : zh ? `，已撤销 ${withdrawn} 项` : `, ${withdrawn} withdrawn`;
  return {
    language,
    subject: zh
      ? `【违约汇总】合同 ${contract.id}：${breaches}${also}`
      : `[Digest] Contract ${contract.id}: ${breaches}${also}`,
    greeting: greet(addressee),
    paragraphs: [
      zh
        ? `合同 ${contract.id} 有以下违约在发生 24 小时之后才得以认定，现汇总通知一次（${breaches}${also}）。`
        : `The following breaches of contract ${contract.id} were decided more than 24 hours after they took effect, and are told once, together (${breaches}${also}).`,
      ...standing.slice(0, IN_FULL).map((item) => explain(item.verdict, item.contract, language)),
    ],
    rows: [
      ...standing.slice(IN_FULL).map((item): [string, string] => [
        `${nameOfCase(item.verdict, item.contract, language)}, ${titleOfDuty(item.verdict, item.contract, language)}`,
        describeOverdue(item.verdict, item.contract, language) ?? (zh ? '到期未完成' : 'not done when due'),
      ]),
      ...items
        .filter((item) => item.withdrawn)
        .map((item): [string, string] => [
          `${nameOfCase(item.verdict, item.contract, language)}, ${titleOfDuty(item.verdict, item.contract, language)}`,
          zh ? '违约认定已撤销' : 'breach withdrawn',
        ]),
    ],
    advice: null,
    links: [[zh ? '查看全部违约' : 'See all breaches', breachesLink(publicUrl, contract.id)]],
    footer: footerOf(contract, language),
  };
}
