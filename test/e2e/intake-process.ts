import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const main = join(root, 'dist/apps/intake/src/main.js');
const KEPT_CHARACTERS = 4_000;

/** The intake in a process of its own, as it was built. */
export class IntakeProcess {
  private said = '';
  private readonly ended: Promise<void>;

  private constructor(private readonly child: ChildProcess) {
    child.stderr?.on('data', (chunk: Buffer) => (this.said = `${this.said}${chunk}`.slice(-KEPT_CHARACTERS)));
    const endWithUs = (): void => void child.kill('SIGKILL');
    process.once('exit', endWithUs);
    this.ended = new Promise((resolve) =>
      child.once('close', () => {
        process.off('exit', endWithUs);
        resolve();
      }),
    );
  }

  static start(env: Readonly<Record<string, string>>): IntakeProcess {
    if (!existsSync(main)) throw new Error(`${main} is not there: 'npm run build' makes it`);
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, [main], {
      cwd: root,
      env: { PATH, PORT: '0', ...env, LOG_LEVEL: 'warn' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return new IntakeProcess(child);
  }

  /** Throws where it has ended by itself. */
  mustRun(): void {
    const { exitCode, signalCode } = this.child;
    if (exitCode !== null || signalCode !== null)
      throw new Error(`the intake ended by itself (${exitCode ?? signalCode}); it said last:\n${this.said}`);
  }

  /** At once, whatever it is doing. */
  async kill(): Promise<void> {
    this.mustRun();
    await this.discard();
  }

  /** It stands still where it is, and nobody is told. */
  freeze(): void {
    this.mustRun();
    this.child.kill('SIGSTOP');
  }

  /** It goes on as if no time had passed. */
  thaw(): void {
    this.child.kill('SIGCONT');
  }

  /** In whatever state it is. */
  async discard(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
