import { formatInstant } from '#libs/calendar';
import { readDoorPlaces } from '../read-door-places.js';
import { renderTable } from '../render-table.js';
import { withServers } from '../servers.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface DoorsListOptions {
  readonly format: 'json' | 'table';
}

const COLUMNS = ['door', 'topic', 'partition', 'next', 'from', 'to', 'lost', 'replaced', 'readThrough'] as const;

/** `pactwatch doors list` */
export async function run(terminal: Terminal, { format }: DoorsListOptions): Promise<ExitCode> {
  const places = await withServers(terminal, readDoorPlaces);
  const records = places.map(({ readThrough, ...place }) => ({
    ...place,
    readThrough: readThrough === null ? null : formatInstant(readThrough),
  }));
  terminal.out(
    format === 'json'
      ? records.map((record) => `${JSON.stringify(record)}\n`).join('')
      : renderTable(
          [...COLUMNS],
          records.map((record) => COLUMNS.map((column) => String(record[column] ?? '-'))),
        ),
  );
  return 0;
}
