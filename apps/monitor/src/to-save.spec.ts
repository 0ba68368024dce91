import type { JudgeItem, JudgeOutcome } from '#libs/evaluation';
import type { OutboxRow, PartitionSave } from '#libs/store';
import type { LogRecord } from '#libs/bus';
import { parseEvent, refusedRecord, verifyStamp } from '#libs/events';
import { aSession } from '../test/a-session.js';
import { aFactItem, judged } from '../test/judged.js';
import { labContract } from '../test/lab-contract.js';
import { anEvent, asRead, STAMP_KEY } from '../test/lab-records.js';
import { parseRecord, type Stray } from './parse-record.js';
import type { PartitionSession } from './partition-session.js';
import type { ContractLibrary } from './contract-library.js';
import { strayRecord } from './stray-record.js';
import { toSave } from './to-save.js';

const T = Date.parse('2026-03-02T02:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const RECORDED = T + 100 * HOUR;
const lab = labContract('LAB-1');

let session: PartitionSession;
beforeEach(() => (session = aSession([lab], { nextOffset: 40, generation: 3, epoch: 5, outboxNumber: 17 })));

function save(outcome: JudgeOutcome, records: readonly LogRecord[] = []): PartitionSave {
  return toSave(session, outcome, {
    records: new Map(records.map((record) => [record.offset, record])),
    strays: [],
    recordedAt: RECORDED,
    toOffset: 50,
    toSlice: 0,
    last: null,
  });
}

interface Message {
  readonly id: string;
  readonly type: string;
  readonly key: string | null;
  readonly data: Record<string, unknown>;
}

function messages(rows: readonly OutboxRow[], topic: string): Message[] {
  return rows
    .filter((row) => row.topic === topic)
    .map(({ key, headers, value }) => {
      const parsed = parseEvent({ headers, value: Buffer.from(value) });
      if (!parsed.ok) throw new Error(parsed.refusal.detail);
      const { id, type, data } = parsed.event;
      return { id, type, key, data };
    });
}
const alerts = (row: PartitionSave): Message[] => messages(row.outbox, 'compliance.alerts');
const alertsOf = (...items: JudgeItem[]): string[] =>
  alerts(save(judged(session, items))).map(({ data }) => `${String(data['kind'])}, ${String(data['mode'])}`);

const received = (time = T, at = time): JudgeItem => aFactItem({ time, at });
const answered = (time: number, at = time): JudgeItem => aFactItem({ type: 'sample.answered', time, at });
const tick = (at: number): JudgeItem => ({ kind: 'tick', at, offset: 0 });
const withdrawn = (id: string, at: number): JudgeItem =>
  aFactItem({ type: 'note.mended', id: `mend ${id}`, time: at, data: { corrects: id, action: 'withdraw' } });
const OPENED = 'sample.received S-1';
const ANSWERED = 'sample.answered S-1';

describe('an alert goes out', () => {
  it.each<[what: string, items: JudgeItem[], told: string[]]>([
    ['neither when a clock starts nor when it stops in time', [received(), answered(T + MINUTE)], []],
    ['when half of the time is gone', [received(), tick(T + 16 * MINUTE)], ['warning, each']],
    ['when the time is over', [received(), tick(T + 31 * MINUTE)], ['warning, each', 'breach, each']],
    [
      'when a breach changes',
      [received(), tick(T + 31 * MINUTE), answered(T + 40 * MINUTE)],
      ['warning, each', 'breach, each', 'revision, each'],
    ],
    [
      'when it is taken back, and when it stands again',
      [received(), tick(T + 31 * MINUTE), answered(T + MINUTE, T + 40 * MINUTE), withdrawn(ANSWERED, T + 50 * MINUTE)],
      ['warning, each', 'breach, each', 'withdrawal, each', 'breach, each'],
    ],
    [
      'when the case of a breach never was',
      [received(), tick(T + 31 * MINUTE), withdrawn(OPENED, T + 50 * MINUTE)],
      ['warning, each', 'breach, each', 'withdrawal, each'],
    ],
    ['but not when that of a running clock never was', [received(), withdrawn(OPENED, T + MINUTE)], []],
  ])('%s', (_, items, told) => {
    expect(alertsOf(...items)).toEqual(told);
  });

  it('when judging fails', () => {
    const outcome = judged(session, [received()]);
    const [opened] = outcome.decisions;
    outcome.decisions[0] = { ...opened!, type: 'compliance.verdict.faulted' };
    expect(alerts(save(outcome))).toMatchObject([{ type: 'compliance.alert.faulted', data: { kind: 'faulted' } }]);
  });

  it('with all that its receiver needs, about the incident', () => {
    const [, breach] = alerts(save(judged(session, [received(), tick(T + 31 * MINUTE)])));
    expect(breach).toEqual({
      id: 'LAB-1/3/3/breach',
      type: 'compliance.alert.breach',
      key: 'LAB-1',
      data: {
        incident: 'LAB-1/answer/S-1/1',
        change: 3,
        kind: 'breach',
        contract: 'LAB-1',
        contractVersion: 1,
        contractHash: lab.hash,
        generation: 3,
        number: 3,
        mode: 'each',
        decidedAt: '2026-03-06T06:00:00Z',
        effectiveAt: '2026-03-02T02:30:00Z',
        verdict: expect.objectContaining({ id: 'LAB-1/answer/S-1/1', state: 'breached', number: 3, supersedes: 1 }),
      },
    });
  });

  it('behind all decisions of its save, so that these are one row of the outbox', () => {
    const { outbox } = save(judged(session, [received(), tick(T + 31 * MINUTE), answered(T + 40 * MINUTE)]));
    expect(outbox.map(({ topic, decisionNumber }) => `${topic} ${decisionNumber ?? '-'}`)).toEqual([
      ...[1, 2, 3, 4].map((number) => `compliance.decisions ${number}`),
      ...Array<string>(3).fill('compliance.alerts -'),
    ]);
  });

  it('by itself up to a day after it took effect, later within a summary', () => {
    const due = T + 30 * MINUTE;
    expect(alertsOf(received(T, due + 24 * HOUR))).toEqual(['breach, each']);
    session = aSession([lab]);
    expect(alertsOf(received(T, due + 24 * HOUR + 1))).toEqual(['breach, summary']);
  });
});

describe('of a feed', () => {
  it('an alert goes out when it falls silent, and one when it is heard again', () => {
    const shop = labContract('LAB-1', { door: 'shop' });
    session = aSession([shop], { generation: 3 });
    const mark = (through: number): JudgeItem => ({ kind: 'watermark', door: 'shop', through, at: through, offset: 0 });
    const told = alerts(save(judged(session, [mark(T), tick(T + 2 * MINUTE), mark(T + 3 * MINUTE)])));
    const incident = 'LAB-1/feed/door/shop/2026-03-02T02:00:00Z';
    const feed = { kind: 'door', name: 'shop', lastSign: '2026-03-02T02:00:00Z', limit: 'PT1M' };
    expect(told).toMatchObject([
      {
        id: `${incident}/3/silent`,
        type: 'compliance.alert.feed.silent',
        key: 'LAB-1',
        data: {
          ...{ incident, change: 1, verdict: null, contractHash: shop.hash, effectiveAt: '2026-03-02T02:00:00Z' },
          feed: { ...feed, state: 'silent', noticedAt: '2026-03-02T02:02:00Z' },
        },
      },
      {
        id: `${incident}/3/heard`,
        data: { incident, change: 2, feed: { ...feed, state: 'heard', noticedAt: '2026-03-02T02:03:00Z' } },
      },
    ]);
  });
});

describe('of an import', () => {
  const begun = (alerts: 'each' | 'summary'): JudgeItem => ({
    kind: 'import-begun',
    contract: 'LAB-1',
    importId: 'i-1',
    alerts,
    at: RECORDED,
    offset: 0,
  });
  const completed: JudgeItem = {
    kind: 'import-completed',
    contract: 'LAB-1',
    importId: 'i-1',
    at: RECORDED,
    offset: 9,
  };
  const history = [
    aFactItem({ time: T, importId: 'i-1' }),
    aFactItem({ type: 'sample.answered', time: T + HOUR, importId: 'i-1' }),
    aFactItem({ subject: 'S-2', time: RECORDED - MINUTE, importId: 'i-1' }),
  ];

  it('alerts go out one by one where it says so, however old, and name it', () => {
    const told = alerts(save(judged(session, [begun('each'), ...history])));
    expect(told.map(({ data }) => data['kind'])).toEqual(['warning', 'breach', 'revision']);
    for (const { data } of told) expect(data).toMatchObject({ mode: 'each', import: 'i-1' });
  });

  it('no alert goes out otherwise, but one summary at its end', () => {
    const told = alerts(save(judged(session, [begun('summary'), ...history, completed])));
    expect(told).toMatchObject([
      {
        id: 'LAB-1/3/import/i-1',
        type: 'compliance.alert.import-summary',
        key: 'LAB-1',
        data: {
          kind: 'import-summary',
          incident: 'LAB-1/import/i-1',
          verdict: null,
          summary: {
            import: 'i-1',
            from: '2026-03-02T02:00:00Z',
            to: '2026-03-06T05:59:00Z',
            decisions: 5,
            breaches: [{ obligation: 'answer', party: 'provider', count: 1 }],
            open: 1,
          },
        },
      },
    ]);
  });

  it('decisions go out all the same, marked as history', () => {
    const row = save(judged(session, [begun('summary'), ...history]));
    const decisions = messages(row.outbox, 'compliance.decisions');
    expect(decisions.map(({ type }) => type)).toEqual([
      'compliance.verdict.opened',
      'compliance.deadline.warned',
      'compliance.breach.declared',
      'compliance.breach.revised',
      'compliance.verdict.opened',
    ]);
    for (const { data } of decisions) expect(data).toMatchObject({ backfill: { import: 'i-1', alerts: 'summary' } });
  });
});

describe('a save', () => {
  it('tells each decision in the row, on the topic, and in the current verdict alike', () => {
    const row = save(judged(session, [received(), answered(T + MINUTE)]));
    const told = messages(row.outbox, 'compliance.decisions');
    expect(told.map(({ id }) => id)).toEqual(['LAB-1/3/1', 'LAB-1/3/2']);
    expect(told.map(({ data }) => data)).toEqual(row.decisions.map(({ record }) => JSON.parse(record)));
    expect(told[1]).toMatchObject({
      key: 'LAB-1',
      type: 'compliance.verdict.met',
      data: {
        state: 'met',
        revision: 2,
        generation: 3,
        number: 2,
        supersedes: 1,
        effectiveAt: '2026-03-02T02:01:00Z',
        decidedAt: '2026-03-06T06:00:00Z',
        cause: { kind: 'fact', source: '/lab', id: ANSWERED },
      },
    });
    expect(row.verdicts).toMatchObject([{ obligation: 'answer', state: 'met', number: 2, stateKey: 'sample/S-1' }]);
  });

  it('says which deadline fired', () => {
    const row = save(judged(session, [received(), tick(T + 31 * MINUTE)]));
    expect(JSON.parse(row.decisions[1]!.record)).toMatchObject({ warning: '50%', number: 2, supersedes: 1 });
    expect(JSON.parse(row.decisions[2]!.record)).toMatchObject({
      cause: { kind: 'deadline', at: '2026-03-02T02:30:00Z' },
    });
    expect(row.verdicts).toMatchObject([{ state: 'breached', number: 3 }]);
  });

  it('carries the fence, and what is remembered of facts, ids, states and the contract', () => {
    const row = save(judged(session, [received()]));
    expect(row).toMatchObject({ epoch: 5, fromOffset: 40, toOffset: 50, outboxNumber: 17, recordedAt: RECORDED });
    expect(row.facts).toMatchObject([{ id: OPENED, subject: 'S-1', data: '{"urgency":"soon"}' }]);
    expect(row.ids).toMatchObject([{ id: OPENED, keys: ['sample/S-1'], note: null }]);
    expect(row.states).toMatchObject([{ key: 'sample/S-1', nextInstant: T + 15 * MINUTE }]);
    expect(row.contracts).toMatchObject([{ contract: 'LAB-1', clock: T, lastNumber: 1 }]);
  });
});

describe('what could not be judged', () => {
  const BYTES = Buffer.from([0x7b, 0x00, 0xff, 0xfe]);
  async function refused(record: LogRecord): Promise<PartitionSave> {
    const context = { session, library: {} as ContractLibrary, stampKey: STAMP_KEY, partitions: 1, now: T };
    return save(judged(session, [(await parseRecord(record, context)) as JudgeItem]), [record]);
  }

  it('is kept as it came, to the byte', async () => {
    const headers = { odd: Buffer.from('a\0b'), 'content-type': Buffer.from('application/json') };
    const record = {
      ...asRead(anEvent({ contract: null, time: T }), { offset: 44, appendedAt: T }),
      headers,
      value: BYTES,
    };
    const row = await refused({ ...record, key: Buffer.from([0, 255]) });
    const [kept] = row.quarantine;
    expect(kept).toMatchObject({ reason: 'SCHEMA', offset: 44, appendedAt: T, contract: null, id: null });
    expect(kept!.value).toEqual(BYTES);
    expect(kept!.key).toEqual(Buffer.from([0, 255]));
    expect(JSON.parse(kept!.headers)).toEqual({ odd: 'a\uFFFDb', 'content-type': 'application/json' });
    expect(JSON.stringify({ detail: kept!.detail, headers: kept!.headers })).not.toContain('\\u0000');
    expect(messages(row.outbox, 'platform.events.quarantine')).toEqual([
      {
        id: 'platform.events/0/44',
        type: 'compliance.record.quarantined',
        key: null,
        data: {
          reason: 'SCHEMA',
          detail: kept!.detail,
          id: null,
          source: null,
          topic: 'platform.events',
          partition: 0,
          offset: 44,
          key: Buffer.from([0, 255]).toString('base64'),
          value: BYTES.toString('base64'),
        },
      },
    ]);
  });

  it('and came to a door is kept as it stood there', async () => {
    const told = refusedRecord(
      {
        door: 'shop',
        place: 'cases/2/17',
        refusal: { reason: 'SCHEMA', detail: 'the value is not JSON', id: null, source: null, contract: 'LAB-1' },
        raw: { key: 'aw==', value: BYTES.toString('base64'), headers: { h: 'x' } },
      },
      T,
      STAMP_KEY,
    );
    const [kept] = (await refused(asRead(told, { offset: 44, appendedAt: T }))).quarantine;
    expect(kept).toMatchObject({
      ...{ reason: 'SCHEMA', contract: 'LAB-1', offset: 44, headers: '{"h":"x"}', key: Buffer.from('k'), value: BYTES },
      detail: "door 'shop', cases/2/17: the value is not JSON",
    });
  });

  it('has no NUL where the database keeps text', async () => {
    const outcome = judged(session, []);
    const refusal = { reason: 'SCHEMA' as const, detail: 'value "\0"', id: null, source: null, contract: null };
    outcome.refused.push({ refusal, offset: 44 });
    expect(save(outcome).quarantine[0]!.detail).toBe('value "\uFFFD"');
  });

  it('goes to its topic without its bytes where there are very many of them', async () => {
    const record = { ...asRead(anEvent({ contract: null, time: T }), { offset: 44, appendedAt: T }), headers: {} };
    const row = await refused({ ...record, value: Buffer.alloc(512 * 1024 + 1, 'x') });
    expect(row.quarantine[0]!.value).toHaveLength(512 * 1024 + 1);
    expect(messages(row.outbox, 'platform.events.quarantine')[0]!.data['value']).toBeNull();
  });
});

describe('a stray on its way home', () => {
  it('is the same event, stamped with when it first came, and marked', async () => {
    const event = anEvent({
      contract: 'FAR-1',
      time: T - MINUTE,
      data: { urgency: 'now' },
      extensions: { other: 'x' },
    });
    const context = { session, library: {} as ContractLibrary, stampKey: STAMP_KEY, partitions: 1_000, now: T };
    const stray = (await parseRecord(asRead(event, { appendedAt: T }), context)) as Stray;
    const row = strayRecord(stray, 'platform.events', STAMP_KEY);
    expect(row).toMatchObject({ topic: 'platform.events', key: 'FAR-1', partition: null });
    const home = asRead(row, { appendedAt: T + HOUR });
    const parsed = parseEvent(home);
    if (!parsed.ok) throw new Error(parsed.refusal.detail);
    const { extensions, ...attributes } = parsed.event;
    expect(attributes).toEqual((({ extensions: _, ...rest }) => rest)(stray.event));
    expect(extensions).toMatchObject({ other: 'x', appendedtime: '2026-03-02T02:00:00Z', rekeyed: '1' });
    const stamp = { contract: 'FAR-1', source: '/lab', id: 'e-1', appendedAt: T };
    const { contentHash } = aFactItem({ id: 'e-1', time: T - MINUTE, data: { urgency: 'now' } }).fact;
    expect(verifyStamp(STAMP_KEY, { ...stamp, contentHash }, extensions['stampsig'])).toBe(true);
  });
});
