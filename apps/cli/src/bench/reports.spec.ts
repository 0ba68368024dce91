import { reportDeadlines } from './bench-deadlines.js';
import { reportEvaluate } from './bench-evaluate.js';
import { reportShape } from './bench-shape.js';

const machine = { processors: 2, loadBefore: 1.006 };

describe('the reports of benchmarks', () => {
  it('deadlines: the storm with the smallest ratio stands on top', () => {
    const storm = {
      case: 'one contract',
      contracts: 1,
      deadlines: 1_000,
      decidedAfterMillis: 500,
      floorMillis: 250,
      ratio: 0.5,
      deadlinesPerSecond: 2_000,
      toldAfterMillis: 40,
      processorMicrosPerDeadline: 200,
    };
    const timers = { bytesPerDeadline: 68.4, setMicros: 1, moveMicros: 1, takeMicros: 2, takeEqualMicros: 3 };
    const report = reportDeadlines(
      {
        timers: { deadlines: 1_000, product: timers, floor: { ...timers, bytesPerDeadline: 160.2 } },
        storms: [storm, { ...storm, case: '16 contracts', contracts: 16, floorMillis: 100, ratio: 0.2 }],
        takeover: {
          deadlines: 1_000,
          takenAfterMillis: 20,
          floorMillis: 10,
          ratio: 0.5,
          peakBytes: { product: 2e8, floor: 1e8 },
          firstCommitAfterMillis: { product: 3_000, withOne: 2_500 },
        },
      },
      machine,
    );
    expect(report.json).toMatchObject({
      benchmark: 'deadlines',
      deadlinesPerSecond: 2_000,
      floorDeadlinesPerSecond: 10_000,
      ratio: 0.2,
      machine: { processors: 2, loadBefore: 1.01 },
    });
    expect(report.text).toMatch(/bytes each, with the key +68 +160\n/);
    expect(report.text).toMatch(/16 contracts +1,000 +500 ms +100 ms +0\.200/);
  });

  it('shape: each row is compared with the first of its kind', () => {
    const point = {
      case: '10,000 open',
      openCases: 10_000,
      rules: { own: 20, others: 0 },
      events: 100,
      eventsPerSecond: 4_000,
      decisionsPerEvent: 1,
      processorMicrosPerEvent: { product: 200, postgres: null },
    };
    const report = reportShape(
      [
        point,
        { ...point, case: '100,000 open', eventsPerSecond: 3_000 },
        { ...point, case: 'rules: 1', eventsPerSecond: 5_000 },
        { ...point, case: 'rules: 4', eventsPerSecond: 2_500 },
      ],
      machine,
    );
    expect(report.json).toMatchObject({
      benchmark: 'shape',
      eventsPerSecond: 2_500,
      floorEventsPerSecond: 5_000,
      ratio: 0.5,
      cases: [{ ratio: 1 }, { ratio: 0.75 }, { ratio: 1 }, { ratio: 0.5 }],
    });
  });

  it('evaluate: the sample contract stands on top, what grows beside it', () => {
    const point = { facts: 10, verdicts: 5, factsPerSecond: 100_000, floorFactsPerSecond: 400_000, ratio: 0.25 };
    const report = reportEvaluate(
      [
        { ...point, case: 'sample contract' },
        { ...point, case: '16 rules', ratio: 0.1 },
      ],
      machine,
    );
    expect(report.json).toMatchObject({ factsPerSecond: 100_000, floorFactsPerSecond: 400_000, ratio: 0.25 });
    expect(report.json).toMatchObject({ cases: [{ ratio: 0.25 }], growth: [{ case: '16 rules', ratio: 0.1 }] });
    expect(report.text).toMatch(/sample contract +10 +5 +100,000\/s +400,000\/s +0\.250 +10\.0/);
  });
});
