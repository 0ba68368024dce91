/** SQLSTATE classes: connection, transaction rollback, insufficient resources, operator intervention. */
const PASSING_STATE = /^(08|40|53|57)[0-9A-Z]{3}$/;
const NETWORK = /^E(CONN|PIPE|TIMEDOUT|HOST|NET|NOTFOUND|AI_AGAIN)/;
/** pg gives no code where it noticed by itself that the connection is gone. */
const NO_CODE = /^Connection terminated|timeout exceeded when trying to connect|^Query read timeout/;

/** True for what may pass by itself: a server that is away or overloaded, or an error that says `retriable`. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { retriable, code, message } = error as Error & { readonly retriable?: unknown; readonly code?: unknown };
  if (typeof retriable === 'boolean') return retriable;
  if (typeof code === 'string') return PASSING_STATE.test(code) || NETWORK.test(code);
  return NO_CODE.test(message);
}
