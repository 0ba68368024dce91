/** A URL as it may be printed: password and query left out. */
export function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return '(no URL)';
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  shown.search = '';
  return shown.href;
}
