/** Thrown by `save` when the partition is not where its writer believes it to be: someone else owns it, or memory is stale. Nothing was written. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
  readonly retriable = false;
  constructor(
    readonly topic: string,
    readonly partition: number,
    /** What the writer believed. */
    readonly expected: string,
    /** What the database holds. */
    readonly found: string,
  ) {
    super(`Partition ${topic}/${partition}: the writer believes it is at ${expected}, the database holds ${found}.`);
  }
}

/** Thrown by `save` when the connection was lost before the answer came: only taking the partition again tells whether it was written. */
export class UnknownOutcomeError extends Error {
  override readonly name = 'UnknownOutcomeError';
  readonly retriable = false;
  constructor(
    readonly topic: string,
    readonly partition: number,
    cause: unknown,
  ) {
    super(`Partition ${topic}/${partition}: the connection was lost while saving; take the partition again.`, {
      cause,
    });
  }
}

/** Thrown by `take` when the predecessor's backend does not end in time: nothing was taken, try again. */
export class PredecessorAliveError extends Error {
  override readonly name = 'PredecessorAliveError';
  readonly retriable = true;
  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly backendPid: number,
  ) {
    super(`Partition ${topic}/${partition}: backend ${backendPid} of the former owner did not end.`);
  }
}

/** Thrown by `migrate` when the database was migrated by a newer release than this one. */
export class SchemaTooNewError extends Error {
  override readonly name = 'SchemaTooNewError';
  readonly retriable = false;
  constructor(
    /** Names of the migrations that this release does not know. */
    readonly unknown: readonly string[],
    readonly newestKnown: string,
  ) {
    super(
      `The database has migrations that this release does not know: ${unknown.join(', ')}; it knows them up to ${newestKnown}. Start a newer release.`,
    );
  }
}

/** Thrown by `connect` when the database does not answer or is older than PostgreSQL 15. */
export class DatabaseUnusableError extends Error {
  override readonly name = 'DatabaseUnusableError';
  readonly retriable = true;
  constructor(
    /** Without the password. */
    readonly where: string,
    reason: string,
    cause?: unknown,
  ) {
    super(`The database at ${where} cannot be used: ${reason}.`, { cause });
  }
}

/**
 * Thrown when the stream has another number of partitions than it had at first: contracts would be looked for elsewhere. A
 * topic of Kafka can be given more, but none can be taken away.
 */
export class PartitionsChangedError extends Error {
  override readonly name = 'PartitionsChangedError';
  readonly retriable = false;
  constructor(
    readonly fixed: number,
    readonly found: number,
  ) {
    super(
      `The stream has ${found} partitions, the database knows it with ${fixed}: the number is fixed, for it says where each contract lives. ` +
        `Kafka takes no partitions away: stop all processes, make the topic platform.events anew with ${fixed} partitions, and go on as libs/store/README.md says under "After the log was replaced".`,
    );
  }
}
