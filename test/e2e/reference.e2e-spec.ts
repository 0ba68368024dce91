import { loadContracts } from '#apps/cli';
import { TOPICS } from '#libs/bus';
import { parseEvent } from '#libs/events';
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
