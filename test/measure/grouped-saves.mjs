// Saves of sixteen partitions that are all ready at once: each in a transaction of its own beside the others, as the monitor does
// it, against all in one transaction and one round trip. After `npm run build`: node test/measure/grouped-saves.mjs
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const pg = require('pg');
const { startEmbeddedPostgres, Store } = require('../../dist/libs/store/src/index.js');
const { COMPOSITES, encodeSave, SAVE_STATEMENT } = require('../../dist/libs/store/src/encode-save.js');
const { aDecision, aFact, anId, aSave, aState, aVerdict } = require('../../dist/libs/testkit/src/index.js');

const TOPIC = 'platform.events';
const PARTITIONS = 16;
const RUNS = 5;
/** Events in a save, and saves of each partition in a run. */
const CASES = [
  [1, 60],
  [10, 40],
  [100, 12],
  [500, 4],
];
const DUE = Date.now() + 1e9;

const scratch = mkdtempSync(join(tmpdir(), 'pactwatch-grouped-saves-'));
const server = await startEmbeddedPostgres({ dataDir: join(scratch, 'postgres'), log: () => undefined });
const store = await Store.connect({ url: server.url, poolSize: 4 });
await store.migrate();
const client = new pg.Client({
  connectionString: server.url,
  options: '-c TimeZone=UTC -c synchronous_commit=on',
});
await client.connect();
const columns = COMPOSITES.map((name) => `'${name}'::regtype::oid::bigint::float8 AS ${name}`).join(', ');
const types = (await client.query(`SELECT ${columns}`)).rows[0];

let taken = 0;
let subjects = 0;

async function takeAll() {
  return Promise.all(
    Array.from({ length: PARTITIONS }, async () => {
      const partition = taken++;
      const { owner } = await store.take(TOPIC, partition, 'grouped-saves');
      return { contract: `C-${partition}`, number: 0, owner };
    }),
  );
}

function nextSave({ contract, number, owner }, events) {
  const numbers = Array.from({ length: events }, (_, index) => number + index + 1);
  const names = numbers.map(() => `S-${++subjects}`);
  const decisions = numbers.map((one) => aDecision(one, { contract }));
  return aSave(owner, {
    recordedAt: Date.now(),
    toOffset: owner.nextOffset + events,
    facts: names.map((name) => aFact(name, { contract })),
    ids: names.map((name) => anId(name, { contract })),
    states: names.map((name) => aState(`case/${name}`, { contract, nextInstant: DUE })),
    verdicts: names.map((name, index) => aVerdict(name, { contract, number: numbers[index] })),
    decisions,
    outbox: decisions.map(({ number: decisionNumber, record }) => ({
      ...{ topic: 'compliance.decisions', key: contract, partition: null, headers: {} },
      ...{ value: record, decisionNumber },
    })),
    contracts: [{ contract, clock: Date.now(), lastNumber: number + events, state: '{"published":[]}' }],
  });
}

function saved(one, save, events) {
  const outboxNumber = save.outboxNumber + save.outbox.length;
  one.owner = { ...one.owner, nextOffset: save.toOffset, outboxNumber };
  one.number += events;
}

const asExpression = SAVE_STATEMENT.replace(/^SELECT /, '').replace(/ AS recorded_at$/, '');
const parameters = Math.max(...[...asExpression.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
const together = `SELECT ${Array.from({ length: PARTITIONS }, (_, index) =>
  asExpression.replace(/\$(\d+)/g, (_match, number) => `$${Number(number) + parameters * index}`),
).join(', ')}`;

const ways = {
  each: (all, events, saves) =>
    Promise.all(
      all.map(async (one) => {
        for (let n = 0; n < saves; n++) {
          const save = nextSave(one, events);
          await store.save(save);
          saved(one, save, events);
        }
      }),
    ),
  together: async (all, events, saves) => {
    for (let n = 0; n < saves; n++) {
      const group = all.map((one) => nextSave(one, events));
      const values = group.flatMap((save) => encodeSave(save, types, 65_536).values);
      await client.query({ name: 'together', text: together, values });
      all.forEach((one, index) => saved(one, group[index], events));
    }
  },
};

/** Processor time of the server's processes in milliseconds, where the system tells. */
function processorMillis(pids) {
  return pids.reduce((sum, pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return sum + (Number(fields[11]) + Number(fields[12])) * 10;
    } catch {
      return sum;
    }
  }, 0);
}

async function measure(way, events, saves) {
  const all = await takeAll();
  const { rows } = await store.pool.query('SELECT pid FROM pg_stat_activity');
  const pids = rows.map(({ pid }) => pid);
  const before = processorMillis(pids);
  const began = performance.now();
  await ways[way](all, events, saves);
  const millis = performance.now() - began;
  const processor = processorMillis(pids) - before;
  for (const { owner } of all) await store.release(TOPIC, owner.partition, true);
  return { millis, processor };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

await measure('each', 10, 3);
await measure('together', 10, 3);
for (const [events, saves] of CASES) {
  const found = { each: [], together: [] };
  // One after the other, so that what else the machine does meets both.
  for (let run = 0; run < RUNS; run++)
    for (const way of ['each', 'together']) found[way].push(await measure(way, events, saves));
  const total = events * saves * PARTITIONS;
  const perSecond = (way) => Math.round((total / median(found[way].map(({ millis }) => millis))) * 1_000);
  const micros = (way) => Math.round((median(found[way].map(({ processor }) => processor)) / total) * 1_000);
  const [each, one] = [perSecond('each'), perSecond('together')];
  console.log(
    `${events} events per save: each by itself ${each}/s (${micros('each')} us of the server per event), ` +
      `together ${one}/s (${micros('together')} us), which is ${(one / each).toFixed(2)}`,
  );
}
await client.end();
await store.close();
await server.stop();
rmSync(scratch, { recursive: true, force: true });
