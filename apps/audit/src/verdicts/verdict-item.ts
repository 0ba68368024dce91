import { parseInstant } from '#libs/calendar';
import { fromRecord, toRecord, verdictId, type JudgedVerdict, type VerdictRecord } from '#libs/evaluation';

/**
 * An item of the lists: the record of `evaluate`, as it is, with its id before it (`contract/obligation/subject/instance`).
 */
export type VerdictItem = { readonly id: string } & VerdictRecord;

export function itemOf(judged: JudgedVerdict): VerdictItem {
  return { id: verdictId(judged.verdict), ...toRecord(judged.verdict, judged.revision) };
}

/**
 * A verdict as a decision recorded it, for what cannot be derived now: judging failed, the instance is gone, or the
 * published files are not readable here.
 *
 * @param fault why it is not derived, where the record does not say so itself; it goes into `because`.
 */
export function recordedVerdict(record: string, fault: string | undefined): JudgedVerdict {
  const read = JSON.parse(record) as VerdictRecord & { readonly effectiveAt: string };
  const verdict = fromRecord(read, parseInstant(read.effectiveAt));
  return {
    revision: read.revision,
    verdict: fault === undefined ? verdict : { ...verdict, because: { ...verdict.because, fault } },
  };
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
