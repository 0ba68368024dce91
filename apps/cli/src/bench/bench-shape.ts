import { join } from 'node:path';
import { renderTable } from '../render-table.js';
import { appendEvents } from './append-events.js';
import { answering, opening, sampleContracts, shortContracts } from './bench-contracts.js';
import { publishInto, startMonitor, type Bench } from './bench-product.js';
import { growCases } from './grow-cases.js';
import { measureStretch, microsPerEvent, type Stretch } from './measure-stretch.js';
import { publishWithOpenCase } from './open-cases.js';
import { count, describeMachine, round, roundAll, type Machine, type Report } from './report.js';
import type { SampleEvent } from './sample-events.js';
import { ScatteredAnswers } from './scattered-answers.js';
import { endsOfStream, queryOnce } from './stream-position.js';

export interface ShapePoint {
  readonly case: string;
  readonly openCases: number;
  /** Rules that judge the kind of the cases, and rules of another kind. */
  readonly rules: { readonly own: number; readonly others: number };
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly decisionsPerEvent: number;
  /** Of the monitor, and of PostgreSQL where it was started here; null where the system does not tell. */
  readonly processorMicrosPerEvent: { readonly product: number | null; readonly postgres: number | null };
}

const SMALLEST = 10_000;
const DAY_SECONDS = 86_400;
/** Cases under way at once while rules are counted. */
const UNDER_WAY = 200;

const RULES = [
  { own: 1, others: 0 },
  { own: 4, others: 0 },
  { own: 16, others: 0 },
  { own: 1, others: 15 },
] as const;

/** How the cost of one event grows: with the cases that are open, and with the rules of the contract. */
export async function benchShape(
  bench: Bench,
  { events, open }: { readonly events: number; readonly open: number },
): Promise<ShapePoint[]> {
  const sizes: number[] = [];
  for (let size = Math.min(SMALLEST, open); size < open; size *= 10) sizes.push(size);
  const points = await growingCases(bench, events, [...sizes, open]);
  for (const [index, rules] of RULES.entries()) points.push(await withRules(bench, index, events, rules));
  return points;
}

/** Scattered answers to open complaints of the sample contract, hardly any of which is in memory when its answer comes. */
async function growingCases(bench: Bench, events: number, sizes: readonly number[]): Promise<ShapePoint[]> {
  const { servers, databases, prefix, say } = bench;
  const folders = { configFolder: bench.configFolder, folder: join(servers.folder, 'config') };
  const [contract] = sampleContracts(folders, [`${prefix}-OPEN`], Date.now());
  const { id, obligations } = contract!.contract;
  const [seed, subject] = [`${prefix}-FIRST`, `${prefix}-C-`];
  const url = await publishWithOpenCase(bench, 'shape', contract!, seed);
  const points: ShapePoint[] = [];
  let grown = 0;
  for (const size of sizes) {
    say(`${size} open cases: preparing`);
    await growCases({ databaseUrl: url, seed, prefix: subject, from: grown + 1, to: size });
    // Those that were answered before are left alone.
    const answers = new ScatteredAnswers(`${prefix}-${size}`, id, subject, grown + 1, size - grown);
    grown = size;
    say(`${size} open cases: measuring`);
    const point = await measurePoint(bench, url, Math.min(events, size), (now) => answers.next(now));
    points.push({
      ...point,
      case: `${count(size)} open`,
      openCases: size,
      rules: { own: obligations.length, others: 0 },
    });
  }
  await databases.drop(url);
  return points;
}

/** New cases that are opened and answered. */
async function withRules(
  bench: Bench,
  index: number,
  events: number,
  rules: { readonly own: number; readonly others: number },
): Promise<ShapePoint> {
  const { servers, databases, prefix, say } = bench;
  const name = rules.others === 0 ? `rules: ${rules.own}` : `rules: ${rules.own}, and ${rules.others} of another kind`;
  say(name);
  const id = `${prefix}-RULES${index}`;
  const folders = { configFolder: bench.configFolder, folder: join(servers.folder, 'config') };
  const law = { rules: rules.own, rulesOfOthers: rules.others };
  const url = await publishInto(bench, `rules_${index}`, shortContracts(folders, [id], DAY_SECONDS, Date.now(), law));
  const cases = new OpenedAndAnswered(id);
  const point = await measurePoint(bench, url, events, (now) => cases.next(now));
  await databases.drop(url);
  return { ...point, case: name, openCases: UNDER_WAY, rules };
}

/** The first cases are opened; from then on one is answered for each that is opened. */
class OpenedAndAnswered {
  private opened = 0;
  private answered = 0;

  constructor(private readonly contract: string) {}

  next(now: number): SampleEvent {
    const { contract } = this;
    const text =
      this.opened < this.answered + UNDER_WAY
        ? String(opening(contract, `${contract}-T-${++this.opened}`, now).value)
        : answering(contract, `${contract}-T-${++this.answered}`, now);
    return { contract, text };
  }
}

async function measurePoint(
  bench: Bench,
  url: string,
  events: number,
  next: (now: number) => SampleEvent,
): Promise<Omit<ShapePoint, 'case' | 'openCases' | 'rules'>> {
  // The database may stand before that, by ticks that nobody had read.
  const starts = await endsOfStream(bench.servers.log);
  const before = await decisions(url);
  await appendEvents(bench, events, next);
  const ends = await endsOfStream(bench.servers.log);
  const running = startMonitor(bench, url, true);
  const stretch = await measureStretch(bench, { databaseUrl: url, starts, ends, running });
  return {
    events,
    eventsPerSecond: stretch.rate.eventsPerSecond,
    decisionsPerEvent: ((await decisions(url)) - before) / events,
    processorMicrosPerEvent: { product: microsPerEvent(stretch), postgres: postgresMicros(stretch) },
  };
}

function postgresMicros({ busy, rate }: Stretch): number | null {
  const share = busy?.['postgres'];
  return share === undefined ? null : (share / rate.eventsPerSecond) * 1_000_000;
}

async function decisions(url: string): Promise<number> {
  const [row] = await queryOnce<{ count: number }>(url, 'SELECT count(*)::float8 AS count FROM decision');
  return row!.count;
}

/** The baseline of each row is the first row of its kind. */
export function reportShape(points: readonly ShapePoint[], machine: Machine): Report {
  const baseline = (point: ShapePoint): ShapePoint =>
    points.find(({ case: name }) => name.startsWith('rules') === point.case.startsWith('rules'))!;
  const rows = points.map((point) => ({ ...point, ratio: point.eventsPerSecond / baseline(point).eventsPerSecond }));
  const worst = rows.reduce((least, one) => (one.ratio < least.ratio ? one : least));
  const micros = (value: number | null): string => (value === null ? 'unknown' : `${count(value)} µs`);
  const table = renderTable(
    ['case', 'events', 'per second', 'of the first', 'decisions each', 'monitor each', 'PostgreSQL each'],
    rows.map((one) => [
      one.case,
      count(one.events),
      count(one.eventsPerSecond),
      one.ratio.toFixed(2),
      one.decisionsPerEvent.toFixed(2),
      micros(one.processorMicrosPerEvent.product),
      micros(one.processorMicrosPerEvent.postgres),
    ]),
  );
  return {
    json: {
      benchmark: 'shape',
      eventsPerSecond: Math.round(worst.eventsPerSecond),
      floorEventsPerSecond: Math.round(baseline(worst).eventsPerSecond),
      ratio: round(worst.ratio, 3),
      cases: roundAll(rows, 3),
      machine: roundAll(machine, 2),
    },
    text: `${table}\nOpen cases: complaints of the sample contract in one contract, answered in scattered order; hardly any is in memory. Rules: of one kind of case, each opened and answered.\n${describeMachine(machine)}\n`,
  };
}
