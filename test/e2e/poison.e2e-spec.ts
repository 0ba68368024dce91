import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TOPICS } from '#libs/bus';
import { freshDatabase, eventually, type FreshDatabase } from '#libs/testkit';
import { idAt, Lab } from '../../apps/monitor/test/lab.js';
import { labContract } from '../../apps/monitor/test/lab-contract.js';
import { anEvent, STAMP_KEY, type GivenEvent } from '../../apps/monitor/test/lab-records.js';

const root = join(__dirname, '../..');
const main = join(root, 'dist/apps/monitor/src/main.js');
const HOME = 1;
const ID = idAt(HOME);
const MARK = 'dies of this';

/** Loaded before the monitor: whoever reads text with the mark in it dies on the spot. */
const DEADLY = `
const parse = JSON.parse;
JSON.parse = (text, ...more) => {
  if (String(text).includes(${JSON.stringify(MARK)})) process.kill(process.pid, 'SIGKILL');
  return parse(text, ...more);
};`;

let database: FreshDatabase;
let lab: Lab;

beforeAll(async () => {
  if (!existsSync(main)) throw new Error(`${main} is not there: 'npm run build' makes it`);
  database = await freshDatabase();
  lab = await Lab.open(database.url);
});

afterAll(async () => {
  await lab?.close();
  await database?.drop();
});

const received = (subject: string, difference: Partial<GivenEvent> = {}) =>
  anEvent({ id: `received ${subject}`, subject, time: Date.now() - 100, contract: ID, ...difference });

/** Runs the monitor until it ends by itself or `enough` says so; returns the signal that ended it. */
async function run(enough: () => Promise<boolean>): Promise<NodeJS.Signals | null> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(DEADLY)}`, main], {
    cwd: root,
    env: {
      PATH,
      PORT: '0',
      LOG_LEVEL: 'error',
      DATABASE_URL: database.url,
      PACTWATCH_STAMP_KEY: STAMP_KEY.toString(),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  await eventually(
    async () => (child.exitCode !== null || child.signalCode !== null || (await enough()) ? true : undefined),
    { within: 120_000 },
  );
  child.kill('SIGTERM');
  const [, signal] = await ended;
  process.off('exit', endWithUs);
  return signal;
}

it('finds the record that kills its process, sets it aside, and judges the rest', async () => {
  await lab.publish(labContract(ID));
  const judged = async (): Promise<boolean> => (await lab.store.readOwner(TOPICS.events, HOME))?.nextOffset === 1;
  const { stop } = await lab.start();
  await eventually(async () => ((await judged()) ? true : undefined));
  await stop();
  await lab.append(
    received('S-1'),
    received('S-2'),
    received('S-3', { data: { urgency: 'soon', note: MARK } }),
    received('S-4'),
  );
  // Behind the four a tick may come: one a second while nothing else does.
  const END = 5;
  const read = async () => (await lab.store.readOwner(TOPICS.events, HOME))!;
  const all = async (): Promise<boolean> => (await read()).nextOffset >= END;
  const ends: (NodeJS.Signals | null)[] = [];
  const names: unknown[] = [];
  while (ends.at(-1) !== null && ends.length < 10) {
    ends.push(await run(all));
    const { nextOffset, starts, named } = await read();
    names.push([Math.min(nextOffset, END), starts, named?.starts ?? 0]);
  }
  // The first start after the end in order counts for it; from the third on each names what it judges.
  expect(names).toEqual([
    [1, 1, 0],
    [1, 2, 0],
    [3, 3, 1],
    [3, 1, 2],
    [3, 2, 3],
    [5, 3, 0],
  ]);
  expect(ends).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGKILL', null]);
  const { rows } = await lab.store.pool.query(
    `SELECT reason, record_offset::int AS offset, convert_from(value, 'UTF8') LIKE $1 AS raw FROM quarantine`,
    [`%${MARK}%`],
  );
  expect(rows).toEqual([{ reason: 'POISON', offset: 3, raw: true }]);
  const told = await lab.decisions(ID);
  expect(told.map(({ subject, type }) => `${subject} ${type}`)).toEqual([
    'S-1 verdict.opened',
    'S-2 verdict.opened',
    'S-4 verdict.opened',
  ]);
});
