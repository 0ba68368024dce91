import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { loadContracts, type LoadedContract } from '../load-contracts.js';

export interface DemoContractRequest {
  /** Folder with `contracts/ecommerce-crm.yaml` and `calendars/`. */
  readonly configFolder: string;
  /** Where the demo's own copy goes. */
  readonly folder: string;
  /** Null: as the file says. */
  readonly id: string | null;
  /** The receiver that the demo has started. */
  readonly webhook: string;
}

/** A copy of the sample contract whose account managers are reached by the demo's own receivers. */
export function prepareContract({ configFolder, folder, id, webhook }: DemoContractRequest): LoadedContract {
  const document = parseDocument(readFileSync(join(configFolder, 'contracts', 'ecommerce-crm.yaml'), 'utf8'));
  if (id !== null) document.set('contract', id);
  for (const party of ['client', 'provider']) {
    document.setIn(['parties', party, 'contacts', 'account-manager', 'webhook'], webhook);
  }
  const contracts = join(folder, 'contracts');
  mkdirSync(contracts, { recursive: true });
  cpSync(join(configFolder, 'calendars'), join(folder, 'calendars'), { recursive: true });
  const file = join(contracts, 'demo.yaml');
  writeFileSync(file, document.toString({ lineWidth: 0 }));
  const [contract] = loadContracts([file], {});
  return contract!;
}
