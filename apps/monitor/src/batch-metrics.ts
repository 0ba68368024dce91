import type { Metrics } from '#libs/telemetry';
import type { SavedBatch } from './announce.js';
import type { PartitionSession } from './partition-session.js';

/** Counts what a save has made true, and only that: a batch that was rolled back leaves no trace here. */
export function countBatch(session: PartitionSession, saved: SavedBatch, metrics: Metrics): void {
  const { outcome, records, recordedAt, strays } = saved;
  const { counts } = outcome;
  const results = {
    accepted: counts.accepted,
    duplicate: counts.duplicate,
    quarantined: counts.refused,
    rekeyed: strays,
  };
  for (const [result, count] of Object.entries(results)) if (count > 0) metrics.eventsProcessed.inc({ result }, count);
  if (strays > 0) metrics.eventsRekeyed.inc(strays);
  for (const { refusal } of outcome.refused) metrics.quarantined.inc({ reason: refusal.reason });
  for (const { appendedAt } of records) metrics.commitLag.observe(Math.max(0, recordedAt - appendedAt) / 1_000);
  for (const { type, verdict, cause, backfill, contract } of outcome.decisions) {
    const kind = type.replace(/^compliance\./, '');
    metrics.decisions.inc({ contract, rule: verdict.obligation, party: verdict.party, kind });
    const fired = cause.kind === 'deadline' && backfill === undefined && type === 'compliance.breach.declared';
    if (fired) metrics.decisionLag.observe(Math.max(0, recordedAt - cause.at) / 1_000);
  }
  for (const { contract, obligation, change } of outcome.openClocks.values()) {
    if (change !== 0) metrics.openClocks.inc({ contract, rule: obligation }, change);
  }
  for (const { id, clock } of outcome.contracts) {
    if (clock !== null) metrics.contractClock.set({ contract: id }, clock / 1_000);
  }
  for (const { fact } of outcome.facts) {
    metrics.sourceLastEvent.set({ contract: fact.contract, source: fact.source }, fact.appendedAt / 1_000);
  }
  metrics.partitionLastProgress.set({ partition: session.partition }, recordedAt / 1_000);
}
