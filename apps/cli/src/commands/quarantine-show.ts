import { quarantinedRecord } from '#libs/store';
import { readQuarantined } from '../read-quarantined.js';
import { withServers } from '../servers.js';
import type { ExitCode, Terminal } from '../terminal.js';

/** `pactwatch quarantine show NUMBER`: one JSON object, the raw record under `record`. */
export async function run(terminal: Terminal, number: number): Promise<ExitCode> {
  const item = await withServers(terminal, ({ store }) => readQuarantined(store, number));
  const record = {
    headers: JSON.parse(item.headers) as unknown,
    key: item.key?.toString('utf8') ?? null,
    value: item.value?.toString('utf8') ?? null,
  };
  terminal.out(`${JSON.stringify({ ...quarantinedRecord(item), record }, null, 2)}\n`);
  return 0;
}
