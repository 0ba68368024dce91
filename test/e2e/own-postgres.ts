import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '#libs/store';
import { eventually } from '#libs/testkit';

export interface OwnPostgres {
  /** Of a database on it; the same before and after a restart. */
  readonly url: string;
  readonly port: number;
  /** The postmaster at once (SIGKILL): its backends notice, and end, too. */
  kill(): Promise<void>;
  /** On the same port, with the same data: it recovers from its log first. */
  restart(): Promise<void>;
  /** Takes its data along. */
  close(): Promise<void>;
}

/** A PostgreSQL server of this test alone, so that it can be killed. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'pactwatch-e2e-postgres-'));
  const start = (port?: number) =>
    startEmbeddedPostgres({
      dataDir: join(folder, 'postgres'),
      log: () => undefined,
      ...(port === undefined ? {} : { port }),
    });
  let server = await start();
  const { url, port } = server;
  return {
    url,
    port,
    kill: async () => {
      const { pid } = server;
      process.kill(pid, 'SIGKILL');
      await eventually(() => (runs(pid) ? undefined : true));
    },
    restart: async () => {
      server = await start(port);
      if (server.port !== port) throw new Error(`the server came back on port ${server.port} instead of ${port}`);
    },
    close: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
