import type { Contract } from '#libs/contract';
import { describeZone, formatLocal, titleOfDuty } from '#libs/evaluation';
import type { Alert, ImportSummary } from './alert.js';
import { breachesLink } from './links.js';
import type { Addressee, Notice } from './notice.js';
import { footerOf, greet, markOf } from './write-notice.js';

/** A whole back-fill as one notice: how many breaches of which duty, and what is still open. */
export function writeImportSummary(
  alert: Alert,
  summary: ImportSummary,
  contract: Contract,
  addressee: Addressee,
  publicUrl: string,
): Notice {
  const { language } = addressee;
  const zh = language === 'zh-CN';
  const breaches = summary.breaches.reduce((sum, one) => sum + one.count, 0);
  const span =
    summary.from === null || summary.to === null
      ? ''
      : zh
        ? `，时间自 ${formatLocal(summary.from, contract.zone, language)} 至 ${formatLocal(summary.to, contract.zone, language)}（${describeZone(contract.zone, language)}）`
        : ` from ${formatLocal(summary.from, contract.zone, language)} to ${formatLocal(summary.to, contract.zone, language)} (${describeZone(contract.zone, language)})`;
  const mark = markOf(alert.kind, language);
  return {
    language,
    subject: zh
      ? `${mark}合同 ${contract.id}：违约 ${breaches} 项，进行中 ${summary.open} 项`
      : `${mark}Contract ${contract.id}: ${count(breaches, 'breach', 'breaches')}, ${summary.open} still open`,
    greeting: greet(addressee),
    paragraphs: [
      zh
        ? `合同 ${contract.id} 的历史事件已导入完毕${span}，共作出 ${summary.decisions} 项决定，其中现有违约 ${breaches} 项，仍在进行的义务 ${summary.open} 项。历史违约不再逐项通知。`
        : `The history of contract ${contract.id}${span} has been imported: ${count(summary.decisions, 'decision', 'decisions')} were made, ${count(breaches, 'breach stands', 'breaches stand')}, and ${count(summary.open, 'duty is', 'duties are')} still open. Breaches of the past are not notified one by one.`,
    ],
    rows: summary.breaches.map(({ obligation, party, count: amount }) => [
      `${titleOfDuty({ obligation }, contract, language)}${zh ? `（${party === 'client' ? '甲方' : '乙方'}）` : ` (${party})`}`,
      zh ? `违约 ${amount} 项` : count(amount, 'breach', 'breaches'),
    ]),
    advice: null,
    links: [[zh ? '查看全部违约' : 'See all breaches', breachesLink(publicUrl, contract.id)]],
    footer: footerOf(contract, language),
  };
}

function count(amount: number, one: string, many: string): string {
  return `${amount} ${amount === 1 ? one : many}`;
}
