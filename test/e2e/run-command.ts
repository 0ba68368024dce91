import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '../..');

/** Runs a command line of `pactwatch` as it was built, beside whatever runs in this process; returns its standard output. */
export async function runCommand(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, ['dist/apps/cli/src/main.js', ...argv], { cwd: root, env: { PATH, ...env } });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`pactwatch ${argv.join(' ')} ended with ${code}:\n${out}${err}`);
  return out;
}
