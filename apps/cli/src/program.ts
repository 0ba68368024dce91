import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { CalendarOptions } from './commands/calendar-operation.js';
import { Failure } from './failure.js';
import type { ExitCode, Terminal } from './terminal.js';

type Run<T extends unknown[]> = (terminal: Terminal, ...input: T) => Promise<ExitCode>;

/**
 * Runs one command line (without node and script) and returns its exit code. Each command's module is loaded when it is
 * called for, so that those that need no server start without the servers' drivers.
 */
export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = 0;
  const act =
    <T extends unknown[]>(load: () => Promise<{ run: Run<T> }>) =>
    async (...input: unknown[]): Promise<void> => {
      const { run } = await load();
      // Commander hands over arguments, options and the command itself; the last one is of no use to a command.
      code = await run(terminal, ...(input.slice(0, -1) as T));
    };
  try {
    await program(terminal, act).parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof Failure) {
      terminal.err(`${error.message}\n`);
      return error.exitCode;
    }
    terminal.err(
      `pactwatch: unexpected failure: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return 3;
  }
}

type Act = <T extends unknown[]>(load: () => Promise<{ run: Run<T> }>) => (...input: unknown[]) => Promise<void>;

function program(terminal: Terminal, act: Act): Command {
  const top = new Command('pactwatch')
    .description('Watches service contracts: events in; breaches, clauses and reasons out')
    .version('0.1.0')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError('(pactwatch help COMMAND says what is allowed)')
    .configureHelp({ showGlobalOptions: false });
  offlineCommands(top, act);
  calendarCommands(top, act);
  serverCommands(top, act);
  wholeProduct(top, act);
  return top;
}

function offlineCommands(top: Command, act: Act): void {
  top
    .command('check')
    .description('check contract files: prints every problem as file:line:column: message')
    .argument('<contract...>', 'contract files (YAML)')
    .addOption(
      new Option('--explain <language>', 'print the contracts without problems back as sentences').choices([
        'zh-CN',
        'en',
      ]),
    )
    .addOption(formatOption('text', ['text', 'json']))
    .action(act(() => import('./commands/check.js')));

  top
    .command('evaluate')
    .description(
      'judge a file of events offline: verdicts, standards, statements and rights as of an instant, then what could not be judged',
    )
    .requiredOption('--contract <file...>', 'contract files: versions of one contract, or several contracts')
    .requiredOption('--events <file>', 'CloudEvents, one JSON object per line (- for standard input)')
    .option('--as-of <instant>', 'RFC 3339, e.g. 2026-04-01T00:00:00+08:00; default: after the last event')
    .option(
      '--findings',
      'also facts that do not act: by whoever may not decide, outside their case, late and not accepted',
    )
    .addOption(formatOption('table', ['json', 'table']))
    .action(act(() => import('./commands/evaluate.js')));

  top
    .command('statement')
    .description("what each party owes in a service cycle: from files, or as of the contract's clock from the server")
    .requiredOption('--contract <file-or-id...>', 'with --events contract files, else the id of a contract')
    .requiredOption('--cycle <cycle>', 'as the contract names it, e.g. 2026-03')
    .option('--events <file>', 'offline: CloudEvents NDJSON (- for standard input)')
    .option('--as-of <instant>', 'offline: RFC 3339; default: after the last event')
    .addOption(formatOption('text', ['text', 'json', 'csv', 'xlsx', 'pdf']))
    .addOption(new Option('--lang <language>', 'default: the language of the contract').choices(['zh-CN', 'en']))
    .option('--loss-of-client <amount>', "what the client says it has lost; the provider's damages are held against it")
    .option('--loss-of-provider <amount>', 'the same for the provider')
    .option('--out <file>', 'write there; needed for pdf and xlsx')
    .action(act(() => import('./commands/statement.js')));

  top
    .command('diff')
    .description('what differs between two outcomes of evaluate --format json, and what it is worth')
    .argument('<a>', 'NDJSON file (- for standard input)')
    .argument('<b>', 'NDJSON file')
    .addOption(formatOption('table', ['json', 'table']))
    .action(act(() => import('./commands/diff.js')));

  top
    .command('import')
    .description('turn CSV or JSON lines of any shape into CloudEvents NDJSON by a mapping file')
    .argument('<input>', 'CSV or NDJSON file (- for standard input)')
    .requiredOption('--mapping <file>', 'mapping file (YAML)')
    .option('--output <file>', 'write there instead of standard output')
    .action(act(() => import('./commands/import.js')));

  top
    .command('explain')
    .description('why a verdict is what it is: a sentence and a timeline')
    .argument('<verdict-id>', 'contract/obligation/subject/instance')
    .option('--contract <file...>', 'offline: contract files')
    .option('--events <file>', 'offline: CloudEvents NDJSON')
    .option('--as-of <instant>', 'offline: RFC 3339; default: after the last event')
    .addOption(new Option('--language <language>', 'default: the language of the contract').choices(['zh-CN', 'en']))
    .addOption(formatOption('text', ['text', 'json']))
    .action(act(() => import('./commands/explain.js')));

  const access = top.command('access').description('API keys');
  access
    .command('new')
    .description('make an API key: shown once, kept as a hash')
    .requiredOption('--name <name>', 'who or what uses it')
    .addOption(new Option('--party <party>').choices(['client', 'provider', 'arbiter']))
    .option('--duty <duty...>', 'operator, account-manager, auditor, arbiter', [])
    .option('--source <uri...>', 'event sources it may send for', [])
    .action(act(() => import('./commands/access-new.js')));
}

function calendarCommands(top: Command, act: Act): void {
  const calendar = top.command('calendar').description('calendar arithmetic; prints {"result": …}');
  const operation = (name: string, description: string) =>
    calendar.command(name).description(description).requiredOption('--calendar <file>', 'calendar file (YAML)');
  const run = (op: string) =>
    act<[CalendarOptions]>(async () => {
      const { run: operate } = await import('./commands/calendar-operation.js');
      return { run: (terminal, options) => operate(terminal, op, options) };
    });

  operation('add', 'the earliest instant at which a duration of working time after --from is used up')
    .requiredOption('--from <instant>', 'RFC 3339')
    .requiredOption('--duration <duration>', 'ISO 8601, e.g. PT8H; negative counts backward')
    .action(run('add'));
  operation('between', 'working time between two instants, as an ISO 8601 duration')
    .requiredOption('--from <instant>', 'RFC 3339')
    .requiredOption('--to <instant>', 'RFC 3339')
    .action(run('between'));
  operation('days', 'end of a period in days, months or years (PRC Civil Code, 200-204)')
    .requiredOption('--from <instant>', 'RFC 3339; its day is not counted')
    .requiredOption('--count <number>', 'whole number')
    .requiredOption('--unit <unit>', 'working-days, calendar-days, months or years')
    .option('--ends-at <hour>', 'close or 24:00')
    .action(run('days'));
  operation('is-open', 'whether the calendar is open at an instant')
    .requiredOption('--at <instant>', 'RFC 3339')
    .action(run('is-open'));
  operation('batch', 'the same line by line from standard input: {"op":"add", …the flags\' names as fields}').action(
    act(() => import('./commands/calendar-batch.js')),
  );
}

function serverCommands(top: Command, act: Act): void {
  top
    .command('publish')
    .description('check contract files and publish them with their calendars')
    .argument('<contract...>', 'contract files (YAML)')
    .option('--from <instant>', 'RFC 3339: in force from then on; default: as the file says')
    .option('--no-wait', 'do not wait until the monitor has taken them up')
    .action(act(() => import('./commands/publish.js')));

  top
    .command('send')
    .description('append CloudEvents NDJSON to the stream')
    .argument('<events>', 'CloudEvents, one JSON object per line (- for standard input)')
    .option('--backfill', 'history: bracketed as an import, each event stamped with its own time')
    .option('--open', 'with --backfill: leave the import open')
    .addOption(new Option('--alerts <how>', 'with --backfill: each, or one summary').choices(['each', 'summary']))
    .option('--contract <id>', 'key of lines that name no contract and whose source has none')
    .action(act(() => import('./commands/send.js')));

  const alert = top.command('alert').description('messages to people and systems');
  alert
    .command('test')
    .description('send a test message down a route, and say what the receivers answered')
    .requiredOption('--route <name>', 'as it stands in config/routes')
    .option('--contract <id>', 'whose contacts are written to; needed where several are published')
    .addOption(new Option('--lang <language>', "default: each reader's own").choices(['zh-CN', 'en']))
    .addOption(formatOption('text', ['text', 'json']))
    .action(act(() => import('./commands/alert-test.js')));

  const doors = top.command('doors').description("ways in for a platform's own topics");
  doors
    .command('list')
    .description('how far each has read, and what was deleted before it was read')
    .addOption(formatOption('table', ['json', 'table']))
    .action(act(() => import('./commands/doors-list.js')));
  doors
    .command('skip')
    .description('go on behind records that were deleted unread; the quarantine says which')
    .argument('<door>', 'as listed')
    .argument('<topic>', 'as listed')
    .argument('<partition>', 'as listed', wholeNumber)
    .requiredOption('--lost <number>', 'how many records are lost, as listed', wholeNumber)
    .action(act(() => import('./commands/doors-skip.js')));
  doors
    .command('restart')
    .description('read a topic that was made anew, or cut back, from its beginning; the quarantine says so')
    .argument('<door>', 'as listed')
    .argument('<topic>', 'as listed')
    .argument('<partition>', 'as listed', wholeNumber)
    .requiredOption('--end <number>', 'where the partition ends now (to), as listed', wholeNumber)
    .action(act(() => import('./commands/doors-restart.js')));

  const quarantine = top.command('quarantine').description('what could not be judged');
  quarantine
    .command('list')
    .option('--reason <reason>', 'e.g. SCHEMA, ID_REUSE, FORGED')
    .option('--contract <id>', 'only of this contract, or under its key where the contract is not known')
    .option('--source <uri>', 'only of this source')
    .option('--from <instant>', 'recorded then or later, RFC 3339')
    .option('--to <instant>', 'recorded before')
    .option('--all', 'released items too')
    .option('--limit <number>', 'at most so many', wholeNumber, 100)
    .addOption(formatOption('table', ['json', 'table']))
    .action(act(() => import('./commands/quarantine-list.js')));
  quarantine
    .command('show')
    .argument('<number>', 'as listed', wholeNumber)
    .action(act(() => import('./commands/quarantine-show.js')));
  quarantine
    .command('release')
    .description('send an item in again, mended or as it is, or all that match, as they are')
    .argument('[number]', 'of one item, as listed', wholeNumber)
    .option('--mended <file>', 'one CloudEvent as JSON to send in place of the one item (- for standard input)')
    .option('--reason <reason>', 'all of this reason, e.g. UNKNOWN_CONTRACT')
    .option('--contract <id>', 'with --reason: only of this contract, or under its key where the contract is not known')
    .option('--source <uri>', 'with --reason: only of this source')
    .option('--from <instant>', 'with --reason: recorded then or later, RFC 3339')
    .option('--to <instant>', 'with --reason: recorded before')
    .option(
      '--count <number>',
      'with --reason: how many match; of another number none is released, without it they are counted only',
      wholeNumber,
    )
    .addOption(formatOption('text', ['text', 'json']))
    .action(act(() => import('./commands/quarantine-release.js')));
}

function wholeProduct(top: Command, act: Act): void {
  top
    .command('start')
    .description('the whole product: on embedded parts, or on the Kafka and Postgres that the settings name')
    .action(act(() => import('./commands/start.js')));
  top
    .command('demo')
    .description('the whole product with a month of sample traffic under an accelerated clock')
    .option('--once', 'end by itself; exit 0 only when every expected breach and delivery was seen')
    .option('--seed <number>', 'other traffic, the same every time', wholeNumber, 20260501)
    .action(act(() => import('./commands/demo.js')));
  top
    .command('replay')
    .description('judge the stored facts anew and compare; without --apply nothing is written')
    .option('--contract <id>', 'only this contract')
    .option('--apply', 'have the subjects in which something differs judged anew, as decisions with their reason')
    .option('--reason <text>', 'with --apply: why, as it stands in each of these decisions')
    .addOption(formatOption('table', ['json', 'table']))
    .action(act(() => import('./commands/replay.js')));
  top
    .command('bench')
    .description('measure; starts the servers that the settings do not name')
    .argument(
      '<name>',
      'ingest (events per second, and the lag of decisions), deadlines (many open, many due at once, takeover), shape (how the cost grows with cases and rules), profile (where the time goes) or evaluate (offline)',
    )
    .addOption(formatOption('text', ['text', 'json']))
    .option('--events <number>', 'events per case; each benchmark has its own default', wholeNumber)
    .option('--contracts <number>', 'ingest, deadlines: contracts in the case with many', wholeNumber, 16)
    .option(
      '--runs <number>',
      'ingest: runs of each case, medians are shown; evaluate: the fastest counts',
      wholeNumber,
      1,
    )
    .option('--lag-seconds <number>', 'ingest: how long the decision lag is measured; 0: not at all', wholeNumber, 20)
    .option('--storm <number>', 'ingest: events that come at once; 0: none', wholeNumber, 100_000)
    .option('--open <number>', 'deadlines, shape: open cases, at most', wholeNumber, 1_000_000)
    .option('--due <number>', 'deadlines: how many are due in the same instant', wholeNumber, 100_000)
    .option('--profile <folder>', 'write V8 profiles of the monitor there; default of profile: PACTWATCH_DATA/profiles')
    .action(act(() => import('./commands/bench.js')));
}

function formatOption(standard: string, choices: readonly string[]): Option {
  return new Option('--format <format>', 'json: one object per line').choices(choices).default(standard);
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a whole number was expected');
  return Number(text);
}
