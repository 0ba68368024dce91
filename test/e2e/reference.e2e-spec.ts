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
  }, 120_000);
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
    const numbers: number[] = [];
    for (const record of await readTopic(product.servers.log, TOPICS.decisions)) {
      const parsed = parseEvent(record);
      if (!parsed.ok) throw new Error(parsed.refusal.detail);
      const { data } = parsed.event;
      expect([record.key?.toString(), data['contract']]).toEqual([CONTRACT, CONTRACT]);
      numbers.push(Number(data['number']));
      last.set(String(data['id']), data);
    }
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    const standing = [...last.values()].filter(({ state }) => state !== 'withdrawn');
    // Time goes on without a decision.
    const moving = ['elapsed', 'overdueBy'];
    const expected = verdictsByKey(wholeReferenceRecords(null), moving);
    expect(differences(verdictsByKey(standing, moving), expected)).toEqual([]);
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
