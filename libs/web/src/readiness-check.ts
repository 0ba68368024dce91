/** Something the process needs to do its work; `check` resolves when it answers and rejects otherwise. */
export interface ReadinessCheck {
  /** As shown at `/health/ready`, e.g. `database`. */
  readonly name: string;
  readonly check: () => Promise<unknown>;
}

/** Injection token of the list of checks. */
export const READINESS_CHECKS = Symbol('readiness checks');
