import type { Language } from '#libs/contract';
import type { LinkClaim } from './signed-links.js';
import { escapeHtml } from './escape-html.js';

/** How long a silence that is asked for by link may last, in hours. */
export const SILENCE_HOURS = [1, 4, 24, 72, 168] as const;

type Words = Readonly<Record<Language, string>>;

export type ActOutcome =
  | 'acknowledged'
  | 'silenced'
  | 'silenced-already'
  | 'already'
  | 'over'
  | 'anew'
  | 'expired'
  | 'unknown'
  | 'reason-missing';

const OUTCOMES: Readonly<Record<ActOutcome, Words>> = {
  acknowledged: {
    'zh-CN': '已确认。该确认已作为事实记入合同的事件流。',
    en: "Acknowledged. It is recorded as a fact on the contract's stream.",
  },
  silenced: {
    'zh-CN': '已静默。到期之前的消息仍会记录，但不再发送。',
    en: 'Silenced. Until it ends, messages are recorded and not sent.',
  },
  'silenced-already': { 'zh-CN': '相关消息已处于静默期。', en: 'These messages are silenced already.' },
  already: { 'zh-CN': '该事项此前已有人确认。', en: 'Somebody has acknowledged it before.' },
  over: { 'zh-CN': '该事项已经结束，无需处理。', en: 'It is over already: nothing is asked of you.' },
  anew: {
    'zh-CN': '该事项此后有了新的进展，请使用最新一封通知中的链接。',
    en: 'It has been opened anew since: please use the link of the latest message.',
  },
  expired: { 'zh-CN': '该链接已过期。', en: 'This link has expired.' },
  unknown: { 'zh-CN': '该链接无效。', en: 'This link is not valid.' },
  'reason-missing': {
    'zh-CN': '请填写理由（最多 500 字）和期限。',
    en: 'Please give a reason (at most 500 characters) and a time.',
  },
};

/** What came of it. Where the reader's language is not known, both. */
export function outcomePage(outcome: ActOutcome, language: Language | null): string {
  const words = OUTCOMES[outcome];
  const texts = language === null ? [words['zh-CN'], words.en] : [words[language]];
  return page(language ?? 'zh-CN', texts.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n'));
}

/**
 * Asks before anything is done: programs that look through mails open every link, and must not act by it. The form posts to the
 * page's own address.
 *
 * @param title what it is about, in the reader's language.
 */
export function confirmPage({ purpose, language, name }: LinkClaim, title: string): string {
  const zh = language === 'zh-CN';
  const acknowledge = purpose === 'acknowledge';
  const question = acknowledge
    ? zh
      ? '确认已获悉并将处理以下事项？确认后不再逐级上报。'
      : 'Acknowledge that you know of this and will see to it? It is then carried no further up.'
    : zh
      ? '在一段时间内不再发送与以下义务有关的消息？'
      : 'Send no messages about this duty and case for a while?';
  const fields = acknowledge
    ? `<p><label>${zh ? '备注（可不填）' : 'Note (may be left out)'}<br><input name="note" maxlength="500" size="60"></label></p>`
    : `<p><label>${zh ? '理由' : 'Reason'}<br><input name="reason" required maxlength="500" size="60"></label></p>
<p><label>${zh ? '期限' : 'For'} <select name="hours">${SILENCE_HOURS.map((hours) => `<option value="${hours}">${hoursText(hours, zh)}</option>`).join('')}</select></label></p>`;
  const button = acknowledge ? (zh ? '确认' : 'Acknowledge') : zh ? '静默' : 'Silence';
  return page(
    language,
    `<p>${escapeHtml(question)}</p>
<p><strong>${escapeHtml(title)}</strong></p>
<form method="post">
${fields}
<p><button type="submit">${button}</button></p>
<p>${escapeHtml(zh ? `以 ${name} 的名义` : `In the name of ${name}`)}</p>
</form>`,
  );
}

function hoursText(hours: number, zh: boolean): string {
  if (hours % 24 !== 0) return zh ? `${hours} 小时` : `${hours} ${hours === 1 ? 'hour' : 'hours'}`;
  const days = hours / 24;
  return zh ? `${days} 天` : `${days} ${days === 1 ? 'day' : 'days'}`;
}

function page(language: Language, body: string): string {
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>Pactwatch</title></head>
<body>
${body}
</body></html>
`;
}
