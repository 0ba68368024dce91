import { existsSync, rmSync } from 'node:fs';
import { openDataFolder } from './data-folder.js';
import { findBinaries } from './find-binaries.js';
import { readPassword, SUPERUSER } from './start-embedded-postgres.js';
import { stopLeftover } from './stop-leftover.js';
import { unprivilegedUser } from './unprivileged-user.js';

/**
 * Deletes the data of an embedded server, after stopping one that a killed process left behind in them.
 *
 * @throws EmbeddedPostgresError when the process that started it still lives
 */
export async function removeEmbeddedPostgres(dataDir: string, log: (line: string) => void): Promise<void> {
  if (!existsSync(dataDir)) return;
  const user = unprivilegedUser();
  const data = openDataFolder(dataDir, user);
  if (existsSync(data.cluster)) {
    await stopLeftover(data, findBinaries(user), user, { user: SUPERUSER, password: readPassword(data) }, log);
  }
  rmSync(data.root, { recursive: true, force: true });
  rmSync(dataDir, { recursive: true, force: true });
}
