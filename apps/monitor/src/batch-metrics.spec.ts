import { createMetrics, type Metrics } from '#libs/telemetry';
import type { JudgeItem } from '#libs/evaluation';
import { aSession } from '../test/a-session.js';
import { aFactItem, judged } from '../test/judged.js';
import { labContract } from '../test/lab-contract.js';
import { anEvent, asRead } from '../test/lab-records.js';
import { countBatch, showContract } from './batch-metrics.js';
import type { PartitionSession } from './partition-session.js';

const T = Date.parse('2026-03-02T02:00:00Z');
const MINUTE = 60_000;

let session: PartitionSession;
let metrics: Metrics;
beforeEach(() => {
  session = aSession([labContract('LAB-1')], { partition: 3 });
  metrics = createMetrics({ node: false });
});

function count(items: readonly JudgeItem[], recordedAt: number, { strays = 0, appendedAt = recordedAt } = {}): void {
  const outcome = judged(session, items);
  const records = items.map((item) => asRead(anEvent({ contract: 'LAB-1', time: T }), { ...item, appendedAt }));
  const row = {} as Parameters<typeof countBatch>[1]['row'];
  countBatch(session, { outcome, row, records, recordedAt, firstOutbox: 1, strays }, metrics);
}

/** The lines of the product's own metrics that say something, without their prefix. */
async function lines(name: string): Promise<string[]> {
  const text = await metrics.registry.metrics();
  const wanted = text.split('\n').filter((line) => line.startsWith(`pactwatch_${name}`));
  return wanted.map((line) => line.slice('pactwatch_'.length));
}

it('counts records by what became of them', async () => {
  const fact = aFactItem({ time: T });
  const refusal = { reason: 'FORGED' as const, detail: '', id: null, source: null, contract: null };
  const refused: JudgeItem = { kind: 'refused', refusal, at: T, live: true, offset: 2 };
  count([fact, fact, refused], T, { strays: 2 });
  expect(await lines('events_')).toEqual([
    'events_processed_total{result="accepted"} 1',
    'events_processed_total{result="duplicate"} 1',
    'events_processed_total{result="quarantined"} 1',
    'events_processed_total{result="rekeyed"} 2',
    'events_rekeyed_total 2',
  ]);
  expect(await lines('quarantined')).toEqual(['quarantined_total{reason="FORGED"} 1']);
});

it('counts decisions and open clocks by contract and rule, never by case', async () => {
  count([aFactItem({ time: T }), aFactItem({ time: T, subject: 'S-2' })], T);
  count([aFactItem({ time: T + MINUTE, type: 'sample.answered' })], T + MINUTE);
  expect(await lines('decisions')).toEqual([
    'decisions_total{contract="LAB-1",rule="answer",party="provider",kind="verdict.opened"} 2',
    'decisions_total{contract="LAB-1",rule="answer",party="provider",kind="verdict.met"} 1',
  ]);
  expect(await lines('open_clocks')).toEqual(['open_clocks{contract="LAB-1",rule="answer"} 1']);
});

it('measures from append to record, never below nothing', async () => {
  count([aFactItem({ time: T })], T + 2_000, { appendedAt: T });
  count([{ kind: 'tick', at: T, offset: 1 }], T, { appendedAt: T + 5_000 });
  expect(await lines('commit_lag_seconds_')).toEqual(
    expect.arrayContaining(['commit_lag_seconds_sum 2', 'commit_lag_seconds_count 2']),
  );
});

describe('the lag of decisions', () => {
  const received = aFactItem({ time: T });
  const due = T + 30 * MINUTE;

  it('is measured from the deadline that fired, for breaches only', async () => {
    count([received, { kind: 'tick', at: due + 50, offset: 1 }], due + 1_500);
    const told = await lines('decision_lag_seconds_');
    expect(told).toEqual(expect.arrayContaining(['decision_lag_seconds_sum 1.5', 'decision_lag_seconds_count 1']));
  });

  it('says nothing of facts that come late, nor of history', async () => {
    count([aFactItem({ time: T, at: due + MINUTE })], due + MINUTE);
    const begun: JudgeItem = {
      kind: 'import-begun',
      contract: 'LAB-1',
      importId: 'i',
      alerts: 'summary',
      at: due + MINUTE,
      offset: 1,
    };
    const done: JudgeItem = {
      kind: 'import-completed',
      contract: 'LAB-1',
      importId: 'i',
      at: due + 9 * MINUTE,
      offset: 3,
    };
    count([begun, aFactItem({ time: T, subject: 'S-2', importId: 'i' }), done], due + 9 * MINUTE);
    expect(
      await lines('decisions_total{contract="LAB-1",rule="answer",party="provider",kind="breach.declared"}'),
    ).toHaveLength(1);
    expect(await lines('decision_lag_seconds_count')).toEqual(['decision_lag_seconds_count 0']);
  });
});

it('shows clocks, sources and progress as instants in seconds', async () => {
  count([aFactItem({ time: T })], T + 1_000);
  expect(await lines('contract_clock')).toEqual([`contract_clock_timestamp_seconds{contract="LAB-1"} ${T / 1_000}`]);
  expect(await lines('source_last')).toEqual([
    `source_last_event_timestamp_seconds{contract="LAB-1",source="/lab"} ${T / 1_000}`,
  ]);
  expect(await lines('partition_last')).toEqual([
    `partition_last_progress_timestamp_seconds{partition="3"} ${T / 1_000 + 1}`,
  ]);
});

it('shows from the takeover on which feeds are silent', async () => {
  session = aSession([labContract('LAB-1', { door: 'crm' })]);
  const memory = session.judge.contracts.get('LAB-1')!;
  showContract(memory, metrics);
  expect(await lines('feed_silent')).toEqual(['feed_silent{contract="LAB-1",feed="crm"} 0']);
  memory.silent.set('door crm', T);
  showContract(memory, metrics);
  expect(await lines('feed_silent')).toEqual(['feed_silent{contract="LAB-1",feed="crm"} 1']);
});
