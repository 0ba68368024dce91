/** The code of a system error (`ENOENT`), empty where there is none. By shape: errors of another realm are no `Error` here. */
export function systemCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
