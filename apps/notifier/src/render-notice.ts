import type { Notice } from './notice.js';

/** A notice as plain text, for readers of mail that show nothing else and for archives. */
export function renderText(notice: Notice): string {
  const colon = notice.language === 'zh-CN' ? '：' : ': ';
  const blocks = [
    notice.greeting,
    ...notice.paragraphs,
    notice.rows.map(([label, value]) => `${label}${colon}${value}`).join('\n'),
    ...(notice.advice === null ? [] : [notice.advice]),
    notice.links.map(([label, url]) => `${label}${colon.trimEnd()}\n${url}`).join('\n'),
    `--\n${notice.footer}`,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** The same as HTML: one column, a table, no images and nothing loaded from elsewhere. */
export function renderHtml(notice: Notice): string {
  const paragraph = (text: string): string => `<p>${escapeHtml(text)}</p>`;
  const rows = notice.rows
    .map(
      ([label, value]) =>
        `<tr><th align="left" valign="top" style="padding:2px 12px 2px 0;font-weight:normal;color:#666">${escapeHtml(label)}</th>` +
        `<td style="padding:2px 0">${escapeHtml(value)}</td></tr>`,
    )
    .join('\n');
  const links = notice.links
    .map(([label, url]) => `<li><a href="${escapeHtml(url)}">${escapeHtml(label)}</a></li>`)
    .join('\n');
  return [
    '<!doctype html>',
    `<html lang="${notice.language}"><head><meta charset="utf-8"><title>${escapeHtml(notice.subject)}</title></head>`,
    '<body style="font:15px/1.5 sans-serif;color:#222;max-width:46em">',
    paragraph(notice.greeting),
    ...notice.paragraphs.map(paragraph),
    ...(rows === '' ? [] : [`<table>${rows}</table>`]),
    ...(notice.advice === null ? [] : [`<p><strong>${escapeHtml(notice.advice)}</strong></p>`]),
    ...(links === '' ? [] : [`<ul>${links}</ul>`]),
    `<p style="color:#666;font-size:13px">${escapeHtml(notice.footer)}</p>`,
    '</body></html>',
    '',
  ].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}
