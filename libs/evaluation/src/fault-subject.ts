import type { Instant } from '#libs/calendar';
import type { Contract } from '#libs/contract';
import type { ContractVersions } from './contract-versions.js';
import { unmeasured, type DiffContext } from './diff-subject.js';
import type { RecordedVerdict, SubjectState } from './subject-state.js';
import type { Decision, Verdict } from './verdict.js';

/**
 * Judging itself failed: the subject is faulted, and judged again when it is touched, something is published, or a fact of it
 * that is dated ahead comes to act. It has no other timer.
 */
export function faultSubject(
  versions: ContractVersions,
  state: SubjectState,
  context: DiffContext,
  error: unknown,
): { decisions: Decision[]; recorded: RecordedVerdict[]; nextInstant: Instant | null } {
  const contract: Contract = versions[versions.length - 1]!;
  const decisions: Decision[] = [];
  const recorded = new Map(state.recorded.map((one) => [`${one.obligation}/${one.instance}`, one]));
  for (const { last: one, verdict } of faultedVerdicts(versions, state, context, error)) {
    const key = `${one.obligation}/${one.instance}`;
    const previous = recorded.get(key);
    const number = context.nextNumber();
    const revision = (previous?.revision ?? 0) + 1;
    decisions.push({
      type: 'compliance.verdict.faulted',
      contract: contract.id,
      number,
      revision,
      supersedes: previous?.number ?? null,
      effectiveAt: context.now.at,
      verdict,
      cause: context.cause,
      ...(context.backfill === undefined ? {} : { backfill: context.backfill }),
    });
    recorded.set(key, {
      obligation: one.obligation,
      instance: one.instance,
      state: 'faulted',
      startedAt: one.startedAt,
      dueAt: null,
      stoppedAt: null,
      allowed: one.allowed,
      clause: verdict.clause,
      dimensions: {},
      revision,
      number,
      breachedBefore: previous?.breachedBefore ?? false,
      warned: previous?.warned ?? 0,
    });
  }
  const ahead = [...state.facts, ...state.corrections].filter(({ occurredAt }) => occurredAt > context.now.at);
  const nextInstant = ahead.reduce<Instant | null>(
    (next, { occurredAt }) => Math.min(next ?? Infinity, occurredAt),
    null,
  );
  return { decisions, recorded: [...recorded.values()], nextInstant };
}

type Last = Pick<RecordedVerdict, 'obligation' | 'instance' | 'startedAt' | 'allowed'>;

/** What is said of a subject that cannot be judged: of what was recorded and is not said to be so yet, or of every duty. */
export function faultedVerdicts(
  versions: ContractVersions,
  state: SubjectState,
  context: Pick<DiffContext, 'subject' | 'now'>,
  error: unknown,
): { readonly last: Last; readonly verdict: Verdict }[] {
  const contract: Contract = versions[versions.length - 1]!;
  const message = error instanceof Error ? error.message : String(error);
  const startedAt = Math.min(context.now.at, ...state.facts.map((fact) => fact.occurredAt));
  const affected: readonly Last[] =
    state.recorded.length > 0
      ? state.recorded.filter((one) => one.state !== 'faulted' && one.state !== 'withdrawn')
      : contract.obligations
          .filter((one) => one.kind === state.kind)
          .map((one) => ({ obligation: one.id, instance: 1, startedAt, allowed: null }));
  return affected.map((last) => ({ last, verdict: unmeasured(contract, last, 'faulted', context, message) }));
}
