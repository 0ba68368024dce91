import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import type { UserIds } from './unprivileged-user.js';

export interface Binaries {
  readonly version: string;
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
}

/**
 * The server's programs from the npm package. Its own JavaScript is left alone: that ends the server on SIGTERM, before
 * the product has saved what is under way.
 *
 * Where the user cannot reach them (a clone below a closed home, started as root) or their links were never made
 * (install scripts switched off), a copy in the system's temporary folder serves.
 */
export function findBinaries(user: UserIds | undefined): Binaries {
  const { folder, version } = installed();
  if (runs(folder, user)) return programs(folder, version);
  const copy = copied(folder, version);
  const trial = attempt(copy, user);
  if (trial.status === 0) return programs(copy, version);
  throw new EmbeddedPostgresError(`The embedded PostgreSQL ${version} in ${copy} does not run.`, trial.said);
}

function installed(): { folder: string; version: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
    const root = path.dirname(path.dirname(entry));
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    return { folder: path.join(root, 'native'), version };
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The package ${name} is not installed: there is no embedded PostgreSQL for this machine. Set DATABASE_URL.`,
      '',
      error,
    );
  }
}

function programs(folder: string, version: string): Binaries {
  const program = (name: string): string =>
    path.join(folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { version, postgres: program('postgres'), initdb: program('initdb'), pgCtl: program('pg_ctl') };
}

function attempt(folder: string, user: UserIds | undefined): { status: number | null; said: string } {
  const { postgres } = programs(folder, '');
  const { status, stderr, error } = spawnSync(postgres, ['--version'], {
    ...user,
    cwd: path.parse(postgres).root,
    encoding: 'utf8',
  });
  return { status, said: error === undefined ? stderr : error.message };
}

function runs(folder: string, user: UserIds | undefined): boolean {
  return attempt(folder, user).status === 0;
}

function copied(folder: string, version: string): string {
  const target = path.join(os.tmpdir(), `pactwatch-postgres-${version}-${process.getuid?.() ?? 0}`);
  if (trusted(target)) return target;
  const fresh = mkdtempSync(`${target}-`);
  cpSync(folder, fresh, { recursive: true, verbatimSymlinks: true });
  makeReadable(fresh);
  makeLinks(fresh);
  try {
    renameSync(fresh, target);
    return target;
  } catch {
    // Someone was faster: theirs will do if it is ours to trust, else the fresh one stays where it is.
    if (!trusted(target)) return fresh;
    rmSync(fresh, { recursive: true, force: true });
    return target;
  }
}

function makeReadable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const inside = path.join(folder, entry.name);
    if (entry.isDirectory()) makeReadable(inside);
    else if (entry.isFile()) chmodSync(inside, path.basename(folder) === 'bin' ? 0o755 : 0o644);
  }
}

/** The package cannot carry symbolic links: it lists them (`native/…` paths) for its install script. */
function makeLinks(folder: string): void {
  const list = path.join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(folder, path.relative('native', target));
    if (existsSync(link)) continue;
    rmSync(link, { force: true });
    symlinkSync(path.basename(source), link);
  }
}

/** Nobody else can have put it there or changed it. */
function trusted(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === (process.getuid?.() ?? stat.uid) && (stat.mode & 0o022) === 0;
}
