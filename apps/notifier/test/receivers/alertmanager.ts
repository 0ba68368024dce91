import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = 'prometheus-alertmanager';
const START_MILLIS = 60_000;

export const hasAlertmanager = spawnSync(PROGRAM, ['--version']).error === undefined;

/** A real Alertmanager that tells one webhook at once of whatever begins or ends. It keeps its place when started anew. */
export class Alertmanager {
  private readonly folder = mkdtempSync(join(tmpdir(), 'alertmanager-'));
  private port = 0;
  private program: ChildProcess | undefined;

  constructor(private readonly webhook: string) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<this> {
    if (!hasAlertmanager) throw new Error(`${PROGRAM} is not installed`);
    const file = join(this.folder, 'alertmanager.yml');
    writeFileSync(
      file,
      `route: { receiver: all, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }\n` +
        `receivers: [{ name: all, webhook_configs: [{ url: '${this.webhook}', send_resolved: true }] }]\n`,
    );
    if (this.port === 0) this.port = await freePort();
    this.program = spawn(
      PROGRAM,
      [
        `--config.file=${file}`,
        `--storage.path=${this.folder}`,
        `--web.listen-address=127.0.0.1:${this.port}`,
        '--cluster.listen-address=',
      ],
      { stdio: 'ignore' },
    );
    await this.isReady();
    return this;
  }

  private async isReady(): Promise<void> {
    const deadline = Date.now() + START_MILLIS;
    for (;;) {
      const ready = await fetch(`${this.url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (ready) return;
      if (Date.now() > deadline) throw new Error(`${PROGRAM} is not ready within ${START_MILLIS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Labels of what is active. */
  async active(): Promise<readonly Readonly<Record<string, string>>[]> {
    const answer = await fetch(`${this.url}/api/v2/alerts?active=true`);
    return ((await answer.json()) as { labels: Record<string, string> }[]).map(({ labels }) => labels);
  }

  async stop(): Promise<void> {
    const { program } = this;
    if (program === undefined || program.exitCode !== null) return;
    const ended = once(program, 'exit');
    program.kill('SIGKILL');
    await ended;
    this.program = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
