import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(__dirname, '../..');
const main = join(root, 'dist/apps/notifier/src/main.js');
const KEPT_LINES = 200;
const SHOWN_LINES = 15;

/** The notifier in a process of its own, as it was built. */
export class NotifierProcess {
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

  static start(env: Readonly<Record<string, string>>): NotifierProcess {
    if (!existsSync(main)) throw new Error(`${main} is not there: 'npm run build' makes it`);
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, [main], {
      cwd: root,
      env: { PATH, PORT: '0', LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return new NotifierProcess(child);
  }

  /** Throws where it has ended by itself. */
  mustRun(): void {
    const { exitCode, signalCode } = this.child;
    if (exitCode === null && signalCode === null) return;
    const last = this.kept.slice(-SHOWN_LINES).join('\n');
    throw new Error(`the notifier ended by itself (${exitCode ?? signalCode}); it said last:\n${last}`);
  }

  /** At once, whatever it is doing. */
  async kill(): Promise<void> {
    this.mustRun();
    await this.discard();
  }

  /** In order. Returns its exit code. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    await this.ended;
    return this.child.exitCode;
  }

  /** In whatever state it is. */
  async discard(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
