import { formatInstant } from '#libs/calendar';
import type { LogRecord } from '#libs/bus';
import {
  compareCodePoints,
  packState,
  verdictId,
  type Decision,
  type FollowingDecision,
  type JudgeOutcome,
  type StandardDecision,
} from '#libs/evaluation';
import type { DecisionRow, OutboxRow, PartitionSave, VerdictRow } from '#libs/store';
import { decisionMessage } from './decision-message.js';
import { feedAlert } from './feed-alert.js';
import { importAlert } from './import-alert.js';
import { noticeAlert } from './notice-alerts.js';
import { contractRow, type PartitionSession } from './partition-session.js';
import { quarantineMessage, quarantineRow } from './quarantine-rows.js';
import { standardAlert, standardRow } from './standard-rows.js';
import { followingRow, statementAlert } from './statement-rows.js';
import { decisionRow, verdictAlert, verdictRecord, verdictRow } from './verdict-rows.js';

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
  // Behind all decisions: those that follow each other are one row of the outbox.
  const alerts: OutboxRow[] = [];
  const verdicts = new Map<string, VerdictRow>();
  for (const decision of inOrder(outcome)) {
    if ('standard' in decision) {
      const row = standardRow(session, decision, recordedText);
      decisions.push(row);
      outbox.push(decisionMessage(row, recordedAt, recordedText));
      const alert = standardAlert(session, decision, row.record, recordedAt);
      if (alert !== undefined) alerts.push(alert);
      continue;
    }
    if ('rule' in decision) {
      const row = followingRow(session, decision, recordedText);
      decisions.push(row);
      outbox.push(decisionMessage(row, recordedAt, recordedText));
      const alert = statementAlert(session, decision, row, recordedAt);
      if (alert !== undefined) alerts.push(alert);
      continue;
    }
    const record = verdictRecord(session, decision, recordedText);
    const row = decisionRow(session, decision, JSON.stringify(record));
    decisions.push(row);
    outbox.push(decisionMessage(row, recordedAt, recordedText));
    const alert = verdictAlert(session, decision, record, recordedAt);
    if (alert !== undefined) alerts.push(alert);
    if (decision.type !== 'compliance.deadline.warned')
      verdicts.set(verdictId(decision.verdict), verdictRow(session, decision));
  }
  for (const alert of alerts) outbox.push(alert);
  for (const summary of outcome.summaries) outbox.push(importAlert(session, summary, recordedAt));
  for (const change of outcome.feeds) outbox.push(feedAlert(session, change, recordedAt));
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
