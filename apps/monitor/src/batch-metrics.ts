import type { Decision } from '#libs/evaluation';
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
  countDecisions(outcome.decisions, recordedAt, metrics);
  for (const { contract, obligation, change } of outcome.openClocks.values()) {
    if (change !== 0) metrics.openClocks.inc({ contract, rule: obligation }, change);
  }
  for (const { id, clock } of outcome.contracts) {
    if (clock !== null) metrics.contractClock.set({ contract: id }, clock / 1_000);
  }
  const last = new Map(outcome.facts.map(({ fact }) => [`${fact.contract}\n${fact.source}`, fact]));
  for (const { contract, source, appendedAt } of last.values()) {
    metrics.sourceLastEvent.set({ contract, source }, appendedAt / 1_000);
  }
  metrics.partitionLastProgress.set({ partition: session.partition }, recordedAt / 1_000);
}

/** Counted by label first: setting a counter costs more than judging a fact. */
function countDecisions(decisions: readonly Decision[], recordedAt: number, metrics: Metrics): void {
  const counts = new Map<string, { readonly decision: Decision; count: number }>();
  for (const decision of decisions) {
    const { type, verdict, cause, backfill, contract } = decision;
    const labels = `${contract}\n${verdict.obligation}\n${verdict.party}\n${type}`;
    const known = counts.get(labels);
    if (known === undefined) counts.set(labels, { decision, count: 1 });
    else known.count += 1;
    const fired = cause.kind === 'deadline' && backfill === undefined && type === 'compliance.breach.declared';
    if (fired) metrics.decisionLag.observe(Math.max(0, recordedAt - cause.at) / 1_000);
  }
  for (const { decision, count } of counts.values()) {
    const { type, verdict, contract } = decision;
    const kind = type.replace(/^compliance\./, '');
    metrics.decisions.inc({ contract, rule: verdict.obligation, party: verdict.party, kind }, count);
  }
}
