import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import type { DataFolder } from './data-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import type { Binaries } from './find-binaries.js';
import { isAlive, readPostmasterFile } from './postmaster-file.js';
import type { UserIds } from './unprivileged-user.js';

const STOP_SECONDS = 60;
const ANSWER_MILLIS = 5_000;

/**
 * Stops the server that a killed process left behind, so that it can be started anew with our settings and log.
 *
 * @throws EmbeddedPostgresError when the process that started it still lives: two products do not share a folder
 */
export async function stopLeftover(
  data: DataFolder,
  binaries: Binaries,
  user: UserIds | undefined,
  login: { readonly user: string; readonly password: string },
  log: (line: string) => void,
): Promise<void> {
  const file = readPostmasterFile(data.cluster);
  if (file === undefined || !isAlive(file.pid)) return;
  if (!(await isServerOf(data.cluster, file.port, login))) {
    // The number went to another process, or the server cannot be asked; in the latter case it refuses a second one itself.
    if (isAnotherProgram(file.pid)) rmSync(path.join(data.cluster, 'postmaster.pid'), { force: true });
    return;
  }
  const owner = existsSync(data.ownerFile) ? Number(readFileSync(data.ownerFile, 'utf8')) : Number.NaN;
  if (Number.isInteger(owner) && owner !== process.pid && isAlive(owner)) {
    throw new EmbeddedPostgresError(
      `The data folder ${data.root} is in use by process ${owner}. Stop it first, or give this one another folder (PACTWATCH_DATA).`,
    );
  }
  if (owner === process.pid) {
    throw new EmbeddedPostgresError(`This process has already started a server in ${data.root}.`);
  }
  log(`stopping the PostgreSQL server ${file.pid} that an earlier run left behind in ${data.root}`);
  execFileSync(binaries.pgCtl, ['stop', '-D', data.cluster, '-m', 'fast', '-w', '-t', `${STOP_SECONDS}`], {
    ...user,
    cwd: data.root,
    stdio: 'ignore',
  });
}

async function isServerOf(cluster: string, port: number, login: { user: string; password: string }): Promise<boolean> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    ...login,
    database: 'postgres',
    connectionTimeoutMillis: ANSWER_MILLIS,
    query_timeout: ANSWER_MILLIS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ folder: string }>(`SELECT current_setting('data_directory') AS folder`);
    return path.resolve(rows[0]?.folder ?? '') === cluster;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Only where the system tells (Linux): elsewhere nothing is taken for granted. */
function isAnotherProgram(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres');
  } catch {
    return false;
  }
}
