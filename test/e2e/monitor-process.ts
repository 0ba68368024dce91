import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '#libs/testkit';

const root = join(__dirname, '../..');
const main = join(root, 'dist/apps/monitor/src/main.js');
const KEPT_LINES = 5_000;
const SHOWN_LINES = 15;

/** A line of its log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly err?: { readonly type?: string; readonly message?: string };
  readonly [field: string]: unknown;
}

/** What `/health/ready` answers, and what is missing then. */
export interface Readiness {
  readonly status: number;
  readonly down: readonly string[];
}

/** The monitor in a process of its own, as it was built. */
export class MonitorProcess {
  private readonly kept: string[] = [];
  private readonly ended: Promise<void>;

  private constructor(private readonly child: ChildProcess) {
    createInterface(child.stderr!).on('line', (line) => {
      this.kept.push(line);
      if (this.kept.length > KEPT_LINES) this.kept.shift();
    });
    const endWithUs = (): void => void child.kill('SIGKILL');
    process.once('exit', endWithUs);
    this.ended = new Promise((resolve) =>
      child.once('close', () => {
        process.off('exit', endWithUs);
        resolve();
      }),
    );
  }

  static start(env: Readonly<Record<string, string>>): MonitorProcess {
    if (!existsSync(main)) throw new Error(`${main} is not there: 'npm run build' makes it`);
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, [main], {
      cwd: root,
      env: { PATH, PORT: '0', LOG_LEVEL: 'info', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return new MonitorProcess(child);
  }

  /** As it names itself where it owns a partition. */
  get name(): string {
    return `${hostname()}/${this.child.pid}`;
  }

  /** What it has logged so far. */
  lines(): LogLine[] {
    return this.kept.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : []));
  }

  /** The base of its HTTP, once it listens. */
  url(): Promise<string> {
    return eventually(
      () => {
        this.mustRun();
        return this.lines().find(({ url }) => url !== undefined)?.['url'] as string | undefined;
      },
      { within: 120_000 },
    );
  }

  async readiness(): Promise<Readiness> {
    const response = await fetch(`${await this.url()}/health/ready`);
    const { error } = (await response.json()) as { error?: Readonly<Record<string, unknown>> };
    return { status: response.status, down: Object.keys(error ?? {}).sort() };
  }

  get hasEnded(): boolean {
    const { exitCode, signalCode } = this.child;
    return exitCode !== null || signalCode !== null;
  }

  /** That it has ended by itself, and what it said last. */
  failure(): Error {
    const { exitCode, signalCode } = this.child;
    const last = this.kept.slice(-SHOWN_LINES).join('\n');
    return new Error(`the monitor ended by itself (${exitCode ?? signalCode}); it said last:\n${last}`);
  }

  /** Throws where it has ended by itself. */
  mustRun(): void {
    if (this.hasEnded) throw this.failure();
  }

  /** At once, whatever it is doing. */
  async kill(): Promise<void> {
    this.mustRun();
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** It stands still where it is, and nobody is told. */
  freeze(): void {
    this.signal('SIGSTOP');
  }

  /** It goes on as if no time had passed. */
  thaw(): void {
    this.signal('SIGCONT');
  }

  signal(name: NodeJS.Signals): void {
    this.mustRun();
    this.child.kill(name);
  }

  /** In order. Returns its exit code. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    await this.ended;
    return this.child.exitCode;
  }

  /** Its exit code, when it has ended by itself. */
  async end(): Promise<number | null> {
    await this.ended;
    return this.child.exitCode;
  }

  /** In whatever state it is. */
  async discard(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
