import { spawnSync } from 'node:child_process';

/** Programs of Prometheus and Alertmanager, as Debian's packages `prometheus` and `prometheus-alertmanager` name them. */
type Tool = 'promtool' | 'prometheus' | 'amtool' | 'prometheus-alertmanager';

function installed(tool: Tool): boolean {
  return spawnSync(tool, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Tests that need these programs: skipped by name where one is missing, failed where that is CI. */
export function describeWith(tools: readonly Tool[], title: string, tests: () => void): void {
  const missing = tools.filter((tool) => !installed(tool));
  if (missing.length === 0) describe(title, tests);
  else if (process.env.CI) {
    it(title, () => {
      throw new Error(`${missing.join(', ')} not installed, and in CI these tests must run`);
    });
  } else describe.skip(`${title} (skipped: ${missing.join(', ')} not installed)`, tests);
}

/** Runs a program to its end; what it says is in the message where it fails. */
export function runTool(tool: Tool, argv: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(tool, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${tool} ${argv.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}
