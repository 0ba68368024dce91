import type { Contract } from '#libs/contract';
import type { Alert } from './alert.js';
import { breachesLink } from './links.js';
import type { Addressee, Notice } from './notice.js';
import { footerOf, greet, markOf } from './write-notice.js';

/** Judging failed before there was any verdict to speak of: only the incident can be named. */
export function writeFaultNotice(alert: Alert, contract: Contract, addressee: Addressee, publicUrl: string): Notice {
  const { language } = addressee;
  const zh = language === 'zh-CN';
  const mark = markOf(alert.kind, language);
  return {
    language,
    subject: zh ? `${mark}合同 ${contract.id}：${alert.incident}` : `${mark}Contract ${contract.id}: ${alert.incident}`,
    greeting: greet(addressee),
    paragraphs: [
      zh
        ? `合同 ${contract.id} 的 ${alert.incident} 在认定过程中出错。事实均已保存，合同、日历或程序更正后将自动重新认定；在此之前该项的期限不受监控。`
        : `Judging ${alert.incident} of contract ${contract.id} failed. All facts are kept, and it is judged again by itself once the contract, the calendar or the program is mended; until then its deadlines are not watched.`,
    ],
    rows: [],
    advice: zh
      ? '请通知运维人员核对合同文件与日历覆盖的年份。'
      : 'Please tell the operators to check the contract file and the years the calendar covers.',
    links: [[zh ? '查看合同的违约' : 'See the breaches of the contract', breachesLink(publicUrl, contract.id)]],
    footer: footerOf(contract, language),
  };
}
