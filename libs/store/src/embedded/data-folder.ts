import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import type { UserIds } from './unprivileged-user.js';

const ELSEWHERE = '/var/lib/pactwatch';

/** Where the embedded server keeps its things. */
export class DataFolder {
  constructor(readonly root: string) {}

  /** PGDATA. */
  get cluster(): string {
    return path.join(this.root, 'cluster');
  }

  /** The server's own log of its present run. */
  get serverLog(): string {
    return path.join(this.root, 'server.log');
  }

  get passwordFile(): string {
    return path.join(this.root, 'password');
  }

  /** Pid of the process that started the server. */
  get ownerFile(): string {
    return path.join(this.root, 'owner.pid');
  }
}

/**
 * Makes the folder, for the server's user alone. Where that user cannot reach it (started as root below a closed home),
 * the data lie in /var/lib and the folder names the place: without the name, the data are new ones.
 */
export function openDataFolder(asked: string, user: UserIds | undefined): DataFolder {
  const wanted = path.resolve(asked);
  mkdirSync(wanted, { recursive: true });
  if (user === undefined) {
    chmodSync(wanted, 0o700);
    return new DataFolder(wanted);
  }
  if (reachable(path.dirname(wanted), user)) return given(wanted, user);
  const elsewhere = readPlace(wanted);
  mkdirSync(elsewhere, { recursive: true, mode: 0o755 });
  if (!reachable(path.dirname(elsewhere), user)) {
    throw new EmbeddedPostgresError(
      `The server's user ${user.uid} can reach neither ${wanted} nor ${elsewhere}. Set DATABASE_URL.`,
    );
  }
  return given(elsewhere, user);
}

function given(folder: string, user: UserIds): DataFolder {
  chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  return new DataFolder(folder);
}

function readPlace(wanted: string): string {
  const file = path.join(wanted, 'location');
  if (!existsSync(file)) {
    const name = `${createHash('sha256').update(wanted).digest('hex').slice(0, 8)}-${randomBytes(4).toString('hex')}`;
    writeFileSync(file, `${path.join(ELSEWHERE, name)}\n`);
  }
  return readFileSync(file, 'utf8').trim();
}

/** By permission bits; a folder opened by access lists alone is not seen to be open, which costs nothing but the detour. */
function reachable(folder: string, user: UserIds): boolean {
  const { mode, uid, gid } = statSync(folder);
  const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  if ((mode & bit) === 0) return false;
  const parent = path.dirname(folder);
  return parent === folder || reachable(parent, user);
}
