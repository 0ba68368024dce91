import type { Notice } from './notice.js';

/** A notice as plain text, for readers of mail that show nothing else and for archives. */
export function renderText(notice: Notice): string {
  const colon = notice.language === 'zh-CN' ? '：' : ': ';
  const blocks = [
    notice.greeting,
    ...notice.paragraphs,
    ...(notice.advice === null ? [] : [notice.advice]),
    notice.rows.map(([label, value]) => `${label}${colon}${value}`).join('\n'),
    notice.links.map(([label, url]) => `${label}${colon.trimEnd()}\n${url}`).join('\n'),
    `--\n${notice.footer}`,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}
