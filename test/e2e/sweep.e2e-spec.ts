import { createKafkaLog, productTopics, TOPICS, type Log } from '#libs/bus';
import { freshDatabase, type FreshDatabase } from '#libs/testkit';
import { aConfigFolder, type ConfigFolder } from './a-config-folder.js';
import { dismissMembers } from './dismiss-members.js';
import { JudgedSide, whileRunning } from './judged-side.js';
import type { MonitorProcess } from './monitor-process.js';
import { describeWithKafka, startOwnBroker, type OwnBroker } from './own-broker.js';
import { SaveProxy } from './save-proxy.js';
import { seedOfRun } from './seed-of-run.js';
import { seededRandom } from './seeded-random.js';
import { lineEvent, linesBefore, OWNER, storm, stormContract, type StormEvent } from './storm-contract.js';

/** More of them take longer, and show how fast a sweep is. At least 3,000, so that it takes several slices. */
const CASES = Number(process.env.PACTWATCH_SWEEP_CASES ?? 3_000);
const WITHIN = 120_000 + CASES * 10;
const APPENDED_AT_ONCE = 500;
const MEANWHILE_MILLIS = 25;

/** The first is told of the storm when its cases are there, the second before. */
const [SWEPT, KNOWING] = ['LINES-1', 'LINES-2'] as const;

interface KeptSweep {
  readonly after: string;
  readonly scope: { readonly by: string; readonly kinds: readonly string[] };
}

describeWithKafka(`an exemption of ${CASES} cases, and a monitor that is killed while it tells them`, () => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  let broker: OwnBroker;
  let database: FreshDatabase;
  let proxy: SaveProxy;
  let log: Log;
  let config: ConfigFolder;
  let side: JudgedSide;
  /** The sweep as it stood in the contract's row when the monitor was dead. */
  let unfinished: KeptSweep | undefined;
  let met = 0;

  async function append(contract: string, events: readonly StormEvent[]): Promise<void> {
    for (let from = 0; from < events.length; from += APPENDED_AT_ONCE) {
      await log.append(
        events.slice(from, from + APPENDED_AT_ONCE).map((event) => ({
          topic: TOPICS.events,
          key: contract,
          value: JSON.stringify({ specversion: '1.0', contractid: contract, ...event }),
          headers: { 'content-type': 'application/cloudevents+json' },
        })),
      );
    }
  }

  async function sweepsOf(contract: string): Promise<readonly KeptSweep[]> {
    const { rows } = await side.store.pool.query<{ sweeps: readonly KeptSweep[] | null }>(
      `SELECT state::jsonb -> 'sweeps' AS sweeps FROM contract_state WHERE contract = $1`,
      [contract],
    );
    return rows[0]?.sweeps ?? [];
  }

  /** Everything that was appended is judged, and everybody has been told. */
  async function rest(monitor: MonitorProcess): Promise<void> {
    const { high } = (await log.bounds(TOPICS.events))[0]!;
    await whileRunning([monitor], WITHIN, async () => {
      const [owner] = await side.owners();
      if ((owner?.nextOffset ?? 0) < high) return undefined;
      const left = [...(await sweepsOf(SWEPT)), ...(await sweepsOf(KNOWING))];
      return left.length === 0 ? true : undefined;
    });
  }

  /** Lets the monitor save step by step until a sweep has come to some and not to all; then kills it before its next save. */
  async function killInTheMiddle(monitor: MonitorProcess, begun: ReturnType<SaveProxy['hold']>): Promise<void> {
    for (let held = await begun; ;) {
      const [sweep] = await sweepsOf(SWEPT);
      if (sweep !== undefined && sweep.after !== '') return monitor.kill();
      const next = proxy.hold();
      void held.letGo();
      held = await whileRunning([monitor], WITHIN, () => next);
    }
  }

  /** Lines are repaired and stop while something goes on; returns what was told. */
  async function meanwhile(now: number, work: () => Promise<void>): Promise<StormEvent[]> {
    const told: StormEvent[] = [];
    const standing = Array.from({ length: CASES }, (_, index) => index).filter((index) => index % 2 === 1);
    let over = false;
    const telling = (async () => {
      for (let n = 0; !over; n++) {
        const events = [lineEvent('stopped', `M-${n}`, now + n)];
        const [repaired] = standing.splice(Math.floor(random() * standing.length), 1);
        if (repaired !== undefined) events.push(lineEvent('repaired', `L-${repaired}`, now + n));
        await append(SWEPT, events);
        told.push(...events);
        await new Promise((resolve) => setTimeout(resolve, MEANWHILE_MILLIS));
      }
    })();
    telling.catch(() => undefined);
    try {
      await work();
    } finally {
      over = true;
      await telling;
    }
    return told;
  }

  beforeAll(async () => {
    process.stderr.write(`seed of what is told meanwhile: ${seed}\n`);
    broker = await startOwnBroker();
    log = createKafkaLog({ brokers: [broker.brokers], clientId: 'pactwatch-sweep' });
    // Saves of one partition follow each other, so they can be let go one by one.
    await log.ensureTopics(productTopics(1));
    const now = Date.now();
    config = aConfigFolder([SWEPT, KNOWING].map((id) => stormContract(id, now)));
    database = await freshDatabase();
    const proxied = await SaveProxy.before(database.url);
    proxy = proxied.proxy;
    side = await JudgedSide.open({
      brokers: broker.brokers,
      config,
      databaseUrl: database.url,
      monitorsUrl: proxied.url,
    });
    await side.publish(log, config);
    const before = linesBefore(CASES, now);
    const [claimed, accepted] = storm(now);
    await append(SWEPT, [...before, claimed]);
    let monitor = side.start();
    await rest(monitor);

    let [began, sliceBefore] = [0, 0];
    const told = await meanwhile(now, async () => {
      const held = proxy.hold();
      await append(SWEPT, [accepted]);
      await killInTheMiddle(monitor, held);
      [unfinished] = await sweepsOf(SWEPT);
      await dismissMembers(broker.brokers);
      monitor = side.start();
      sliceBefore = await whileRunning([monitor], WITHIN, async () => {
        const [owner] = await side.owners();
        return owner?.process === monitor.name ? owner.slice : undefined;
      });
      began = Date.now();
      await whileRunning([monitor], WITHIN, async () => ((await sweepsOf(SWEPT)).length === 0 ? true : undefined));
    });
    const seconds = (Date.now() - began) / 1_000;
    const [owner] = await side.owners();
    const slices = owner!.slice - sliceBefore;
    process.stderr.write(`from the takeover on: ${slices} slices in ${seconds.toFixed(1)} s\n`);
    met = told.length;
    const others = shuffled([...before, claimed, ...told]);
    await append(KNOWING, [accepted, ...others]);
    await rest(monitor);
    expect(await monitor.stop()).toBe(0);
  }, 3 * WITHIN);

  afterAll(async () => {
    await side?.close();
    await proxy?.close();
    await database?.drop();
    await log?.close();
    await broker?.close();
    config?.remove();
  });

  function shuffled<T>(all: readonly T[]): T[] {
    const places = all.map((one) => ({ one, place: random() }));
    return places.sort((a, b) => a.place - b.place).map(({ one }) => one);
  }

  it('was killed when some cases had been told and others had not', () => {
    expect(unfinished?.scope).toEqual({ by: 'kinds', kinds: ['line'] });
    const keys = Array.from({ length: CASES }, (_, index) => `line/L-${index}`).sort();
    const { after } = unfinished!;
    expect(after > keys[0]! && after < keys[CASES - 1]!).toBe(true);
    expect(met).toBeGreaterThan(0);
  });

  it('comes to the verdicts of the contract that knew of the exemption from the start', async () => {
    const verdicts = (contract: string) =>
      `SELECT obligation, subject, instance, state, due_at, stopped_at FROM verdict WHERE contract = '${contract}'`;
    const { rows } = await side.store.pool.query(
      `((${verdicts(SWEPT)}) EXCEPT (${verdicts(KNOWING)}) UNION ALL ((${verdicts(KNOWING)}) EXCEPT (${verdicts(SWEPT)}))) LIMIT 5`,
    );
    expect(rows).toEqual([]);
    const { rows: states } = await side.store.pool.query<{ state: string; cases: number }>(
      `SELECT state, count(*)::int AS cases FROM verdict WHERE contract = $1 AND subject LIKE 'L-%' GROUP BY state`,
      [SWEPT],
    );
    // In the storm time stands still.
    expect(states.map(({ state }) => state).sort()).toEqual(['breached', 'met', 'paused']);
    expect(states.find(({ state }) => state === 'breached')?.cases).toBe(Math.floor(CASES / 4));
    expect(states.reduce((sum, { cases }) => sum + cases, 0)).toBe(CASES);
  });

  it('says of each breach that was taken back from then on what took it back', async () => {
    const { rows } = await side.store.pool.query<{ cause: object; subjects: number; decisions: number }>(
      `SELECT record::jsonb -> 'cause' AS cause, count(DISTINCT subject)::int AS subjects, count(*)::int AS decisions
         FROM decision WHERE contract = $1 AND type = 'compliance.breach.withdrawn'
          AND number >= (SELECT min(number) FROM decision
                          WHERE contract = $1 AND record::jsonb -> 'cause' ->> 'id' = 'storm accepted')
        GROUP BY 1`,
      [SWEPT],
    );
    const withdrawn = Math.ceil(CASES / 4) + Math.ceil((CASES - 1) / 4);
    expect(rows.slice(0, 5)).toEqual([
      {
        cause: { kind: 'fact', source: OWNER, id: 'storm accepted' },
        subjects: withdrawn,
        decisions: withdrawn,
      },
    ]);
  });

  it('numbers what it decides without a gap', async () => {
    const { rows } = await side.store.pool.query<{ decisions: number; first: number; last: number }>(
      'SELECT count(*)::int AS decisions, min(number)::int AS first, max(number)::int AS last FROM decision WHERE contract = $1',
      [SWEPT],
    );
    const { decisions, first, last } = rows[0]!;
    expect([first, last]).toEqual([1, decisions]);
  });
});
