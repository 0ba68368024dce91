/** Codes of the system's network errors that pass when the other side is back. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** SQLSTATE classes: connection, transaction rollback, insufficient resources, operator intervention. */
const SQLSTATE = /^(08|40|53|57)[0-9A-Z]{3}$/;
/** A standby that is about to be promoted, or was asked by mistake during a failover; a lock that somebody holds for long. */
const SQLSTATES = new Set(['25006', '55P03']);
/** What pg says, without a code, where it noticed by itself that the connection is gone or silent. */
const LOST_CONNECTION =
  /^(Connection terminated|Client (has encountered a connection error|was closed) and is not queryable|timeout exceeded when trying to connect|timeout expired$|Query read timeout)/;

/** True for what may pass by itself: a server that is away or overloaded, or an error that says `retriable`. */
export function isTransient(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { retriable, code, message } = error as { retriable?: unknown; code?: unknown; message?: unknown };
  if (typeof retriable === 'boolean') return retriable;
  if (typeof code === 'string') return NETWORK.has(code) || SQLSTATE.test(code) || SQLSTATES.has(code);
  return typeof message === 'string' && LOST_CONNECTION.test(message);
}
