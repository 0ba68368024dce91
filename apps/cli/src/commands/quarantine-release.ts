import { formatInstant } from '#libs/calendar';
import { parseJsonEvent, type EventEnvelope } from '#libs/events';
import { releaseQuarantined } from '#libs/store';
import { Failure } from '../failure.js';
import { defaultContracts, readAllPublished } from '../published-contracts.js';
import { selectionOf, type SelectionFlags } from '../quarantine-selection.js';
import { readLines } from '../read-input.js';
import { readQuarantined } from '../read-quarantined.js';
import { releaseMatching, type Release } from '../release-matching.js';
import { releasedRecords } from '../released-records.js';
import { withServers } from '../servers.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface ReleaseOptions extends SelectionFlags {
  readonly mended?: string;
  readonly count?: number;
  readonly format?: 'text' | 'json';
}

/**
 * `pactwatch quarantine release NUMBER`: sends the item in again, mended or as it is, stamped with the instant at which it
 * first reached us, and says so on the stream. What is still wrong with it comes back as a new item.
 *
 * `pactwatch quarantine release --reason REASON --count NUMBER`: all that match, as they are; exit 1 where some were left.
 */
export async function run(terminal: Terminal, number: number | undefined, options: ReleaseOptions): Promise<ExitCode> {
  return number === undefined ? runMatching(terminal, options) : runOne(terminal, number, options);
}

async function runOne(terminal: Terminal, number: number, options: ReleaseOptions): Promise<ExitCode> {
  const { reason, contract, source, from, to, count } = options;
  if ([reason, contract, source, from, to, count].some((flag) => flag !== undefined)) {
    throw new Failure(2, 'either the number of an item, or --reason with what else all of them share, not both');
  }
  const text = options.mended === undefined ? undefined : [...readLines(options.mended)].join('\n');
  await withServers(terminal, async (servers) => {
    const item = await readQuarantined(servers.store, number);
    if (item.releasedAt !== null)
      throw new Failure(1, `item ${number} was released before, at ${formatInstant(item.releasedAt)}`);
    const mended = text === undefined ? undefined : mendedEvent(options.mended ?? '', text);
    const defaults = defaultContracts(await readAllPublished(servers.store));
    const made = releasedRecords(item, { stampKey: servers.stampKey, defaults }, mended);
    if (!made.ok) throw new Failure(1, made.why === 'unreadable' ? unreadable(number, made.detail) : made.detail);
    const unreleased = await releaseQuarantined(servers.store.pool, [number], async () => {
      await servers.log.append(made.records);
      return [number];
    });
    if (unreleased === 0) throw new Failure(1, `item ${number} was released before, just now`);
  });
  if (options.format === 'json') terminal.out(`${JSON.stringify({ matched: 1, released: 1, left: [] })}\n`);
  else terminal.out(`item ${number} was sent in again\n`);
  return 0;
}

function unreadable(number: number, detail: string): string {
  return `item ${number} is no readable event: ${detail}; send a mended one with --mended FILE`;
}

function mendedEvent(file: string, text: string): EventEnvelope {
  const parsed = parseJsonEvent(text);
  if (!parsed.ok) throw new Failure(1, `${file}:1:1: ${parsed.refusal.detail}`);
  return parsed.event;
}

async function runMatching(terminal: Terminal, options: ReleaseOptions): Promise<ExitCode> {
  if (options.reason === undefined) throw new Failure(2, 'the number of an item is needed, or --reason and --count');
  if (options.mended !== undefined) throw new Failure(2, '--mended takes the place of one item: its number is needed');
  const selection = selectionOf(options);
  let shown = false;
  const onProgress = (items: number): void => {
    shown = true;
    terminal.err(`\r${items} of ${options.count} items sent in again`);
  };
  let release: Release;
  try {
    release = await withServers(terminal, (servers) =>
      releaseMatching(servers, {
        selection,
        count: options.count,
        ...(terminal.interactive ? { onProgress } : {}),
      }),
    );
  } finally {
    if (shown) terminal.err('\n');
  }
  terminal.out(options.format === 'json' ? `${JSON.stringify(release)}\n` : asText(release));
  return release.left.every(({ why }) => why === 'released-before') ? 0 : 1;
}

function asText({ matched, released, left }: Release): string {
  const stayed = left.map(({ why, items, first, detail }) => {
    const example = first === null ? '' : `; the first is item ${first}: ${detail}`;
    return `  ${items} ${SENTENCES[why]}${example}\n`;
  });
  return `${released} items were sent in again, ${matched - released} left\n${stayed.join('')}`;
}

const SENTENCES: Readonly<Record<Release['left'][number]['why'], string>> = {
  unreadable: 'are no readable events',
  'no-contract': 'belong to no contract',
  'other-contract': 'lie under the key of the contract and belong to another',
  'not-published': 'belong to a contract that is not published',
  refused: 'were not taken by the log',
  'released-before': 'had been released by somebody else',
};
