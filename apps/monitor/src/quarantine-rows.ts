import { TOPICS, type LogRecord } from '#libs/bus';
import type { JudgeOutcome } from '#libs/evaluation';
import type { OutboxRow, QuarantineRow } from '#libs/store';
import { MONITOR_SOURCE } from './decision-message.js';
import type { PartitionSession } from './partition-session.js';
import { toOutbox } from './to-outbox.js';

/** Larger values stay in the database alone. */
const MOST_TOLD_BYTES = 512 * 1024;

/** A record that could not be judged, as it came, and why. */
export function quarantineRow(one: JudgeOutcome['refused'][number], record: LogRecord | undefined): QuarantineRow {
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

/** The raw record goes along as base64: nothing that could not be read is lost. */
export function quarantineMessage(session: PartitionSession, row: QuarantineRow, recordedAt: number): OutboxRow {
  const fits = (row.value?.length ?? 0) <= MOST_TOLD_BYTES;
  return toOutbox(TOPICS.quarantine, {
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
