import type { Request, Response } from 'express';
import type { PartyId } from '#libs/contract';
import { ProblemException, readBody, refuseAct, type WebCaller } from '#libs/web';
import { ACT_BODIES, type ActBody, type ActKind } from './statement-act.js';

/** The sides that can be bound. */
export type Side = PartyId | 'arbiter';

const BODY_BYTES = 64 * 1024;

/**
 * The key of a request that must not act twice; with quotes or without (the draft of the header has them).
 *
 * @throws ProblemException `malformed`
 */
export function idempotencyKey(request: Request): string {
  const written = request.get('idempotency-key') ?? '';
  const key = /^"(.*)"$/.exec(written)?.[1] ?? written;
  if (/^[A-Za-z0-9._:-]{8,128}$/.test(key)) return key;
  const detail = `Idempotency-Key: '${written}' (needed: 8 to 128 letters, digits, dots, colons, dashes or underscores, new for each act and the same for each repeat of it)`;
  throw new ProblemException('malformed', detail, [{ field: 'idempotency-key', detail }]);
}

/** @throws ProblemException `precondition-required` where the caller does not say which state of the statement it saw */
export function ifMatchOf(request: Request): string {
  const written = request.get('if-match') ?? '';
  if (/^\s*"/.test(written)) return written;
  throw new ProblemException(
    'precondition-required',
    'If-Match with the ETag of the statement is needed, so that nobody disputes, decides or signs what they have not seen',
  );
}

/** @throws ProblemException `unsupported-media-type`, `malformed`, `too-large`; `refused` where a field is not allowed */
export async function readAct<K extends ActKind>(kind: K, request: Request, response: Response): Promise<ActBody<K>> {
  const type = (request.get('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new ProblemException('unsupported-media-type', `content-type: '${type}' (allowed: application/json)`);
  }
  const text = (await readBody(request, response, BODY_BYTES)).toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new ProblemException('malformed', 'the body is no JSON');
  }
  const read = ACT_BODIES[kind].safeParse(parsed);
  if (read.success) return read.data as ActBody<K>;
  const errors = read.error.issues.map(({ path, message }) => ({
    field: path.length === 0 ? 'body' : path.join('.'),
    detail: message,
  }));
  const detail = errors.map((one) => `${one.field}: ${one.detail}`).join('; ');
  throw new ProblemException('refused', detail, errors);
}

/**
 * The side that the caller acts for: its key's; without keys the one that the body names.
 *
 * @param allowed sides that can do this at all
 * @throws ProblemException `refused` where no side is named, `not-allowed` where the caller cannot bind it
 */
export function actingSide(caller: WebCaller, named: Side | undefined, allowed: readonly Side[]): Side {
  if (caller.open && named === undefined) {
    const detail = `party is needed where no access keys are configured (allowed: ${allowed.join(', ')})`;
    throw new ProblemException('refused', detail, [{ field: 'party', detail }]);
  }
  const side = named ?? caller.party;
  if (side === null || !allowed.includes(side)) {
    const detail = `'${side ?? 'no party'}' cannot do this (allowed: ${allowed.join(', ')})`;
    throw new ProblemException('not-allowed', detail);
  }
  const refused = refuseAct(caller, side);
  if (refused !== undefined) throw new ProblemException('not-allowed', refused);
  return side;
}
