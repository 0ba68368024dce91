import type { IngestFigures } from './measure-ingest.js';
import { toJson, toText, whereTimeGoes } from './render-ingest.js';

const one: IngestFigures = {
  case: 'one contract',
  contracts: 1,
  events: 60_000,
  eventsPerSecond: 5_000.4,
  floorEventsPerSecond: 20_000,
  ratio: 0.25002,
  factsOnlyEventsPerSecond: 40_000,
  factsOnlyRatio: 0.12501,
  decisions: 70_000,
  relayedAfterMillis: 12.3,
  processorMicrosPerEvent: { product: 187.4, floor: 12.6 },
  busy: { product: { process: 0.974, postgres: 0.5, kafka: 0.1 }, floor: null },
};
const many: IngestFigures = { ...one, case: '64 contracts', contracts: 64, eventsPerSecond: 4_000, ratio: 0.2 };
const report = {
  cases: [one, many],
  decisionLag: { p50: 4.26, p99: 50.04, max: 61, breaches: 2_000, contracts: 8, eventsPerSecond: 100 },
  rush: {
    events: 100_000,
    contracts: 16,
    appendedAfterMillis: 2_000.4,
    decidedAfterMillis: 21_000,
    toldAfterMillis: 22_000,
  },
  machine: { processors: 2, loadBefore: 0.456 },
};

it('puts the case with the smallest ratio on top', () => {
  expect(toJson(report)).toMatchObject({
    benchmark: 'ingest',
    eventsPerSecond: 4_000,
    floorEventsPerSecond: 20_000,
    ratio: 0.2,
    cases: [
      { case: 'one contract', eventsPerSecond: 5_000, ratio: 0.25 },
      { case: '64 contracts', ratio: 0.2 },
    ],
    decisionLag: { p50: 4.3, p99: 50 },
  });
});

it('shows each case in a table, and the lag', () => {
  const text = toText(report);
  expect(text).toMatch(/one contract +60,000 +5,000\/s +20,000\/s +0\.250 +40,000\/s +0\.125/);
  expect(text).toContain('p50 4.3 ms, p99 50.0 ms');
  expect(text).toContain('100,000 events at once (16 contracts, appended in 2,000 ms): all decided after 21,000 ms');
});

const PER_EVENT = 'the monitor used 187 µs of processor time per event (the floor 13 µs)';

it.each<[string, Record<string, number> | null, string]>([
  [
    'a thread that is always busy',
    { process: 0.974, postgres: 0.5, kafka: 0.1 },
    `${PER_EVENT}, and 97 % of a processor, PostgreSQL 50 %, Kafka 10 %: its one thread is the limit.`,
  ],
  [
    'a thread that waits',
    { process: 0.5 },
    `${PER_EVENT}, and 50 % of a processor: the rest of the time it waited, for the servers or for a processor.`,
  ],
  ['a system that does not tell', null, 'this system does not tell how busy its processes are.'],
])('says where the time goes: %s', (_, product, sentence) => {
  expect(whereTimeGoes({ ...one, busy: { product, floor: null } })).toBe(sentence);
});
