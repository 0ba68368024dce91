import type { Contract } from '#libs/contract';
import { describeDuration, describeZone, formatLocal } from '#libs/evaluation';
import type { Alert, SilentFeed } from './alert.js';
import { breachesLink } from './links.js';
import type { Addressee, Notice } from './notice.js';
import { footerOf, greet, markOf } from './write-notice.js';

/** A feed that fell silent, or is heard again: nobody is in breach by it, but decisions may be late. */
export function writeFeedNotice(
  alert: Alert,
  feed: SilentFeed,
  contract: Contract,
  addressee: Addressee,
  publicUrl: string,
): Notice {
  const { language } = addressee;
  const zh = language === 'zh-CN';
  const silent = feed.state === 'silent';
  const local = (at: number): string => formatLocal(at, contract.zone, language);
  const zone = describeZone(contract.zone, language);
  const name = zh
    ? `${feed.kind === 'door' ? '接入通道' : '数据源'} ${feed.name}`
    : `${feed.kind === 'door' ? 'door' : 'source'} ${feed.name}`;
  const mark = markOf(alert.kind, language);
  return {
    language,
    subject: zh
      ? `${mark}合同 ${contract.id}：${name} ${silent ? '无信号' : '已恢复'}`
      : `${mark}Contract ${contract.id}: ${name} ${silent ? 'is silent' : 'is heard again'}`,
    greeting: greet(addressee),
    paragraphs: [silent ? fellSilent() : heardAgain()],
    rows: [
      [zh ? '合同' : 'Contract', `${contract.id} ${contract.title[language]}`],
      [zh ? '最后信号' : 'Last sign', local(feed.lastSign)],
      [zh ? '发现时间' : 'Noticed', local(feed.noticedAt)],
      [zh ? '允许间隔' : 'Allowed', describeDuration(feed.limit, language)],
    ],
    advice: silent
      ? zh
        ? '请通知运维人员检查该通道或数据源。'
        : 'Please have the operators look at it.'
      : zh
        ? '您无需再处理此前的通知。'
        : 'Nothing more is asked of you about the earlier message.',
    links: [[zh ? '查看合同的违约' : 'See the breaches of the contract', breachesLink(publicUrl, contract.id)]],
    footer: footerOf(contract, language),
  };

  function fellSilent(): string {
    const effect =
      feed.kind === 'door'
        ? zh
          ? '在其恢复之前，合同计时停在最后信号处：认定会推迟，但不会因此出错。'
          : "Until it is heard again the contract's clock stands at its last sign: decisions come late, but are not wrong for it."
        : zh
          ? '该数据源的事件可能尚未送达。'
          : 'Events of it may be missing.';
    return zh
      ? `${name} 自 ${local(feed.lastSign)}（${zone}）起无信号。${effect}`
      : `Nothing has been heard of the ${name} since ${local(feed.lastSign)} (${zone}). ${effect}`;
  }

  function heardAgain(): string {
    return zh
      ? `${name} 已恢复：此前自 ${local(feed.lastSign)}（${zone}）起无信号。推迟的认定正在补作。`
      : `The ${name} is heard again; it had been silent since ${local(feed.lastSign)} (${zone}). What was decided late is being caught up.`;
  }
}
