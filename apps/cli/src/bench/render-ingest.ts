import { renderTable } from '../render-table.js';
import type { IngestFigures } from './measure-ingest.js';
import type { LagFigures } from './measure-lag.js';
import type { RushFigures } from './measure-rush.js';
import { count, describeMachine, round, roundAll, type Machine, type Report } from './report.js';

export interface IngestReport {
  readonly cases: readonly IngestFigures[];
  readonly decisionLag: LagFigures | null;
  readonly rush: RushFigures | null;
  readonly machine: Machine;
}

export function reportIngest(report: IngestReport): Report {
  return { json: toJson(report), text: toText(report) };
}

/** The object of `--format json`; its top-level figures are those of the case with the smallest ratio. */
export function toJson({ cases, decisionLag, rush, machine }: IngestReport): object {
  const rounded = cases.map((one) => ({
    ...one,
    eventsPerSecond: Math.round(one.eventsPerSecond),
    floorEventsPerSecond: Math.round(one.floorEventsPerSecond),
    ratio: round(one.ratio, 3),
    factsOnlyEventsPerSecond: Math.round(one.factsOnlyEventsPerSecond),
    factsOnlyRatio: round(one.factsOnlyRatio, 3),
    relayedAfterMillis: Math.round(one.relayedAfterMillis),
    processorMicrosPerEvent: {
      product: micros(one.processorMicrosPerEvent.product),
      floor: micros(one.processorMicrosPerEvent.floor),
    },
    busy: { product: shares(one.busy.product), floor: shares(one.busy.floor) },
  }));
  const worst = rounded.reduce((least, one) => (one.ratio < least.ratio ? one : least));
  return {
    benchmark: 'ingest',
    eventsPerSecond: worst.eventsPerSecond,
    floorEventsPerSecond: worst.floorEventsPerSecond,
    ratio: worst.ratio,
    cases: rounded,
    decisionLag:
      decisionLag === null
        ? null
        : {
            ...decisionLag,
            p50: round(decisionLag.p50, 1),
            p99: round(decisionLag.p99, 1),
            max: round(decisionLag.max, 1),
          },
    rush: roundAll(rush, 0),
    machine: roundAll(machine, 2),
  };
}

export function toText({ cases, decisionLag, rush, machine }: IngestReport): string {
  const columns = [
    'case',
    'events',
    'product',
    'floor',
    'ratio',
    'facts alone',
    'ratio to that',
    'decisions',
    'messages out after',
  ];
  const rows = cases.map((one) => [
    one.case,
    count(one.events),
    `${count(one.eventsPerSecond)}/s`,
    `${count(one.floorEventsPerSecond)}/s`,
    one.ratio.toFixed(3),
    `${count(one.factsOnlyEventsPerSecond)}/s`,
    one.factsOnlyRatio.toFixed(3),
    count(one.decisions),
    `${Math.round(one.relayedAfterMillis)} ms`,
  ]);
  const lag =
    decisionLag === null
      ? ''
      : `\nDecision lag (${count(decisionLag.breaches)} breaches in ${decisionLag.contracts} contracts, ${decisionLag.eventsPerSecond} events a second): p50 ${decisionLag.p50.toFixed(1)} ms, p99 ${decisionLag.p99.toFixed(1)} ms, longest ${decisionLag.max.toFixed(1)} ms.\n`;
  const caughtUp =
    rush === null
      ? ''
      : `\n${count(rush.events)} events at once (${rush.contracts} contracts, appended in ${count(rush.appendedAfterMillis)} ms): all decided after ${count(rush.decidedAfterMillis)} ms, all messages out after ${count(rush.toldAfterMillis)} ms.\n`;
  const where = cases.map((one) => `${one.case}: ${whereTimeGoes(one)}\n`).join('');
  return `${renderTable(columns, rows)}${lag}${caughtUp}\nWhere the time goes\n${where}\nFloor: kafkajs, then one statement per batch that inserts as arrays what the product has stored for the same records (facts, ids, states, verdicts, decisions) and moves the cursor; no rules, no counters, no messages. Facts alone: of these only the facts. All: the same records, batches of at most 1,000, synchronous_commit = on.\n${describeMachine(machine)}\n`;
}

function micros(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}

/** From this share of a processor on, a process with one thread is what everything waits for. */
const BUSY = 0.85;

/** One sentence, from how busy each part was. */
export function whereTimeGoes({
  busy: { product },
  processorMicrosPerEvent: each,
}: Pick<IngestFigures, 'busy' | 'processorMicrosPerEvent'>): string {
  if (product === null || each.product === null) return 'this system does not tell how busy its processes are.';
  const { process = 0, postgres, kafka } = product;
  const parts = [
    `the monitor used ${micros(each.product)} µs of processor time per event (the floor ${micros(each.floor) ?? 'unknown'} µs)`,
    `and ${percent(process)} of a processor`,
    ...(postgres === undefined ? [] : [`PostgreSQL ${percent(postgres)}`]),
    ...(kafka === undefined ? [] : [`Kafka ${percent(kafka)}`]),
  ].join(', ');
  return process >= BUSY
    ? `${parts}: its one thread is the limit.`
    : `${parts}: the rest of the time it waited, for the servers or for a processor.`;
}

function shares(busy: Readonly<Record<string, number>> | null) {
  return busy === null
    ? null
    : Object.fromEntries(Object.entries(busy).map(([name, share]) => [name, round(share, 2)]));
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
