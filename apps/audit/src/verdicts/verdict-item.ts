import { parseInstant, type Instant } from '#libs/calendar';
import { toRecord, verdictId, type JudgedVerdict, type VerdictRecord } from '#libs/evaluation';

/** An item of the lists: the record of `evaluate` plus its id, `contract/obligation/subject/instance`. */
export type VerdictItem = { readonly id: string } & VerdictRecord;

export function itemOf(judged: JudgedVerdict): VerdictItem {
  return { id: verdictId(judged.verdict), ...toRecord(judged.verdict, judged.revision) };
}

/**
 * A verdict as a decision recorded it, for what cannot be derived now: judging failed, the instance is gone, or the
 * published files are not readable here.
 */
export function recordedVerdict(record: string): JudgedVerdict {
  const read = JSON.parse(record) as VerdictRecord & { readonly effectiveAt: string };
  const { contract, obligation, clause, party, subject, instance, state, elapsed, allowed, overdueBy } = read;
  return {
    revision: read.revision,
    verdict: {
      contract,
      obligation,
      clause,
      party,
      subject,
      instance,
      state,
      startedAt: instantOf(read.startedAt) ?? 0,
      dueAt: instantOf(read.dueAt),
      stoppedAt: instantOf(read.stoppedAt),
      elapsed,
      allowed,
      overdueBy,
      effectiveAt: instantOf(read.effectiveAt) ?? 0,
      dimensions: read.dimensions,
      because: read.because,
    },
  };
}

function instantOf(text: string | null): Instant | null {
  return text === null ? null : (parseInstant(text) ?? null);
}

/** Parts of a verdict's id. Only the subject may hold a slash. */
export interface VerdictId {
  readonly contract: string;
  readonly obligation: string;
  readonly subject: string;
  readonly instance: number;
}

const MAX_INSTANCE = 2 ** 31 - 1;

export function readVerdictId(text: string): VerdictId | undefined {
  const [contract, obligation, ...rest] = text.split('/');
  const count = rest.pop();
  const subject = rest.join('/');
  if (!contract || !obligation || subject === '' || count === undefined || !/^[1-9]\d{0,9}$/.test(count))
    return undefined;
  const instance = Number(count);
  return instance > MAX_INSTANCE || text.includes('\u0000') ? undefined : { contract, obligation, subject, instance };
}
