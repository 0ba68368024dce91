import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const main = join(root, 'dist/apps/monitor/src/main.js');
const KEPT_CHARACTERS = 4_000;

/** The monitor in a process of its own, as it was built. */
export class MonitorProcess {
  private said = '';
  private readonly ended: Promise<void>;

  private constructor(private readonly child: ChildProcess) {
    child.stderr?.on('data', (chunk: Buffer) => (this.said = `${this.said}${chunk}`.slice(-KEPT_CHARACTERS)));
    this.ended = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  static start(env: Readonly<Record<string, string>>): MonitorProcess {
    if (!existsSync(main)) throw new Error(`${main} is not there: 'npm run build' makes it`);
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, [main], {
      cwd: root,
      env: { PATH, PORT: '0', LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    process.once('exit', () => child.kill('SIGKILL'));
    return new MonitorProcess(child);
  }

  /** Throws where it has ended by itself. */
  mustRun(): void {
    const { exitCode, signalCode } = this.child;
    if (exitCode !== null || signalCode !== null)
      throw new Error(`the monitor ended by itself (${exitCode ?? signalCode}); it said last:\n${this.said}`);
  }

  /** At once, whatever it is doing. */
  async kill(): Promise<void> {
    this.mustRun();
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** In order. Returns its exit code. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    await this.ended;
    return this.child.exitCode;
  }
}
