import { quarantinedRecord, ReadSide } from '#libs/store';
import { renderTable } from '../render-table.js';
import { withServers } from '../servers.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface QuarantineListOptions {
  readonly contract?: string;
  readonly reason?: string;
  readonly all?: true;
  readonly limit: number;
  readonly format: 'json' | 'table';
}

const COLUMNS = ['number', 'reason', 'contract', 'source', 'id', 'recordedAt', 'detail'];

/** `pactwatch quarantine list` */
export async function run(terminal: Terminal, options: QuarantineListOptions): Promise<ExitCode> {
  const items = await withServers(terminal, ({ store }) =>
    new ReadSide(store.pool).snapshot((read) =>
      read.quarantine({
        contracts: options.contract === undefined ? undefined : [options.contract],
        reasons: options.reason === undefined ? undefined : [options.reason],
        released: options.all === true ? undefined : false,
        limit: options.limit,
      }),
    ),
  );
  const records = items.map(quarantinedRecord);
  terminal.out(
    options.format === 'json'
      ? records.map((record) => `${JSON.stringify(record)}\n`).join('')
      : renderTable(
          COLUMNS,
          records.map((record) => COLUMNS.map((column) => String(record[column] ?? '-'))),
        ),
  );
  return 0;
}
