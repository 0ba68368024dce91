import { loadContracts } from '../load-contracts.js';
import { publishContracts } from '../publish-contracts.js';
import { readInstantFlag } from '../read-instant-flag.js';
import { withServers } from '../servers.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface PublishCommandOptions {
  readonly from?: string;
  readonly wait: boolean;
}

const WAIT_MILLIS = 30_000;
const OUTCOMES = {
  unchanged: 'was published before, unchanged',
  'taken-up': 'published',
  appended: 'published; no monitor has taken it up yet, it does when it runs',
} as const;

/** `pactwatch publish CONTRACT…` */
export async function run(
  terminal: Terminal,
  files: readonly string[],
  options: PublishCommandOptions,
): Promise<ExitCode> {
  const from = readInstantFlag('--from', options.from) ?? null;
  const contracts = loadContracts(files, terminal.env);
  const publications = await withServers(terminal, (servers) =>
    publishContracts(servers, contracts, { from, waitMillis: options.wait ? WAIT_MILLIS : 0, now: Date.now }),
  );
  for (const { contract, version, hash, outcome } of publications) {
    terminal.out(`${contract} version ${version} (SHA-256 ${hash}): ${OUTCOMES[outcome]}\n`);
  }
  return 0;
}
