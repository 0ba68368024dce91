import { createMetrics, type Metrics } from '#libs/telemetry';
import { parseEvent } from '#libs/events';
import type { JudgeItem } from '#libs/evaluation';
import type { PartitionSave } from '#libs/store';
import { aSession } from '../test/a-session.js';
import { aFactItem, judged } from '../test/judged.js';
import { labContract } from '../test/lab-contract.js';
import { countBatch, showContract } from './batch-metrics.js';
import type { PartitionSession } from './partition-session.js';
import { toSave } from './to-save.js';

const MINUTE = 60_000;
const T = Date.parse('2026-03-02T02:00:00Z');
const END = Date.parse('2026-12-31T16:00:00Z');
const lab = labContract('LAB-1', {
  rules: `standards:
  in-time:
    clauses: ['1']
    party: provider
    every: year
    measure: { figure: share-met, instancesOf: answer, placedBy: start, cancelled: excluded, undecided: leave-out }
    target: at least 75%
  answers:
    clauses: ['1']
    party: provider
    every: year
    measure: { figure: count, of: sample.answered }
    target: at least 1
`,
});

let session: PartitionSession;
beforeEach(() => {
  session = aSession([lab], { generation: 3 });
});

const received = (subject: string): JudgeItem => aFactItem({ subject, time: T });
const answered = (subject: string, after: number): JudgeItem =>
  aFactItem({ type: 'sample.answered', subject, time: T + after });
const tick = (at: number): JudgeItem => ({ kind: 'tick', at, offset: 0 });
const withdrawn = (id: string, at: number): JudgeItem =>
  aFactItem({ type: 'note.mended', id: `mend ${id}`, time: at, data: { corrects: id, action: 'withdraw' } });

/** One of two in time: the year is missed. */
const HALF = [received('S-1'), received('S-2'), answered('S-1', MINUTE), answered('S-2', 40 * MINUTE)];

function save(items: readonly JudgeItem[]): PartitionSave {
  const recordedAt = END + 10 * MINUTE;
  const given = { records: new Map(), strays: [], recordedAt, toOffset: 50, toSlice: 0, last: null };
  return toSave(session, judged(session, items), given);
}

function alertsOf(row: PartitionSave): Record<string, unknown>[] {
  return row.outbox
    .filter(({ topic }) => topic === 'compliance.alerts')
    .map(({ headers, value }) => {
      const parsed = parseEvent({ headers, value: Buffer.from(value) });
      if (!parsed.ok) throw new Error(parsed.refusal.detail);
      return parsed.event.data;
    });
}

describe('what is saved of a standard', () => {
  it('is a decision about the period in the row of all decisions, with what stands now, and one alert where it is missed', () => {
    save(HALF);
    const row = save([tick(END + 1)]);
    const number = session.judge.contracts.get('LAB-1')!.lastNumber;
    const decision = row.decisions.find(({ obligation }) => obligation === 'in-time');
    expect(decision).toMatchObject({
      type: 'compliance.standard.missed',
      subject: '2026',
      instance: 0,
      clause: '1',
      party: 'provider',
      state: 'missed',
      revision: 1,
      supersedes: null,
      effectiveAt: END,
      number,
    });
    const [alert, ...others] = alertsOf(row);
    expect(JSON.parse(decision!.record)).toMatchObject({
      kind: 'standard',
      id: 'LAB-1/in-time/2026',
      generation: 3,
      number,
      numerator: '1',
      denominator: '2',
      value: '0.5000',
      cause: { kind: 'deadline', at: '2026-12-31T16:00:00Z' },
    });
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      incident: 'LAB-1/in-time/2026',
      kind: 'standard.missed',
      mode: 'each',
      verdict: null,
    });
    expect(alert?.['standard']).toEqual(JSON.parse(decision!.record));
    const told = row.outbox.find(({ decisionNumber }) => decisionNumber === number);
    expect(told).toMatchObject({ topic: 'compliance.decisions', headers: { ce_subject: 'LAB-1/in-time/2026' } });
    expect(row.periods).toContainEqual(
      expect.objectContaining({ contract: 'LAB-1', standard: 'in-time', period: '2026', state: 'missed', number }),
    );
  });

  it('is a revision where it changes after the close, and takes the alert back where it was not missed after all', () => {
    save([...HALF, tick(END + 1)]);
    const row = save([withdrawn('sample.received S-2', END + MINUTE)]);
    const decision = row.decisions.find(({ obligation }) => obligation === 'in-time');
    expect(decision).toMatchObject({ type: 'compliance.standard.revised', state: 'met', revision: 2 });
    expect(decision!.supersedes).toBeGreaterThan(0);
    const alerts = alertsOf(row).filter(({ incident }) => incident === 'LAB-1/in-time/2026');
    expect(alerts).toMatchObject([{ kind: 'withdrawal', change: decision!.number, standard: { state: 'met' } }]);
  });

  it('goes out within a summary where the close is made up for long after, and not at all in a summarised import', () => {
    save(HALF);
    const late = alertsOf(save([tick(END + 25 * 60 * MINUTE)]));
    expect(late.map(({ kind, mode }) => [kind, mode])).toEqual([['standard.missed', 'summary']]);
    session = aSession([lab]);
    const begun = { kind: 'import-begun', contract: 'LAB-1', importId: 'I', at: T, offset: 0 } as const;
    const history = [...HALF, aFactItem({ subject: 'S-3', time: END + MINUTE })].map((item): JudgeItem =>
      item.kind === 'fact' ? { ...item, stamped: true, importId: 'I' } : item,
    );
    const row = save([{ ...begun, alerts: 'summary' }, ...history]);
    expect(row.decisions.map(({ type }) => type)).toContain('compliance.standard.missed');
    expect(alertsOf(row)).toEqual([]);
  });

  it('are counters by the minute that places what they count: what has changed and nothing else', () => {
    const counts = save(HALF).counts!.map(({ standard, minute, good, items }) => [standard, minute, good, items]);
    expect(counts).toEqual([
      ['in-time', T, 1, 2],
      ['answers', T + MINUTE, 1, 1],
      ['answers', T + 40 * MINUTE, 1, 1],
    ]);
    expect(save([aFactItem({ type: 'finding.made', subject: 'F-1', time: T + 50 * MINUTE })]).counts).toEqual([]);
  });
});

describe('gauges of the current period', () => {
  let metrics: Metrics;
  beforeEach(() => {
    metrics = createMetrics({ node: false });
  });

  async function gauges(standard: string): Promise<string[]> {
    const text = await metrics.registry.metrics();
    return text
      .split('\n')
      .filter((line) => line.includes(`standard="${standard}"`) && !line.includes('decisions_total'))
      .map((line) => line.replace(/^pactwatch_/, '').replace(/\{.*\}/, ''));
  }

  function judge(items: readonly JudgeItem[]): void {
    const outcome = judged(session, items);
    const row = {} as Parameters<typeof countBatch>[1]['row'];
    countBatch(session, { outcome, row, records: [], recordedAt: T, firstOutbox: 1, strays: 0 }, metrics);
  }

  it('show value, target and sample, and of a share the misses, those allowed and what is left', async () => {
    judge(HALF);
    expect(await gauges('in-time')).toEqual([
      'standard_value 0.5',
      'standard_target 0.75',
      'standard_sample 2',
      'standard_misses 1',
      'standard_misses_allowed 0.5',
      `standard_period_begin_timestamp_seconds ${Date.parse('2025-12-31T16:00:00Z') / 1_000}`,
      `standard_period_end_timestamp_seconds ${END / 1_000}`,
      'budget_remaining_ratio -1',
    ]);
    expect(await gauges('answers')).toContain('standard_value 2');
    expect((await gauges('answers')).join()).not.toContain('budget');
  });

  it('pass on to the next period with the clock, and are there from the takeover on', async () => {
    judge(HALF);
    judge([tick(END + 1)]);
    expect(await gauges('in-time')).not.toContain('standard_value 0.5');
    expect(await gauges('in-time')).toContain('standard_sample 0');
    const taken = createMetrics({ node: false });
    showContract(session.judge.contracts.get('LAB-1')!, taken);
    expect(await taken.registry.metrics()).toContain(
      'pactwatch_standard_target{contract="LAB-1",standard="in-time"} 0.75',
    );
    await metrics.dropContract('LAB-1');
    expect(await gauges('in-time')).toEqual([]);
  });
});
