import { Failure } from '../failure.js';
import { readRawLines } from '../read-input.js';
import { sendEvents } from '../send-events.js';
import { withServers } from '../servers.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface SendOptions {
  readonly backfill?: true;
  readonly open?: true;
  readonly alerts?: 'each' | 'summary';
  readonly contract?: string;
}

/** `pactwatch send EVENTS` */
export async function run(terminal: Terminal, events: string, options: SendOptions): Promise<ExitCode> {
  if (options.backfill === undefined && (options.open !== undefined || options.alerts !== undefined)) {
    throw new Failure(2, '--open and --alerts belong to --backfill');
  }
  // Standard input cannot be read twice.
  const kept = events === '-' ? [...readRawLines(events)] : undefined;
  const sent = await withServers(terminal, (servers) =>
    sendEvents(servers, {
      lines: () => kept ?? readRawLines(events),
      backfill:
        options.backfill === undefined ? null : { open: options.open === true, alerts: options.alerts ?? 'summary' },
      contract: options.contract,
      now: Date.now,
      ...(terminal.interactive ? { onProgress: (lines: number) => terminal.err(`\r${lines} lines sent`) } : {}),
    }),
  );
  if (terminal.interactive && sent.lines > 0) terminal.err('\n');
  const contracts = [...sent.contracts].map(([contract, lines]) => `${contract} ${lines}`).join(', ');
  const state =
    sent.importId === null ? '' : `, import ${sent.importId} ${options.open === true ? 'left open' : 'completed'}`;
  terminal.out(`${sent.lines} lines sent (${contracts})${state}\n`);
  return 0;
}
