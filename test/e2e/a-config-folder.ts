import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadContracts, type LoadedContract } from '#apps/cli';

export interface ConfigFolder {
  readonly folder: string;
  readonly contracts: readonly LoadedContract[];
  remove(): void;
}

/** Open at all hours: nothing depends on the day of the test. */
const ALWAYS = `id: always
zone: Asia/Shanghai
weekly: { every-day: ['00:00-24:00'] }
`;

/** A configuration of its own: these contracts, a calendar `always`, the published routes, no access keys. */
export function aConfigFolder(contracts: readonly string[]): ConfigFolder {
  const folder = mkdtempSync(join(tmpdir(), 'pactwatch-e2e-'));
  cpSync(join(__dirname, '../../config/routes'), join(folder, 'routes'), { recursive: true });
  for (const name of ['access', 'calendars', 'contracts']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'calendars', 'always.yaml'), ALWAYS);
  const files = contracts.map((text, index) => {
    const file = join(folder, 'contracts', `${index + 1}.yaml`);
    writeFileSync(file, text);
    return file;
  });
  return {
    folder,
    contracts: loadContracts(files, {}),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
