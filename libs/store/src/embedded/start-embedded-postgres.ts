import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import { openDataFolder, type DataFolder } from './data-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { findBinaries, type Binaries } from './find-binaries.js';
import { freePort } from './free-port.js';
import { readPostmasterFile } from './postmaster-file.js';
import { stopLeftover } from './stop-leftover.js';
import { unprivilegedUser, type UserIds } from './unprivileged-user.js';

export interface EmbeddedPostgresOptions {
  /** Made where missing; what is in it is kept over restarts. */
  readonly dataDir: string;
  /** Taken if free, else any free one. */
  readonly port?: number;
  readonly log: (line: string) => void;
}

export interface EmbeddedPostgres {
  readonly url: string;
  readonly port: number;
  /** Of the server. */
  readonly pid: number;
  /** Ends all sessions, writes everything out, resolves when the server is gone. */
  stop(): Promise<void>;
}

export const SUPERUSER = 'pactwatch';
const DATABASE = 'pactwatch';
const POLL_MILLIS = 20;
/** After a power cut the server first replays its log; giving up earlier would only make it start over. */
const READY_MILLIS = 600_000;
const STOP_MILLIS = 60_000;
const PORT_ATTEMPTS = 5;

/** Loopback only, no socket files, nothing that a single small machine has no use for; durable as the default is. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  synchronous_commit: 'on',
  fsync: 'on',
  max_connections: '200',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '2GB',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * Starts a PostgreSQL server from the npm package, as a process of its own that no signal to this one reaches: it goes
 * when `stop` is called or this process ends, and what a killed process leaves behind is stopped at the next start.
 *
 * @throws EmbeddedPostgresError with the server's last words
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const user = unprivilegedUser();
  const binaries = findBinaries(user);
  const data = openDataFolder(options.dataDir, user);
  const password = readPassword(data);
  if (existsSync(data.cluster)) await stopLeftover(data, binaries, user, { user: SUPERUSER, password }, options.log);
  else makeCluster(data, binaries, user, password);

  const server = await startServer(data, binaries, user, options.port);
  const url = `postgres://${SUPERUSER}:${password}@127.0.0.1:${server.port}/`;
  await makeDatabase(`${url}postgres`);
  writeFileSync(data.ownerFile, `${process.pid}`);
  options.log(`embedded PostgreSQL ${binaries.version} on 127.0.0.1:${server.port}, data and log in ${data.root}`);

  // Signals are the caller's business: only the end of this process takes the server along.
  const endWithUs = (): void => void server.child.kill('SIGINT');
  process.once('exit', endWithUs);
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await stopServer(server.child, binaries, data);
    process.off('exit', endWithUs);
    rmSync(data.ownerFile, { force: true });
  };
  return { url: `${url}${DATABASE}`, port: server.port, pid: server.pid, stop: () => (stopped ??= stop()) };
}

export function readPassword(data: DataFolder): string {
  if (!existsSync(data.passwordFile)) {
    // A cluster without its password is of no use to anybody; one is only made after the password is there.
    writeFileSync(data.passwordFile, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 });
  }
  return readFileSync(data.passwordFile, 'utf8').trim();
}

/** Made under another name first: a cluster that was cut off half-way is never taken for a whole one. */
function makeCluster(data: DataFolder, binaries: Binaries, user: UserIds | undefined, password: string): void {
  const fresh = `${data.cluster}.new`;
  const passwordFile = `${data.passwordFile}.init`;
  rmSync(fresh, { recursive: true, force: true });
  writeFileSync(passwordFile, `${password}\n`);
  try {
    const flags = [
      '--locale=C',
      '--encoding=UTF8',
      '--auth=scram-sha-256',
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
    ];
    // Readable for the server's user, whatever our umask is; the folder is closed to all others.
    chmodSync(passwordFile, 0o644);
    const made = spawnSync(binaries.initdb, ['-D', fresh, ...flags], {
      ...user,
      cwd: data.root,
      env: environment(),
      encoding: 'utf8',
    });
    if (made.status !== 0) {
      throw new EmbeddedPostgresError(
        `No database could be made in ${data.root}.`,
        made.error === undefined ? made.stderr : made.error.message,
      );
    }
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(fresh, data.cluster);
}

interface Server {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
}

async function startServer(
  data: DataFolder,
  binaries: Binaries,
  user: UserIds | undefined,
  asked?: number,
): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(attempt === 1 ? asked : undefined);
    const child = launch(data, binaries, user, port);
    if ((await ready(child, data)) && child.pid !== undefined) return { child, pid: child.pid, port };
    const said = readFileSync(data.serverLog, 'utf8');
    // Somebody took the port between our look and the server's.
    if (/could not bind|could not create any TCP\/IP sockets/.test(said) && attempt < PORT_ATTEMPTS) continue;
    throw new EmbeddedPostgresError(`The embedded PostgreSQL in ${data.root} did not start on port ${port}.`, said);
  }
}

/** Its output goes to a file, not a pipe: it must be able to speak when we are gone. */
function launch(data: DataFolder, binaries: Binaries, user: UserIds | undefined, port: number): ChildProcess {
  const output = openSync(data.serverLog, 'w', 0o600);
  try {
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn(binaries.postgres, ['-D', data.cluster, '-p', `${port}`, ...settings], {
      ...user,
      cwd: data.root,
      env: environment(),
      detached: true,
      windowsHide: true,
      stdio: ['ignore', output, output],
    });
    child.on('error', () => undefined);
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

async function ready(child: ChildProcess, data: DataFolder): Promise<boolean> {
  const deadline = Date.now() + READY_MILLIS;
  while (Date.now() < deadline) {
    if (child.pid === undefined || ended(child)) return false;
    const file = readPostmasterFile(data.cluster);
    if (file?.pid === child.pid && file.ready) return true;
    await pause(POLL_MILLIS);
  }
  child.kill('SIGINT');
  return false;
}

async function stopServer(child: ChildProcess, binaries: Binaries, data: DataFolder): Promise<void> {
  if (ended(child)) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (process.platform === 'win32') spawnSync(binaries.pgCtl, ['stop', '-D', data.cluster, '-m', 'fast']);
  else child.kill('SIGINT');
  child.ref();
  const late = setTimeout(() => child.kill('SIGQUIT'), STOP_MILLIS);
  await gone;
  clearTimeout(late);
}

async function makeDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Messages in English, whatever the machine speaks: we read some of them. Settings of other servers stay out. */
function environment(): NodeJS.ProcessEnv {
  const foreign = /^(PG[A-Z]+|LC_[A-Z]+|LANG|LANGUAGE)$/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
