import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** `out` as lines of JSON. */
  readonly records: () => Record<string, unknown>[];
}

const root = join(__dirname, '..');
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Runs one command line of `pactwatch` as it was built, in the project's folder, with no settings but those given. */
export function runPactwatch(
  argv: readonly string[],
  { stdin = '', env = {} }: { readonly stdin?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Ran {
  const { PATH = '' } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/apps/cli/src/main.js', ...argv], {
    cwd: root,
    env: { PATH, ...env },
    input: stdin,
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  const records = () =>
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code: status, out: stdout, err: stderr, records };
}
