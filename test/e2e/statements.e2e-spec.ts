import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOPICS, type LogRecord } from '#libs/bus';
import { parseEvent } from '#libs/events';
import type { RecordedStatement } from '#libs/liability';
import { eventually } from '#libs/testkit';
import { aConfigFolder, type ConfigFolder } from './a-config-folder.js';
import { startProduct, type Product } from './a-product.js';
import { describeWithKafka, startOwnBroker, type OwnBroker } from './own-broker.js';
import { readTopic } from './read-topic.js';
import { runCommand } from './run-command.js';

const LONGEST_WAIT = { within: 180_000 };

const CONTRACT = `
contract: SHOP-1
title: Shop
parties: { client: { name: Owner }, provider: { name: Keeper } }
term: { from: 2026-01-01, to: 2026-06-30 }
zone: Asia/Shanghai
calendar: always
currency: CNY
fees: [{ from: 2026-01-01, amount: '10000.00' }]
sources:
  /till: { trust: trusted, delay: P2D, default: true }
  /owner: { trust: asserted, party: client }
  /keeper: { trust: asserted, party: provider }
vocabulary: { correction: fact.corrected }
clauses: { '1': Orders are sent within a day., '2': Most are., '9': Caps. }
events:
  order.placed:
  order.sent:
  fact.corrected:
  statement.disputed: { data: { cycle: month, line: { type: [id, integer] }, reason: text? } }
  dispute.decided:
    data: { dispute: id, outcome: [upheld, waived, adjusted], amount: { type: amount, requiredWhen: { outcome: adjusted } } }
  statement.signed: { data: { cycle: month, revision: { type: integer, from: 1 } } }
subjects: { order: { opened: order.placed } }
obligations:
  dispatch:
    clauses: ['1']
    party: provider
    subject: order
    start: order.placed
    stop: order.sent
    target: PT24H round the clock
    remedies: [{ remedy: per-day-late, sum: '10.00', unit: calendar-days, counted: started }]
standards:
  dispatched:
    clauses: ['2']
    party: provider
    every: month
    measure: { figure: share-met, instancesOf: dispatch, placedBy: due, cancelled: excluded, undecided: leave-out }
    target: at least 40%
    remedies: [{ remedy: fee-share, sum: 5% }]
limits:
  - { id: cap-cycle, kind: cap, clause: '9', party: provider, over: cycle, sum: 8% }
statements: { disputed: statement.disputed, decided: dispute.decided, signed: statement.signed, finalAfter: 10 calendar days }
rights:
  missed-twice: { right: terminate, clause: '9', party: client, when: { after: missed-running, standards: [dispatched], periods: 2 } }
`;

const lineOf = (subject: string): string => `provider/per-day-late/1/dispatch/${subject}/1`;

/** `source type subject` at an instant of the shop's clocks; data beside it. */
function event(at: string, source: string, type: string, id: string, more: object = {}): string {
  const time = `${at.replace(' ', 'T')}:00+08:00`;
  return JSON.stringify({ specversion: '1.0', id, source, type, time, contractid: 'SHOP-1', subject: 'said', ...more });
}

const order = (at: string, type: 'placed' | 'sent', subject: string): string =>
  event(at, '/till', `order.${type}`, `${subject} ${type}`, { subject });

const HISTORY = [
  // March: A two days late, B four days late, C in time.
  order('2026-03-02 10:00', 'placed', 'A'),
  order('2026-03-05 10:00', 'sent', 'A'),
  order('2026-03-09 10:00', 'placed', 'B'),
  order('2026-03-14 10:00', 'sent', 'B'),
  order('2026-03-16 10:00', 'placed', 'C'),
  order('2026-03-16 11:00', 'sent', 'C'),
  // D goes on: it is four days late when the statement is frozen, and twelve when it is sent.
  order('2026-03-28 10:00', 'placed', 'D'),
  event('2026-04-05 09:00', '/keeper', 'statement.disputed', 'd1', {
    data: { cycle: '2026-03', line: lineOf('A'), reason: 'The address was wrong.' },
  }),
  event('2026-04-05 10:00', '/keeper', 'statement.disputed', 'd2', { data: { cycle: '2026-03', line: 2 } }),
  // Nobody decides for the other side.
  event('2026-04-05 11:00', '/keeper', 'dispute.decided', 'own', { data: { dispute: 'd1', outcome: 'waived' } }),
  event('2026-04-06 09:00', '/owner', 'dispute.decided', 'o1', { data: { dispute: 'd1', outcome: 'waived' } }),
  event('2026-04-06 10:00', '/owner', 'dispute.decided', 'o2', { data: { dispute: 'd2', outcome: 'upheld' } }),
  order('2026-04-10 10:00', 'sent', 'D'),
  event('2026-04-11 10:00', '/owner', 'statement.signed', 's1', { data: { cycle: '2026-03', revision: 6 } }),
  event('2026-04-11 11:00', '/keeper', 'statement.signed', 's2', { data: { cycle: '2026-03', revision: 6 } }),
  // After the statement is final the till says that there was no order B.
  event('2026-04-20 10:00', '/till', 'fact.corrected', 'c1', { data: { corrects: 'B placed', action: 'withdraw' } }),
  order('2026-05-20 10:00', 'placed', 'E'),
];

const MARCH = [
  '1 frozen: 20.00 + 40.00 + 40.00 + 500.00 = 600.00, because of time',
  '2 revised: 20.00 + 40.00 + 40.00 + 500.00 = 600.00, because of d1 by provider',
  '3 revised: 20.00 + 40.00 + 40.00 + 500.00 = 600.00, because of d2 by provider',
  '4 revised: 20.00 + 40.00 + 40.00 + 500.00 + -20.00 = 580.00, because of o1 by client',
  '5 revised: 20.00 + 40.00 + 40.00 + 500.00 + -20.00 = 580.00, because of o2 by client',
  '6 revised: 20.00 + 40.00 + 120.00 + 500.00 + -20.00 = 660.00, because of D sent by nobody',
  '7 revised: 20.00 + 40.00 + 120.00 + 500.00 + -20.00 = 660.00, because of s1 by client',
  '8 final: 20.00 + 40.00 + 120.00 + 500.00 + -20.00 = 660.00, because of s2 by provider',
];

/** Number and kind of a revision, its lines added up, and why. */
function inWords({ type, record }: { readonly type: string; readonly record: RecordedStatement }): string {
  const { revision, lines, totals, cause, who } = record;
  const sum = lines.map(({ amount }) => amount).join(' + ') || '0.00';
  const kind = type.slice('compliance.statement.'.length);
  const why =
    cause.kind === 'fact' ? `${cause.id} by ${who ?? 'nobody'}` : cause.kind === 'deadline' ? 'time' : cause.kind;
  return `${revision} ${kind}: ${sum} = ${totals.provider}, because of ${why}`;
}

function dataOf(record: LogRecord): RecordedStatement {
  const parsed = parseEvent(record);
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  return parsed.event.data as unknown as RecordedStatement;
}

function theLife(of: () => { readonly brokers?: string | undefined }): void {
  let config: ConfigFolder;
  let product: Product;
  let folder: string;

  beforeAll(async () => {
    config = aConfigFolder([CONTRACT]);
    product = await startProduct({ contracts: config.contracts, configFolder: config.folder, brokers: of().brokers });
    folder = mkdtempSync(join(tmpdir(), 'pactwatch-statements-'));
    const file = join(folder, 'history.ndjson');
    writeFileSync(file, `${HISTORY.join('\n')}\n`);
    await runCommand(['send', '--backfill', '--open', '--alerts', 'each', file], product.env);
    await product.caughtUp();
    const { pool } = product.servers.store;
    await eventually(
      async () => ((await pool.query('SELECT 1 FROM outbox LIMIT 1')).rowCount === 0 ? true : undefined),
      LONGEST_WAIT,
    );
  }, 300_000);

  afterAll(async () => {
    await product?.close();
    config?.remove();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  async function stored(): Promise<{ type: string; number: number; cycle: string; record: RecordedStatement }[]> {
    const { rows } = await product.servers.store.pool.query<{
      type: string;
      number: number;
      cycle: string;
      record: RecordedStatement;
    }>(
      `SELECT type, number::float8 AS number, subject AS cycle, record FROM decision
       WHERE contract = 'SHOP-1' AND type LIKE 'compliance.statement.%' ORDER BY number`,
    );
    return rows;
  }

  it('is frozen, disputed, decided, revised, signed and final, each step a revision that stays', async () => {
    const revisions = (await stored()).filter(({ cycle }) => cycle === '2026-03');
    expect(revisions.map(inWords)).toEqual(MARCH);
    expect(revisions.map(({ record }) => record.supersedes)).toEqual([
      null,
      ...revisions.slice(0, -1).map(({ number }) => number),
    ]);
  });

  it('carries what shows later on the next statement, and closes each cycle once', async () => {
    const all = await stored();
    const april = all.filter(({ cycle, type }) => cycle === '2026-04' && type.endsWith('frozen'));
    expect(april.map(({ record }) => record.lines.map(({ amount, adjusts }) => [amount, adjusts]))).toEqual([
      [['-40.00', { cycle: '2026-03', line: lineOf('B') }]],
    ]);
    expect(all.filter(({ type }) => type.endsWith('frozen')).map(({ cycle }) => cycle)).toEqual([
      '2026-01',
      '2026-02',
      '2026-03',
      '2026-04',
    ]);
  });

  it('is told on its own topic, once by generation and number, and its freezing as an alert', async () => {
    const told = (await readTopic(product.servers.log, TOPICS.statements)).map(dataOf);
    const byNumber = new Map(told.map((one) => [`${one.generation}/${one.number}`, one]));
    expect([...byNumber.values()]).toEqual((await stored()).map(({ record }) => record));
    const alerts = (await readTopic(product.servers.log, TOPICS.alerts)).map(
      (record) => dataOf(record) as unknown as { kind: string; incident: string },
    );
    expect(alerts.filter(({ kind }) => kind === 'statement.frozen').map(({ incident }) => incident)).toContain(
      'SHOP-1/statement/2026-03',
    );
  });

  it('is answered over HTTP as it was recorded, now and as it was known', async () => {
    const ask = async (path: string): Promise<RecordedStatement> => {
      const answer = await fetch(`${product.url}/v1/contracts/SHOP-1/statements/${path}`);
      expect(answer.status).toBe(200);
      return (await answer.json()) as RecordedStatement;
    };
    const last = (await stored()).findLast(({ cycle }) => cycle === '2026-03')!.record;
    const { lines, ...rest } = last;
    expect(await ask('2026-03')).toMatchObject({ ...rest, revision: 8, state: 'final' });
    expect((await ask('2026-03')).lines).toMatchObject(lines);
    expect(await ask('2026-05')).toMatchObject({ state: 'provisional', frozenAt: null });
    // What would hold as of an instant is reckoned from the facts of today: without order B.
    expect((await ask('2026-03?asOf=2026-04-30T00:00:00Z')).totals.provider).toBe('640.00');
  });
}

describe('the life of a statement on the log in the database', () => theLife(() => ({})));

describeWithKafka('the life of a statement on Kafka', () => {
  let broker: OwnBroker;
  beforeAll(async () => {
    broker = await startOwnBroker();
  }, 180_000);
  afterAll(() => broker?.close());
  theLife(() => ({ brokers: broker.brokers }));
});
