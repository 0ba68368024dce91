import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluateLines, loadContracts, type LoadedContract } from '#apps/cli';
import { TOPICS } from '#libs/bus';
import { formatInstant, parseInstant } from '#libs/calendar';
import { toRecord } from '#libs/evaluation';
import { eventually } from '#libs/testkit';
import { parseEvent, type EventEnvelope } from '#libs/events';
import { REFERENCE_NAME, referenceIsThere, sampleContract, wholeReferenceEvents } from '../reference-clocks.js';
import { aConfigFolder, type ConfigFolder } from './a-config-folder.js';
import { startProduct, type Product } from './a-product.js';
import { allPages } from './all-pages.js';
import { describeWithKafka, startOwnBroker, type OwnBroker } from './own-broker.js';
import { readTopic } from './read-topic.js';
import { runCommand } from './run-command.js';
import { seedOfRun } from './seed-of-run.js';
import { seededRandom } from './seeded-random.js';

const ORDERS = 20;
const CONTRACT = 'CRM-2026-001';
/** What is said about cases and what bears on them; of complaints every sixth. */
const WANTED =
  /^(complaint|rectification|data|exemption|waiver|evidence|proposal|report|invoice|payment|disclosure)\.|^fact\.corrected$|^survey\.round_closed$/;
const LATE_BY_MILLIS = 20 * 86_400_000;

interface Line {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time: string;
  readonly data?: unknown;
  readonly appendedtime?: string;
}

/**
 * Some hundred facts of the reference, each once, with corrections, exemptions, waivers and waits; what an asserted source says
 * of its own plans comes late, and the other party accepts some of it. A reused id would be the one exception to the order.
 */
function chosenFacts(contracts: readonly LoadedContract[]): Line[] {
  const texts = readFileSync(wholeReferenceEvents, 'utf8').split('\n');
  const { quarantined } = evaluateLines(
    contracts.map(({ contract }) => contract),
    texts,
  );
  const refused = new Set(quarantined.map(({ line }) => line));
  const reused = new Set(quarantined.map(({ id }) => id));
  const facts = new Map<string, Line>();
  texts.forEach((text, index) => {
    if (text.trim() === '' || refused.has(index + 1)) return;
    const line = JSON.parse(text) as Line;
    if (!WANTED.test(line.type) || reused.has(line.id)) return;
    const number = Number(/\d+$/.exec(line.subject ?? '')?.[0] ?? 0);
    if (line.type.startsWith('complaint.') && number % 6 !== 0) return;
    facts.set(`${line.source} ${line.id}`, line);
  });
  const all = [...facts.values()];
  const decisions: Line[] = [];
  return [
    ...all.map((line, index) => {
      if (!line.type.startsWith('rectification.') || line.source !== '/provider/ops') return line;
      const appendedtime = formatInstant(parseInstant(line.time)! + LATE_BY_MILLIS);
      const type = index % 3 === 0 ? 'evidence.rejected' : 'evidence.accepted';
      const data = { fact: { source: line.source, id: line.id } };
      const common = { specversion: '1.0', subject: `evidence ${line.id}`, contractid: CONTRACT };
      decisions.push({ ...common, id: `about ${line.id}`, source: '/client/ops', type, time: appendedtime, data });
      return { ...line, appendedtime };
    }),
    ...decisions,
  ];
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items];
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}

const orderOf = (index: number): string => `${CONTRACT}-${index + 1}`;

const FIELDS = [
  'state',
  'startedAt',
  'dueAt',
  'stoppedAt',
  'elapsed',
  'allowed',
  'overdueBy',
  'clause',
  'party',
] as const;

type Shown = Readonly<Record<(typeof FIELDS)[number] | 'obligation' | 'subject' | 'instance', unknown>>;

function byName(records: readonly Shown[]): Record<string, unknown[]> {
  return Object.fromEntries(
    records.map((one) => [
      `${String(one.obligation)}/${String(one.subject)}/${String(one.instance)}`,
      FIELDS.map((field) => one[field]),
    ]),
  );
}

(referenceIsThere ? describeWithKafka : describe.skip)(`the same facts in ${ORDERS} orders, ${REFERENCE_NAME}`, () => {
  const seed = seedOfRun();
  let folder: string;
  let config: ConfigFolder;
  let broker: OwnBroker;
  let product: Product;
  let facts: readonly Line[];
  let sample: readonly LoadedContract[];
  const decisions = new Map<string, (EventEnvelope['data'] & { type: string })[]>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pactwatch-orders-'));
    mkdirSync(join(folder, 'contracts'));
    sample = loadContracts([sampleContract], {});
    facts = chosenFacts(sample);
    const text = readFileSync(sampleContract, 'utf8');
    const files = Array.from({ length: ORDERS }, (_, index) => {
      const file = join(folder, 'contracts', `${index + 1}.yaml`);
      writeFileSync(file, text.replace(`contract: ${CONTRACT}`, `contract: ${orderOf(index)}`));
      return file;
    });
    broker = await startOwnBroker();
    config = aConfigFolder([]);
    product = await startProduct({
      contracts: loadContracts(files, { PACTWATCH_CONFIG: 'config' }),
      configFolder: config.folder,
      brokers: broker.brokers,
    });
    const random = seededRandom(seed);
    const orders = Array.from({ length: ORDERS }, (_, index) =>
      shuffled(facts, random).map((line) => JSON.stringify({ ...line, contractid: orderOf(index) })),
    );
    const events = join(folder, 'events.ndjson');
    writeFileSync(events, `${orders.flat().join('\n')}\n`);
    await runCommand(['send', '--backfill', '--open', events], product.env);
    await product.caughtUp();
    const { pool } = product.servers.store;
    const told = async (): Promise<true | undefined> =>
      (await pool.query('SELECT 1 FROM outbox LIMIT 1')).rowCount === 0 ? true : undefined;
    await eventually(told, { within: 300_000 });
    // Statements are numbered with the decisions, and told on a topic of their own.
    for (const topic of [TOPICS.decisions, TOPICS.statements]) {
      for (const record of await readTopic(product.servers.log, topic)) {
        const parsed = parseEvent(record);
        if (!parsed.ok) throw new Error(parsed.refusal.detail);
        const { data, type } = parsed.event;
        const contract = String(data['contract']);
        decisions.set(contract, [...(decisions.get(contract) ?? []), { ...data, type }]);
      }
    }
    for (const all of decisions.values()) all.sort((a, b) => Number(a['number']) - Number(b['number']));
  }, 600_000);

  afterAll(async () => {
    await product?.close();
    await broker?.close();
    config?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are some hundred, of every kind', () => {
    expect(facts.length).toBeGreaterThan(200);
    const types = new Set(facts.map(({ type }) => type));
    for (const type of ['fact.corrected', 'exemption.accepted', 'waiver.agreed', 'evidence.accepted', 'data.requested'])
      expect(types).toContain(type);
  });

  it(`come to the verdicts that evaluate gives (seed ${seed})`, async () => {
    const asOf = Math.max(...facts.map(({ time, appendedtime }) => parseInstant(appendedtime ?? time)!));
    const lines = facts.map((line) => JSON.stringify(line));
    const judged = evaluateLines(
      sample.map(({ contract }) => contract),
      lines,
      { asOf },
    ).verdicts;
    const expected = byName(judged.map(({ verdict }) => toRecord(verdict, 1)));
    expect(Object.keys(expected).length).toBeGreaterThan(100);
    expect(new Set(Object.values(expected).map(([state]) => state))).toEqual(
      new Set(
        ['met', 'breached', 'running', 'paused', 'cancelled', 'excused'].filter((state) =>
          judged.some(({ verdict }) => verdict.state === state),
        ),
      ),
    );
    for (let index = 0; index < ORDERS; index++) {
      const items = await allPages<Shown>(product.url, `/v1/contracts/${orderOf(index)}/verdicts`, { limit: '1000' });
      expect({ order: index, verdicts: byName(items) }).toEqual({ order: index, verdicts: expected });
    }
  });

  it(`are decided in numbers without gaps, each revision of the one before it (seed ${seed})`, () => {
    expect(decisions.size).toBe(ORDERS);
    for (const told of decisions.values()) {
      expect(told.map(({ number }) => number)).toEqual(told.map((_, index) => index + 1));
      const last = new Map<string, { readonly number: unknown; readonly revision: number }>();
      for (const { id, number, revision, supersedes, warning } of told) {
        if (warning !== undefined) continue;
        const before = last.get(String(id));
        expect({ id, number, revision, supersedes }).toEqual({
          id,
          number,
          revision: (before?.revision ?? 0) + 1,
          supersedes: before?.number ?? null,
        });
        last.set(String(id), { number, revision: Number(revision) });
      }
    }
  });

  it('are judged anew where replay finds that something else is recorded', async () => {
    const { pool } = product.servers.store;
    const { rows } = await pool.query<{ obligation: string; subject: string }>(
      `UPDATE verdict SET state = 'met', breached = false WHERE (contract, obligation, subject, instance) = (
         SELECT contract, obligation, subject, instance FROM verdict WHERE contract = $1 AND state = 'breached' LIMIT 1
       ) RETURNING obligation, subject`,
      [orderOf(0)],
    );
    const asked = [
      'replay',
      '--contract',
      orderOf(0),
      '--apply',
      '--reason',
      'the program was mended',
      '--format',
      'json',
    ];
    const said = (await runCommand(asked, product.env)).trim().split('\n');
    expect(said.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ kind: 'difference', ...rows[0], field: 'state', recorded: 'met', judged: 'breached' }),
      expect.objectContaining({ kind: 'replay', differences: 1, asked: true }),
    ]);
    const events = (await readTopic(product.servers.log, TOPICS.events)).map(parseEvent);
    const own = events.flatMap((parsed) =>
      parsed.ok && parsed.event.type === 'contract.replayed' ? [parsed.event] : [],
    );
    expect(own.map(({ contractid, data }) => [contractid, data['reason']])).toEqual([
      [orderOf(0), 'the program was mended'],
    ]);
    await product.caughtUp();
    expect((await pool.query('SELECT 1 FROM quarantine')).rowCount).toBe(0);
  });

  it(`name for each breach that is withdrawn the fact that withdrew it (seed ${seed})`, () => {
    const known = new Set(facts.map(({ source, id }) => `${source} ${id}`));
    const withdrawn = [...decisions.values()].flat().filter(({ type }) => type === 'compliance.breach.withdrawn');
    expect(withdrawn.length).toBeGreaterThan(ORDERS);
    for (const { id, cause } of withdrawn) {
      const { kind, source, id: fact } = cause as { kind: string; source: string; id: string };
      expect({ id, kind, known: known.has(`${source} ${fact}`) }).toEqual({ id, kind: 'fact', known: true });
    }
  });
});
