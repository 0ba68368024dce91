import { Decimal } from 'decimal.js';
import { loadContracts } from '#apps/cli';
import { TOPICS } from '#libs/bus';
import { parseEvent } from '#libs/events';
import type { StatementLifeRecord, StatementRecord } from '#libs/liability';
import {
  differences,
  quarantinedOf,
  REFERENCE_NAME,
  referenceIsThere,
  sampleContract,
  verdictsByKey,
  WHOLE_REFERENCE_INSTANTS,
  wholeReferenceEvents,
  wholeReferenceRecords,
} from '../reference-clocks.js';
import { aConfigFolder, type ConfigFolder } from './a-config-folder.js';
import { startProduct, type Product } from './a-product.js';
import { allPages } from './all-pages.js';
import { describeWithKafka, startOwnBroker, type OwnBroker } from './own-broker.js';
import { readTopic } from './read-topic.js';
import { runCommand } from './run-command.js';

const CONTRACT = 'CRM-2026-001';

/** Smaller than the list, so that there is something to turn. */
const PAGE = { limit: '300' };

/** No source may be later than three days by agreement, some of them rest days. */
const LONGEST_DELAY = 10 * 24 * 3_600_000;

interface Announced {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Everything that was decided, in the order of the topic. */
async function decisionsOf(product: Product): Promise<Announced[]> {
  const records = await readTopic(product.servers.log, TOPICS.decisions);
  return records.map((record) => {
    const parsed = parseEvent(record);
    if (!parsed.ok) throw new Error(parsed.refusal.detail);
    return parsed.event;
  });
}

async function clocksOf(product: Product): Promise<number[]> {
  const { rows } = await product.servers.store.pool.query<{ clock: Date }>('SELECT clock FROM contract_state');
  return rows.map(({ clock }) => clock.getTime());
}

function keyOf(record: Readonly<Record<string, unknown>>): string {
  return `${String(record['standard'])}/${String(record['period'])}`;
}

/** Standards by `standard/period`, each as one text of its fields. */
function standardsByKey(records: readonly Readonly<Record<string, unknown>>[]): Map<string, string> {
  const fields = ['clause', 'party', 'from', 'to', 'numerator', 'denominator', 'value', 'target', 'sample', 'state'];
  const ofStandards = records.filter(({ kind }) => kind === 'standard');
  return new Map(
    ofStandards.map((one) => [keyOf(one), fields.map((field) => `${field}=${valueOf(field, one[field])}`).join(' ')]),
  );
}

/** Decimals by value, however many zeros they end with. */
function valueOf(field: string, value: unknown): string {
  const isDecimal = ['numerator', 'denominator', 'value', 'target'].includes(field) && value !== null;
  return String(isDecimal ? Number(value) : value);
}

/** Amounts by cycle and what a line is about; what comes to nothing is left out. */
function sumsByLine(
  lines: readonly (Pick<StatementRecord['lines'][number], 'party' | 'clause' | 'about' | 'subject' | 'amount'> & {
    readonly cycle: string;
    readonly remedy: string;
  })[],
): Map<string, string> {
  const sums = new Map<string, Decimal>();
  for (const { cycle, party, clause, about, subject, amount } of lines) {
    const key = [cycle, party, clause, about, subject].join('/');
    sums.set(key, (sums.get(key) ?? new Decimal(0)).plus(amount));
  }
  return new Map([...sums].flatMap(([key, sum]) => (sum.isZero() ? [] : [[key, sum.toFixed(2)] as const])));
}

function theReference(start: () => Promise<OwnBroker | undefined>): void {
  let broker: OwnBroker | undefined;
  let config: ConfigFolder;
  let product: Product;

  beforeAll(async () => {
    broker = await start();
    config = aConfigFolder([]);
    const contracts = loadContracts([sampleContract], {});
    product = await startProduct({ contracts, configFolder: config.folder, brokers: broker?.brokers });
    const said = await runCommand(['send', '--backfill', '--open', wholeReferenceEvents], product.env);
    expect(said).toMatch(/^\d+ lines sent .* left open\n$/);
    await product.caughtUp();
  }, 600_000);
  afterAll(async () => {
    await product?.close();
    await broker?.close();
    config?.remove();
  });

  it.each(WHOLE_REFERENCE_INSTANTS)('has the verdicts of the reference, over all pages, as of %s', async (_, asOf) => {
    const parameters = { ...PAGE, ...(asOf === null ? {} : { asOf }) };
    const items = await allPages<object>(product.url, '/v1/verdicts', parameters);
    const expected = verdictsByKey(wholeReferenceRecords(asOf));
    expect(expected.size).toBeGreaterThan(50);
    expect(differences(verdictsByKey(items), expected)).toEqual([]);
  });

  it('has announced each of them: the last decision of an instance is its verdict', async () => {
    const last = new Map<string, Readonly<Record<string, unknown>>>();
    const statements = await readTopic(product.servers.log, TOPICS.statements);
    const numbers: number[] = [];
    for (const record of [...(await readTopic(product.servers.log, TOPICS.decisions)), ...statements]) {
      const parsed = parseEvent(record);
      if (!parsed.ok) throw new Error(parsed.refusal.detail);
      const { data } = parsed.event;
      expect([record.key?.toString(), data['contract']]).toEqual([CONTRACT, CONTRACT]);
      numbers.push(Number(data['number']));
      last.set(String(data['id']), data);
    }
    // Those about statements go to a topic of their own, in the same row of numbers.
    expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
    const standing = [...last.values()].filter(({ state }) => state !== 'withdrawn');
    // Time goes on without a decision.
    const moving = ['elapsed', 'overdueBy'];
    const expected = verdictsByKey(wholeReferenceRecords(null), moving);
    expect(differences(verdictsByKey(standing, moving), expected)).toEqual([]);
  });

  it('has recorded what each closed period of a standard came to, as the reference has it', async () => {
    const recorded = new Map<string, Readonly<Record<string, unknown>>>();
    for (const { type, data } of await decisionsOf(product)) {
      if (!type.startsWith('compliance.standard.')) continue;
      const before = recorded.get(String(data['id']));
      expect(data['revision']).toBe(Number(before?.['revision'] ?? 0) + 1);
      expect(data['supersedes']).toBe(before?.['number'] ?? null);
      recorded.set(String(data['id']), data);
    }
    const expected = standardsByKey(wholeReferenceRecords(null));
    const found = standardsByKey([...recorded.values()]);
    expect(found.size).toBeGreaterThan(20);
    // What has ended since the last source may still be late is not closed yet.
    const closed = wholeReferenceRecords(null).filter((one) => one['kind'] === 'standard' && found.has(keyOf(one)));
    expect(differences(found, standardsByKey(closed))).toEqual([]);
    const clock = Math.max(...(await clocksOf(product)));
    const behind = [...expected.keys()].filter((key) => !found.has(key));
    const left = wholeReferenceRecords(null).filter((one) => one['kind'] === 'standard' && behind.includes(keyOf(one)));
    for (const one of left.filter(({ state }) => state !== 'open'))
      expect(Date.parse(String(one['to'])) + LONGEST_DELAY).toBeGreaterThan(clock);

    const listed = await allPages<Record<string, unknown>>(product.url, `/v1/contracts/${CONTRACT}/standards`, PAGE);
    expect(differences(standardsByKey(listed), expected)).toEqual([]);
    const revisions = listed.flatMap(({ id, revision }) =>
      revision === undefined ? [] : [`${String(id)} ${revision}`],
    );
    expect(revisions.sort()).toEqual([...recorded].map(([id, { revision }]) => `${id} ${revision}`).sort());
  });

  it('has frozen statements that come, with what was adjusted since, to those of the reference, line by line', async () => {
    const states = new Map<string, string>();
    for (const record of await readTopic(product.servers.log, TOPICS.statements)) {
      const { cycle, state } = JSON.parse(String(record.value)) as StatementLifeRecord;
      states.set(cycle, state);
    }
    expect(states.size).toBeGreaterThan(3);
    const shown = await allPages<StatementLifeRecord>(product.url, `/v1/contracts/${CONTRACT}/statements`, PAGE);
    for (const { cycle, state } of shown) expect([cycle, state]).toEqual([cycle, states.get(cycle) ?? 'provisional']);
    const expected = wholeReferenceRecords(null).filter(({ kind }) => kind === 'statement');
    expect(shown.map(({ cycle }) => cycle)).toEqual(expected.map(({ cycle }) => cycle));
    // What changed about a final statement stands in a later one, and belongs to the line that it names.
    const lines = shown.flatMap(({ cycle, lines }) =>
      lines.map((line) => ({ ...line, cycle: line.adjusts?.cycle ?? cycle })),
    );
    const recorded = (cycle: unknown): boolean => states.has(String(cycle));
    expect(lines.length).toBeGreaterThan(50);
    const due = (expected as unknown as StatementRecord[]).flatMap(({ cycle, lines }) =>
      lines.map((line) => ({ ...line, cycle })),
    );
    expect(
      differences(
        sumsByLine(lines.filter(({ cycle }) => recorded(cycle))),
        sumsByLine(due.filter(({ cycle }) => recorded(cycle))),
      ),
    ).toEqual([]);
    const total = (of: readonly { cycle: string; party: string; amount: string }[], cycle: string, party: string) =>
      of
        .filter((line) => line.cycle === cycle && line.party === party)
        .reduce((sum, { amount }) => sum.plus(amount), new Decimal(0))
        .toFixed(2);
    for (const { cycle, totals } of expected as unknown as StatementRecord[])
      for (const party of ['client', 'provider'] as const)
        if (recorded(cycle)) expect([cycle, total(lines, cycle, party)]).toEqual([cycle, totals[party]]);
    for (const { totals, net, lines } of shown) {
      const own = lines.map((line) => ({ ...line, cycle: '' }));
      const [client, provider] = [total(own, '', 'client'), total(own, '', 'provider')];
      expect(totals).toEqual({ client, provider });
      expect(net.amount).toBe(new Decimal(provider).minus(client).abs().toFixed(2));
    }
  });

  it('has raised the rights of the reference, each once', async () => {
    const fields = ['party', 'right', 'clause', 'since', 'about'];
    const textOf = (one: Readonly<Record<string, unknown>>) => fields.map((field) => String(one[field])).join(' ');
    const raised = (await decisionsOf(product)).filter(({ type }) => type === 'compliance.right.raised');
    const expected = wholeReferenceRecords(null).filter(({ kind }) => kind === 'right');
    expect(raised.map(({ data }) => textOf(data)).sort()).toEqual(expected.map(textOf).sort());
  });

  it('has kept every line that could not be judged, with the reason', async () => {
    const expected = wholeReferenceRecords(null).filter(({ kind }) => kind === 'quarantined');
    const kept = await allPages<object>(product.url, '/v1/quarantine', { limit: '2' });
    expect(quarantinedOf(kept)).toEqual(quarantinedOf(expected));
  });
}

(referenceIsThere ? describe : describe.skip)(`sent to the product on the embedded log, ${REFERENCE_NAME}`, () =>
  theReference(() => Promise.resolve(undefined)),
);

(referenceIsThere ? describeWithKafka : describe.skip)(`sent to the product on Kafka, ${REFERENCE_NAME}`, () =>
  theReference(startOwnBroker),
);
