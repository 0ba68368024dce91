import { quarantinedRecord, ReadSide } from '#libs/store';
import { selectionOf, type SelectionFlags } from '../quarantine-selection.js';
import { renderTable } from '../render-table.js';
import { withServers } from '../servers.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface QuarantineListOptions extends SelectionFlags {
  readonly all?: true;
  readonly limit: number;
  readonly format: 'json' | 'table';
}

const COLUMNS = ['number', 'reason', 'contract', 'source', 'id', 'recordedAt', 'detail'];

/** `pactwatch quarantine list` */
export async function run(terminal: Terminal, options: QuarantineListOptions): Promise<ExitCode> {
  const selection = selectionOf(options);
  const items = await withServers(terminal, ({ store }) =>
    new ReadSide(store.pool).snapshot((read) =>
      read.quarantine({
        ...selection,
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
