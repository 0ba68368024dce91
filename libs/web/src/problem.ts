import { HttpException } from '@nestjs/common';

/** A field that is wrong: its name as the caller wrote it (`data.priority`, `events.3.time`), and what is allowed. */
export interface ProblemField {
  readonly field: string;
  readonly detail: string;
  /** Where the event would be quarantined for it: the reason that would stand there. */
  readonly reason?: string;
}

/** The body of `application/problem+json` (RFC 9457, 3.1). */
export interface ProblemBody {
  /** A tag URI (RFC 4151) that names the kind of problem and is not meant to be fetched. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly ProblemField[];
}

/** The kinds of problem there are, with the status each is answered with. */
const PROBLEMS = {
  malformed: { status: 400, title: 'The request is malformed' },
  'unknown-parameter': { status: 400, title: 'A parameter is unknown or not allowed' },
  'not-authenticated': { status: 401, title: 'A valid key is needed' },
  'not-allowed': { status: 403, title: 'The caller may not do this' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'not-acceptable': { status: 406, title: 'No such representation' },
  conflict: { status: 409, title: 'The request conflicts with what is there' },
  'precondition-failed': { status: 412, title: 'What is there is no longer what the caller saw' },
  'too-large': { status: 413, title: 'The request is too large' },
  'unsupported-media-type': { status: 415, title: 'The content type is not supported' },
  refused: { status: 422, title: 'The contract refuses this' },
  'precondition-required': { status: 428, title: 'The caller must say what it saw' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something broke here' },
  unavailable: { status: 503, title: 'Something that is needed is down' },
} as const;

export type ProblemKind = keyof typeof PROBLEMS;

/**
 * Thrown by HTTP handlers where a request cannot be answered; `ProblemFilter` turns it into `application/problem+json`.
 * `detail` is one sentence that names the place, the value and what is allowed, and holds no secret.
 */
export class ProblemException extends HttpException {
  readonly body: ProblemBody;

  constructor(
    readonly kind: ProblemKind,
    detail: string,
    errors: readonly ProblemField[] = [],
    /** Further response headers, e.g. `retry-after`. */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    const body = problemBody(kind, detail, errors);
    super(body, body.status);
    this.body = body;
  }
}

export function problemBody(kind: ProblemKind, detail: string, errors: readonly ProblemField[] = []): ProblemBody {
  const { status, title } = PROBLEMS[kind];
  const type = `tag:pactwatch,2026:problem:${kind}`;
  return { type, title, status, detail, ...(errors.length > 0 ? { errors } : {}) };
}

/** The kind that stands for a status where nothing more is known. */
export function problemKindOf(status: number): ProblemKind {
  const exact = (Object.keys(PROBLEMS) as ProblemKind[]).find((kind) => PROBLEMS[kind].status === status);
  return exact ?? (status >= 400 && status < 500 ? 'malformed' : 'internal');
}
