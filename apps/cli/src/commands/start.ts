import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError, startStandalone } from '#apps/standalone';
import { loadSettings } from '#libs/settings';
import { createLogger } from '#libs/telemetry';
import { Failure } from '../failure.js';
import { loadContracts, type LoadedContract } from '../load-contracts.js';
import type { ExitCode, Terminal } from '../terminal.js';

/** `pactwatch start`: the whole product until it is told to end (SIGINT, SIGTERM). Publishes the contracts of the configuration. */
export async function run(terminal: Terminal): Promise<ExitCode> {
  const loaded = loadSettings(terminal.env, { writesStream: true });
  if (!loaded.ok) throw new Failure(3, loaded.problems.join('\n'));
  const { settings } = loaded;
  const logger = createLogger(settings.logLevel);
  settings.warnings.forEach((warning) => logger.warn(warning));
  const contracts = contractsOf(join(settings.configFolder, 'contracts'), terminal.env);
  let end: (reason: Error | undefined) => void = () => undefined;
  const ended = new Promise<Error | undefined>((resolve) => (end = resolve));
  process.once('SIGINT', () => end(undefined));
  process.once('SIGTERM', () => end(undefined));
  const product = await startStandalone({ settings, logger, contracts, onFatal: (error) => end(error) }).catch(
    (error: unknown) => {
      if (error instanceof ConfigurationError || error instanceof Failure)
        throw new Failure(3, error.message, { cause: error });
      throw new Failure(3, `pactwatch cannot start: ${(error as Error).message}`, { cause: error });
    },
  );
  const names = contracts.map(({ contract }) => `${contract.id} version ${contract.version}`);
  terminal.out(`Pactwatch runs at ${product.url} (contracts: ${names.join(', ') || 'none'}).\n`);
  const fatal = await ended;
  await product.close();
  if (fatal !== undefined) throw new Failure(3, fatal.message, { cause: fatal });
  return 0;
}

function contractsOf(folder: string, env: NodeJS.ProcessEnv): LoadedContract[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const files = names.filter((name) => /\.ya?ml$/.test(name)).sort();
  return loadContracts(
    files.map((name) => join(folder, name)),
    env,
  );
}
