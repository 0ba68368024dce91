import { feedStates, type ContractMemory, type Decision, type JudgeOutcome } from '#libs/evaluation';
import type { Metrics } from '#libs/telemetry';
import type { SavedBatch } from './announce.js';
import type { PartitionSession } from './partition-session.js';
import { isOutdated, showStandards } from './standard-metrics.js';

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
  for (const { type, contract, rule, party } of outcome.followed)
    metrics.decisions.inc({ contract, rule, party, kind: type.replace(/^compliance\./, '') });
  for (const { type, contract, standard } of outcome.standards) {
    const kind = type.replace(/^compliance\./, '');
    metrics.decisions.inc({ contract, rule: standard.standard, party: standard.party, kind });
  }
  for (const { contract, obligation, change } of outcome.openClocks.values()) {
    if (change !== 0) metrics.openClocks.inc({ contract, rule: obligation }, change);
  }
  for (const { id, clock } of outcome.contracts) {
    if (clock !== null) metrics.contractClock.set({ contract: id }, clock / 1_000);
  }
  for (const contract of watchedAnew(outcome)) showFeeds(contract, metrics);
  const counted = new Set([...outcome.figures.values()].map(({ contract }) => contract));
  for (const contract of outcome.contracts) {
    if (counted.has(contract.id) || isOutdated(contract)) showStandards(contract, metrics);
  }
  const last = new Map(outcome.facts.map(({ fact }) => [`${fact.contract}\n${fact.source}`, fact]));
  for (const { contract, source, appendedAt } of last.values()) {
    metrics.sourceLastEvent.set({ contract, source }, appendedAt / 1_000);
  }
  metrics.partitionLastProgress.set({ partition: session.partition }, recordedAt / 1_000);
}

/** What is to be seen of a contract from the takeover on, also where nothing comes and its clock stands still. */
export function showContract(contract: ContractMemory, metrics: Metrics): void {
  const { id, clock } = contract;
  if (clock !== null) metrics.contractClock.set({ contract: id }, clock / 1_000);
  showFeeds(contract, metrics);
  showStandards(contract, metrics);
}

function showFeeds(contract: ContractMemory, metrics: Metrics): void {
  for (const { name, silent } of feedStates(contract)) {
    metrics.feedSilent.set({ contract: contract.id, feed: name }, silent ? 1 : 0);
  }
}

/** Contracts whose feeds have changed, or are others than before. */
function watchedAnew({ contracts, feeds, published }: JudgeOutcome): ContractMemory[] {
  const changed = new Set([...feeds, ...published].map(({ contract }) => contract));
  return changed.size === 0 ? [] : [...contracts].filter(({ id }) => changed.has(id));
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
