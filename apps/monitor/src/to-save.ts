import { formatDuration, formatInstant } from '#libs/calendar';
import { TOPICS, type LogRecord } from '#libs/bus';
import {
  compareCodePoints,
  kindOfRule,
  packState,
  toRecord,
  verdictId,
  type Decision,
  type FeedChange,
  type FollowingDecision,
  type ImportSummary,
  type JudgeOutcome,
  type StandardDecision,
  type Verdict,
} from '#libs/evaluation';
import { reservedExtensions, signStamp, contentHash, toRecordBinary } from '#libs/events';
import type { DecisionRow, OutboxRow, PartitionSave, QuarantineRow, VerdictRow } from '#libs/store';
import { decisionMessage, MONITOR_SOURCE } from './decision-message.js';
import { noticeAlert } from './notice-alerts.js';
import { REKEYED_EXTENSION } from './own-records.js';
import type { Stray } from './parse-record.js';
import { contractRow, type PartitionSession } from './partition-session.js';
import { standardAlert, standardRow } from './standard-rows.js';
import { followingRow, statementAlert } from './statement-rows.js';

/** A live breach that took effect longer ago than this is summarised, not sent by itself. */
const STALE_MILLIS = 24 * 3_600_000;

/** The outcome of judging as the rows of one transaction. */
export function toSave(
  session: PartitionSession,
  outcome: JudgeOutcome,
  saving: {
    readonly records: ReadonlyMap<number, LogRecord>;
    readonly strays: readonly OutboxRow[];
    readonly recordedAt: number;
    readonly toOffset: number;
    readonly toSlice: number;
    readonly last: PartitionSave['last'];
  },
): PartitionSave {
  const { recordedAt } = saving;
  const recordedText = formatInstant(recordedAt);
  const decisions: DecisionRow[] = [];
  const outbox: OutboxRow[] = [...saving.strays];
  const verdicts = new Map<string, VerdictRow>();
  for (const decision of inOrder(outcome)) {
    if ('standard' in decision) {
      const row = standardRow(session, decision, recordedText);
      decisions.push(row);
      outbox.push(decisionMessage(row, recordedAt, recordedText));
      const alert = standardAlert(session, decision, row.record, recordedAt);
      if (alert !== undefined) outbox.push(alert);
      continue;
    }
    if ('rule' in decision) {
      const row = followingRow(session, decision, recordedText);
      decisions.push(row);
      outbox.push(decisionMessage(row, recordedAt, recordedText));
      const alert = statementAlert(session, decision, row, recordedAt);
      if (alert !== undefined) outbox.push(alert);
      continue;
    }
    const record = decisionRecord(session, decision, recordedText);
    const row = decisionRow(session, decision, JSON.stringify(record));
    decisions.push(row);
    outbox.push(decisionMessage(row, recordedAt, recordedText));
    const alert = alertMessage(session, decision, record, recordedAt);
    if (alert !== undefined) outbox.push(alert);
    if (decision.type !== 'compliance.deadline.warned')
      verdicts.set(verdictId(decision.verdict), verdictRow(session, decision));
  }
  for (const summary of outcome.summaries) outbox.push(summaryMessage(session, summary, recordedAt));
  for (const change of outcome.feeds) outbox.push(feedMessage(session, change, recordedAt));
  for (const { fact } of outcome.facts) {
    const alert = noticeAlert(session, fact, recordedAt);
    if (alert !== undefined) outbox.push(alert);
  }
  const quarantine = outcome.refused.map((one) => quarantineRow(one, saving.records.get(one.offset)));
  for (const row of quarantine) outbox.push(quarantineMessage(session, row, recordedAt));
  return {
    topic: session.topic,
    partition: session.partition,
    epoch: session.epoch,
    fromOffset: session.nextOffset,
    fromSlice: session.slice,
    toOffset: saving.toOffset,
    toSlice: saving.toSlice,
    outboxNumber: session.outboxNumber,
    last: saving.last,
    recordedAt,
    facts: outcome.facts.map(({ fact, offset }) => ({
      contract: fact.contract,
      source: fact.source,
      id: fact.id,
      type: fact.type,
      subject: fact.subject ?? null,
      occurredAt: fact.occurredAt,
      appendedAt: fact.appendedAt,
      sequence: fact.sequence ?? null,
      contentHash: fact.contentHash,
      data: JSON.stringify(fact.data),
      offset,
    })),
    ids: [...outcome.ids.values()].map(({ contract, source, id, entry }) => ({
      contract,
      source,
      id,
      contentHash: entry.contentHash,
      type: entry.type,
      appendedAt: entry.appendedAt,
      keys: entry.keys,
      note: entry.note === null ? null : JSON.stringify(entry.note),
    })),
    waitingAdded: outcome.waitingAdded.map(({ contract, waiting }) => {
      const { targetSource, targetId, ...rest } = waiting;
      const { source, id } = waiting.correction;
      return { contract, targetSource, targetId, source, id, correction: JSON.stringify(rest) };
    }),
    waitingRemoved: outcome.waitingRemoved,
    states: [
      ...[...outcome.states.values()].map(({ contract, key, state, nextInstant }) => ({
        contract,
        key,
        packed: packState(state),
        nextInstant,
      })),
      ...[...outcome.kept.values()].map((row) => ({ ...row, nextInstant: null })),
    ],
    verdicts: [...verdicts.values()],
    decisions,
    quarantine,
    outbox,
    contracts: [...outcome.contracts].map(contractRow),
    published: outcome.published.map(({ contract, version }) => ({
      contract,
      version: version.version,
      hash: version.hash,
      calendars: version.calendars,
      fromInstant: version.from,
    })),
    counts: [...outcome.figures.values()].flatMap(({ sum, ...change }) =>
      change.good === 0 && change.items === 0 && change.undecided === 0 && sum.isZero()
        ? []
        : [{ ...change, sum: sum.toString() }],
    ),
    periods: [...outcome.periods.values()].map(({ contract, recorded }) => ({ contract, ...recorded })),
  };
}

/** Decisions of every kind, those of each contract by their numbers. */
function inOrder({
  decisions,
  standards,
  followed,
}: JudgeOutcome): readonly (Decision | StandardDecision | FollowingDecision)[] {
  if (standards.length + followed.length === 0) return decisions;
  return [...decisions, ...standards, ...followed].sort(
    (a, b) => compareCodePoints(a.contract, b.contract) || a.number - b.number,
  );
}

/** The data of a decision's message: the record of `evaluate` and what numbers it. What is undefined is left out of its JSON. */
function decisionRecord(session: PartitionSession, decision: Decision, recordedText: string): object {
  const { verdict, cause } = decision;
  return Object.assign(toRecord(verdict, decision.revision), {
    id: verdictId(verdict),
    generation: session.generation,
    number: decision.number,
    supersedes: decision.supersedes,
    effectiveAt: formatInstant(decision.effectiveAt),
    decidedAt: recordedText,
    cause: cause.kind === 'deadline' ? { kind: 'deadline', at: formatInstant(cause.at) } : cause,
    warning: decision.warning,
    backfill: decision.backfill,
  });
}

function decisionRow(session: PartitionSession, decision: Decision, record: string): DecisionRow {
  const { verdict } = decision;
  return {
    contract: decision.contract,
    number: decision.number,
    generation: session.generation,
    type: decision.type,
    obligation: verdict.obligation,
    clause: verdict.clause,
    party: verdict.party,
    subject: verdict.subject,
    instance: verdict.instance,
    state: verdict.state,
    revision: decision.revision,
    supersedes: decision.supersedes,
    effectiveAt: decision.effectiveAt,
    record,
  };
}

function verdictRow(session: PartitionSession, decision: Decision): VerdictRow {
  const { verdict } = decision;
  return {
    contract: verdict.contract,
    obligation: verdict.obligation,
    subject: verdict.subject,
    instance: verdict.instance,
    clause: verdict.clause,
    party: verdict.party,
    state: verdict.state,
    startedAt: verdict.startedAt,
    dueAt: verdict.dueAt,
    stoppedAt: verdict.stoppedAt,
    stateKey: `${kindOf(session, verdict)}/${verdict.subject}`,
    revision: decision.revision,
    number: decision.number,
    effectiveAt: decision.effectiveAt,
    dimensions: JSON.stringify(verdict.dimensions),
  };
}

function kindOf(session: PartitionSession, verdict: Pick<Verdict, 'contract' | 'obligation'>): string {
  const versions = session.judge.contracts.get(verdict.contract)?.versions ?? [];
  for (const version of versions) {
    const kind = kindOfRule(version, verdict.obligation);
    if (kind !== undefined) return kind;
  }
  throw new Error(`contract ${verdict.contract} has no rule '${verdict.obligation}'`);
}

function message(topic: string, event: Parameters<typeof toRecordBinary>[0]): OutboxRow {
  const { key, value, headers } = toRecordBinary(event);
  return { topic, key, partition: null, headers, value };
}

type AlertKind = 'warning' | 'breach' | 'revision' | 'withdrawal' | 'resolved' | 'faulted';

const alertKinds: Partial<Record<Decision['type'], AlertKind>> = {
  'compliance.deadline.warned': 'warning',
  'compliance.breach.declared': 'breach',
  'compliance.breach.reinstated': 'breach',
  'compliance.breach.revised': 'revision',
  'compliance.breach.withdrawn': 'withdrawal',
  'compliance.verdict.faulted': 'faulted',
};

/** One record per change of an incident. History that is summarised makes none. */
function alertMessage(
  session: PartitionSession,
  decision: Decision,
  record: object,
  recordedAt: number,
): OutboxRow | undefined {
  const kind = alertKinds[decision.type] ?? endOf(decision);
  if (kind === undefined || decision.backfill?.alerts === 'summary') return undefined;
  const clock = session.judge.contracts.get(decision.contract)?.clock ?? recordedAt;
  const stale = decision.backfill === undefined && kind !== 'warning' && clock - decision.effectiveAt > STALE_MILLIS;
  const { verdict } = decision;
  return message(TOPICS.alerts, {
    id: `${decision.contract}/${session.generation}/${decision.number}/${kind}`,
    source: MONITOR_SOURCE,
    type: `compliance.alert.${kind}`,
    subject: verdictId(verdict),
    time: recordedAt,
    contractid: decision.contract,
    data: {
      incident: verdictId(verdict),
      change: decision.number,
      kind,
      contract: decision.contract,
      contractVersion: verdict.because.version,
      contractHash: verdict.because.contractHash,
      generation: session.generation,
      number: decision.number,
      mode: stale ? 'summary' : 'each',
      ...(decision.backfill === undefined ? {} : { import: decision.backfill.import }),
      decidedAt: formatInstant(recordedAt),
      effectiveAt: formatInstant(decision.effectiveAt),
      ...(decision.warning === undefined ? {} : { warning: decision.warning }),
      verdict: record,
    },
  });
}

/** An instance that was in breach and is gone takes its incident with it; one that was warned of and ends in time ends it. */
function endOf({ type, endsBreach, endsWarning }: Decision): AlertKind | undefined {
  if (type === 'compliance.verdict.withdrawn' && endsBreach === true) return 'withdrawal';
  return endsWarning === true ? 'resolved' : undefined;
}

function summaryMessage(session: PartitionSession, summary: ImportSummary, recordedAt: number): OutboxRow {
  const memory = session.judge.contracts.get(summary.contract);
  const law = memory?.versions?.[memory.versions.length - 1];
  const { import: done } = summary;
  return message(TOPICS.alerts, {
    id: `${summary.contract}/${session.generation}/import/${done.id}`,
    source: MONITOR_SOURCE,
    type: 'compliance.alert.import-summary',
    subject: summary.contract,
    time: recordedAt,
    contractid: summary.contract,
    data: {
      incident: `${summary.contract}/import/${done.id}`,
      change: memory?.lastNumber ?? 0,
      kind: 'import-summary',
      contract: summary.contract,
      contractVersion: law?.version ?? 0,
      contractHash: law?.hash ?? '',
      generation: session.generation,
      number: memory?.lastNumber ?? 0,
      mode: 'each',
      import: done.id,
      decidedAt: formatInstant(recordedAt),
      effectiveAt: formatInstant(summary.completedAt),
      verdict: null,
      summary: {
        import: done.id,
        from: done.from === null ? null : formatInstant(done.from),
        to: done.to === null ? null : formatInstant(done.to),
        decisions: done.decisions,
        breaches: Object.entries(done.breaches)
          .filter(([, count]) => count > 0)
          .map(([name, count]) => {
            const slash = name.lastIndexOf('/');
            return { obligation: name.slice(0, slash), party: name.slice(slash + 1), count };
          }),
        open: memory?.deadlines.size ?? 0,
      },
    },
  });
}

/** A feed that fell silent or is heard again is an incident of its own, begun by the last sign before the silence. */
function feedMessage(session: PartitionSession, change: FeedChange, recordedAt: number): OutboxRow {
  const { contract, feed, silent, since, at } = change;
  const memory = session.judge.contracts.get(contract);
  const law = memory?.versions?.[memory.versions.length - 1];
  const incident = `${contract}/feed/${feed.kind}/${feed.name}/${formatInstant(since)}`;
  const state = silent ? 'silent' : 'heard';
  return message(TOPICS.alerts, {
    id: `${incident}/${session.generation}/${state}`,
    source: MONITOR_SOURCE,
    type: 'compliance.alert.feed.silent',
    subject: contract,
    time: recordedAt,
    contractid: contract,
    data: {
      incident,
      change: silent ? 1 : 2,
      kind: 'feed.silent',
      contract,
      contractVersion: law?.version ?? 0,
      contractHash: law?.hash ?? '',
      generation: session.generation,
      number: memory?.lastNumber ?? 0,
      mode: 'each',
      decidedAt: formatInstant(recordedAt),
      effectiveAt: formatInstant(silent ? since : at),
      verdict: null,
      feed: {
        kind: feed.kind,
        name: feed.name,
        state,
        lastSign: formatInstant(since),
        noticedAt: formatInstant(at),
        limit: formatDuration(feed.limitMillis),
      },
    },
  });
}

function quarantineRow(one: JudgeOutcome['refused'][number], record: LogRecord | undefined): QuarantineRow {
  const { refusal, offset, raw } = one;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw?.headers ?? record?.headers ?? {}))
    headers[name] = String(value).replaceAll('\0', '\uFFFD');
  return {
    contract: refusal.contract,
    source: refusal.source,
    id: refusal.id,
    reason: refusal.reason,
    detail: refusal.detail.replaceAll('\0', '\uFFFD'),
    offset,
    appendedAt: record?.appendedAt ?? 0,
    headers: JSON.stringify(headers),
    key: raw === undefined ? (record?.key ?? null) : fromBase64(raw.key),
    value: raw === undefined ? (record?.value ?? null) : fromBase64(raw.value),
  };
}

function fromBase64(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, 'base64');
}

/** The raw record goes along as base64: nothing that could not be read is lost. Large ones stay in the database alone. */
function quarantineMessage(session: PartitionSession, row: QuarantineRow, recordedAt: number): OutboxRow {
  const fits = (row.value?.length ?? 0) <= 512 * 1024;
  return message(TOPICS.quarantine, {
    id: `${session.topic}/${session.partition}/${row.offset}`,
    source: MONITOR_SOURCE,
    type: 'compliance.record.quarantined',
    time: recordedAt,
    contractid: row.contract ?? undefined,
    data: {
      reason: row.reason,
      detail: row.detail,
      id: row.id,
      source: row.source,
      topic: session.topic,
      partition: session.partition,
      offset: row.offset,
      key: row.key?.toString('base64') ?? null,
      value: fits ? (row.value?.toString('base64') ?? null) : null,
    },
  });
}

/** A stray on its way home: stamped with when it first reached us, marked so that it is sent only once. */
export function strayRecord(stray: Stray, topic: string, stampKey: Buffer): OutboxRow {
  const { event, contract, appendedAt } = stray;
  const hash = contentHash({ type: event.type, subject: event.subject, time: event.time, data: event.data });
  const stampsig = signStamp(stampKey, { contract, source: event.source, id: event.id, contentHash: hash, appendedAt });
  return message(topic, {
    ...event,
    contractid: contract,
    extensions: {
      ...event.extensions,
      [reservedExtensions.appendedTime]: formatInstant(appendedAt),
      [reservedExtensions.stampSignature]: stampsig,
      [REKEYED_EXTENSION]: '1',
    },
  });
}
