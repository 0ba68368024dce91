import { LogUnavailableError } from '../log-unavailable-error.js';

/** Codes of the system's network errors. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** SQLSTATE classes: connection, transaction rollback, insufficient resources, operator intervention. */
const SQLSTATE = /^(08|40|53|57)[0-9A-Z]{3}$/;
/** What pg says, without a code, where it noticed by itself that the connection is gone or the answer overdue. */
const LOST =
  /^(Connection terminated|Query read timeout|Client (was closed|has encountered))|timeout exceeded when trying/;

/** What pg threw, as callers of the log know it: either it may pass (`retriable: true`), or it is the error itself. */
export function asLogError(error: unknown, doing: string): Error {
  if (!(error instanceof Error)) return new Error(`${doing}: ${String(error)}`);
  const { code, retriable } = error as { code?: unknown; retriable?: unknown };
  if (typeof retriable === 'boolean') return error;
  const passes = typeof code === 'string' ? NETWORK.has(code) || SQLSTATE.test(code) : LOST.test(error.message);
  if (passes) return new LogUnavailableError(`${doing}: ${error.message || String(code)}`, { cause: error });
  return Object.assign(error, { retriable: false });
}
