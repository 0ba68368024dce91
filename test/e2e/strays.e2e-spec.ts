import { homePartition, TOPICS, type NewRecord } from '#libs/bus';
import { contentHash, reservedExtensions, signStamp } from '#libs/events';
import { eventually } from '#libs/testkit';
import { aConfigFolder, type ConfigFolder } from './a-config-folder.js';
import { startProduct, STAMP_KEY, type Product } from './a-product.js';
import { allPages } from './all-pages.js';
import { DEPOT, parcelContract } from './parcel-contract.js';

interface Happening {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>>;
}

type Item = Readonly<Record<string, unknown>>;

const HOME = 'PARCELS-HOME';
const STRAYED = 'PARCELS-STRAYED';
const POSTED = 'PARCELS-POSTED';

describe('events of a contract', () => {
  let config: ConfigFolder;
  let product: Product;
  let partitions: number;
  const happenings = someHappenings(Date.now());

  beforeAll(async () => {
    const now = Date.now();
    config = aConfigFolder([HOME, STRAYED, POSTED].map((id) => parcelContract(id, now)));
    product = await startProduct({ contracts: config.contracts, configFolder: config.folder });
    partitions = await product.servers.log.partitionCount(TOPICS.events);
    const { log } = product.servers;
    await log.append(happenings.map((one) => ({ ...record(one, HOME), key: HOME })));
    // Every other one under a wrong key, the rest in a partition that is not the key's.
    const elsewhere = (homePartition(STRAYED, partitions) + 1) % partitions;
    await log.append(
      happenings.map((one, index) =>
        index % 2 === 0
          ? { ...record(one, STRAYED), key: keyElsewhere(STRAYED, partitions) }
          : { ...record(one, STRAYED), key: STRAYED, partition: elsewhere },
      ),
    );
    const answer = await fetch(`${product.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: JSON.stringify(happenings.map((one) => envelope(one, POSTED))),
    });
    expect(answer.status).toBe(202);
    await product.caughtUp();
  }, 60_000);

  afterAll(async () => {
    await product?.close();
    config?.remove();
  });

  async function verdictsOf(contract: string): Promise<Item[]> {
    const items = await allPages<Item>(product.url, `/v1/contracts/${contract}/verdicts`, {});
    return items.map(({ obligation, subject, instance, state, startedAt, dueAt, stoppedAt, allowed }) => ({
      ...{ obligation, subject, instance, state, startedAt, dueAt, stoppedAt, allowed },
    }));
  }

  it('give the same verdicts under wrong keys, in other partitions and over HTTP', async () => {
    const settled = await eventually(
      async () => {
        const all = await Promise.all([HOME, STRAYED, POSTED].map(verdictsOf));
        return all.flat().some(({ state }) => state === 'running') ? undefined : all;
      },
      { within: 30_000 },
    );
    const [home, strayed, posted] = settled;
    expect(home!.length).toBeGreaterThan(10);
    expect(new Set(home!.map(({ state }) => state))).toEqual(new Set(['met', 'breached', 'cancelled']));
    expect(strayed).toEqual(home);
    expect(posted).toEqual(home);
  });

  it('are counted where they had to be sent home', async () => {
    const text = await (await fetch(`${product.url}/metrics`)).text();
    expect(text).toContain(`pactwatch_events_rekeyed_total ${happenings.length}\n`);
  });

  it('are kept with the reason where they have no home, or claim to be the product’s own', async () => {
    const [one] = happenings;
    const at = Date.now() - 60_000;
    const stamp = {
      contract: STRAYED,
      source: DEPOT,
      id: 'lost-twice',
      contentHash: contentHash({
        type: one!.type,
        subject: one!.subject,
        time: Date.parse(one!.time),
        data: one!.data as never,
      }),
      appendedAt: at,
    };
    const twice = {
      ...envelope({ ...one!, id: 'lost-twice' }, STRAYED),
      [reservedExtensions.appendedTime]: new Date(at).toISOString(),
      [reservedExtensions.stampSignature]: signStamp(Buffer.from(STAMP_KEY), stamp),
      rekeyed: '1',
    };
    const forged = {
      ...envelope({ ...one!, id: 'forged', type: 'import.begun', data: { import: 'x', alerts: 'each' } }, STRAYED),
      source: '/pactwatch/import',
    };
    await product.servers.log.append([
      { ...structured(twice), key: keyElsewhere(STRAYED, partitions) },
      { ...structured(forged), key: STRAYED },
      { ...record({ ...one!, id: 'homeless' }, 'NOBODYS'), key: 'NOBODYS' },
      { topic: TOPICS.events, key: HOME, value: '{"specversion":"1.0"', headers: {} },
    ]);
    await product.caughtUp();
    const kept = await allPages<Item>(product.url, '/v1/quarantine', {});
    expect(kept.map(({ id, reason }) => [id, reason]).sort()).toEqual(
      [
        ['forged', 'FORGED'],
        ['homeless', 'UNKNOWN_CONTRACT'],
        ['lost-twice', 'MISROUTED'],
        [null, 'SCHEMA'],
      ].sort(),
    );
  });
});

/** Ten parcels within the last minute: most of what became of them is known, two are forgotten, one is lost. */
function someHappenings(now: number): Happening[] {
  const began = now - 60_000;
  const happenings: Happening[] = [];
  const add = (at: number, type: string, subject: string, data = {}) =>
    happenings.push({ id: `h-${happenings.length}`, type, subject, time: new Date(began + at).toISOString(), data });
  for (let number = 0; number < 10; number++) {
    const subject = `P-${number}`;
    const at = number * 700;
    add(at, 'parcel.accepted', subject, { speed: number % 2 === 0 ? 'fast' : 'slow', lane: 'north' });
    if (number === 3) add(at + 900, 'parcel.lost', subject);
    if (number === 3 || number === 7) continue;
    add(at + 300 * (number + 1), 'parcel.scanned', subject);
    if (number === 5) add(at + 2_000, 'parcel.held', subject);
    if (number === 5) add(at + 9_000, 'parcel.freed', subject);
    if (number !== 8) add(at + 3_500 + 200 * number, 'parcel.delivered', subject);
  }
  return happenings;
}

function envelope(one: Happening, contract: string): Record<string, unknown> {
  return { specversion: '1.0', ...one, source: DEPOT, contractid: contract };
}

function structured(event: object): Omit<NewRecord, 'key'> {
  const headers = { 'content-type': 'application/cloudevents+json' };
  return { topic: TOPICS.events, value: JSON.stringify(event), headers };
}

function record(one: Happening, contract: string): Omit<NewRecord, 'key'> {
  return structured(envelope(one, contract));
}

function keyElsewhere(contract: string, partitions: number): string {
  const home = homePartition(contract, partitions);
  for (let number = 0; ; number++) if (homePartition(`key-${number}`, partitions) !== home) return `key-${number}`;
}
