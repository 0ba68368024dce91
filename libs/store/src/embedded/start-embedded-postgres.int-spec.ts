import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { eventually } from '#libs/testkit';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { isAlive } from './postmaster-file.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './start-embedded-postgres.js';

/** The same code, compiled by the global set-up: a process of its own can run it. */
const COMPILED = path.resolve(__dirname, '../../../../.scratch/embedded/start-embedded-postgres.js');

const asRoot = process.getuid?.() === 0;

let scratch: string;
const running: EmbeddedPostgres[] = [];

beforeEach(() => {
  scratch = mkdtempSync(path.join(os.tmpdir(), 'pactwatch-embedded-'));
  chmodSync(scratch, 0o755);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
  rmSync(scratch, { recursive: true, force: true });
});

async function start(dataDir: string, port?: number): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({
    dataDir,
    ...(port === undefined ? {} : { port }),
    log: () => undefined,
  });
  running.push(server);
  return server;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows as unknown[];
  } finally {
    await client.end();
  }
}

/** A process that starts the server and then does nothing. */
async function starter(dataDir: string): Promise<{ child: ChildProcess; url: string; pid: number }> {
  const script = path.join(scratch, 'starter.cjs');
  writeFileSync(
    script,
    `require(${JSON.stringify(COMPILED)}).startEmbeddedPostgres({ dataDir: process.argv[2], log: () => undefined })
      .then(({ url, pid }) => process.send({ url, pid })); setInterval(() => undefined, 1000);`,
  );
  const child = fork(script, [dataDir], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
  const { url, pid } = await new Promise<{ url: string; pid: number }>((resolve) =>
    child.once('message', resolve as never),
  );
  return { child, url, pid };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

it('keeps its data over stop and start, and commits durably', async () => {
  const first = await start(path.join(scratch, 'data'));
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS n');
  expect(await query(first.url, 'SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'on' }]);
  await first.stop();
  expect(isAlive(first.pid)).toBe(false);
  const second = await start(path.join(scratch, 'data'));
  expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
});

it('takes another port where the one asked for is busy', async () => {
  const busy = net.createServer();
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
  const { port } = busy.address() as net.AddressInfo;
  try {
    const server = await start(path.join(scratch, 'data'), port);
    expect(server.port).not.toBe(port);
    expect(await query(server.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  } finally {
    busy.close();
  }
});

it('replaces the server that a killed process left behind', async () => {
  const data = path.join(scratch, 'data');
  const left = await starter(data);
  await query(left.url, 'CREATE TABLE kept AS SELECT 42 AS n');
  left.child.kill('SIGKILL');
  await ended(left.child);
  expect(isAlive(left.pid)).toBe(true);
  const server = await start(data);
  // It gives up its data a moment before it is gone.
  await eventually(() => (isAlive(left.pid) ? undefined : true));
  expect(await query(server.url, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
});

it('refuses a folder that a living process uses', async () => {
  const data = path.join(scratch, 'data');
  const owner = await starter(data);
  await expect(start(data)).rejects.toThrow(`is in use by process ${owner.child.pid}`);
  owner.child.kill('SIGKILL');
  await ended(owner.child);
  await (await start(data)).stop();
});

it('goes with a process that exits without stopping it', async () => {
  const script = `require(${JSON.stringify(COMPILED)}).startEmbeddedPostgres({ dataDir: process.argv[1], log: () => undefined })
    .then(({ pid }) => { console.log(pid); process.exit(3); })`;
  const { stdout, status } = spawnSync(process.execPath, ['-e', script, path.join(scratch, 'data')], {
    encoding: 'utf8',
  });
  expect(status).toBe(3);
  await eventually(() => (isAlive(Number(stdout)) ? undefined : true));
});

it('says what the server said when it does not start', async () => {
  const first = await start(path.join(scratch, 'data'));
  await first.stop();
  const settings = path.join(scratch, 'data', 'cluster', 'postgresql.conf');
  appendFileSync(settings, 'no_such_setting = 1\n');
  const refused = start(path.join(scratch, 'data'));
  await expect(refused).rejects.toBeInstanceOf(EmbeddedPostgresError);
  await expect(refused).rejects.toThrow('no_such_setting');
});

(asRoot ? it : it.skip)(
  'started as root below a closed folder keeps its data where its user can reach them',
  async () => {
    const closed = path.join(scratch, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const first = await start(path.join(closed, 'data'));
    const [row] = (await query(first.url, 'SHOW data_directory')) as { data_directory: string }[];
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS n');
    await first.stop();
    const second = await start(path.join(closed, 'data'));
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
    await second.stop();
    const place = path.dirname(row?.data_directory ?? '');
    expect(place).toMatch(/^\/var\/lib\/pactwatch\/[0-9a-f]{8}-[0-9a-f]{8}$/);
    rmSync(place, { recursive: true });
  },
);
