import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure.js';
import { renderTable } from '../render-table.js';
import { sampleContracts, spreadIds } from './bench-contracts.js';
import type { Bench } from './bench-product.js';
import { measureIngest, type IngestFigures } from './measure-ingest.js';
import { count, describeMachine, round, roundAll, type Machine, type Report } from './report.js';
import { summariseProfile, type CpuProfile, type ProfileSummary } from './summarise-profile.js';

export interface ProfileFigures {
  /** The file that was written, to be opened in the developer tools of a browser. */
  readonly file: string;
  readonly ingest: IngestFigures;
  readonly summary: ProfileSummary;
}

const SHOWN_FUNCTIONS = 30;

/** One contract through the monitor under V8's profiler: where its processor time goes. */
export async function benchProfile(bench: Bench, events: number): Promise<ProfileFigures> {
  const { prefix, configFolder, dataFolder, servers } = bench;
  const profile = bench.profile ?? join(dataFolder, 'profiles', prefix);
  mkdirSync(profile, { recursive: true });
  const ids = spreadIds(`${prefix}-PROFILE`, 1, servers.partitions);
  const contracts = sampleContracts({ configFolder, folder: join(servers.folder, 'config') }, ids, Date.now());
  const before = new Set(readdirSync(profile));
  const ingest = await measureIngest({ ...bench, profile }, 1, { name: 'one contract', contracts, events, runs: 1 });
  const written = readdirSync(profile).find((name) => name.endsWith('.cpuprofile') && !before.has(name));
  if (written === undefined) throw new Failure(3, `the monitor has written no profile to ${profile}`);
  const file = join(profile, written);
  const summary = summariseProfile(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile, /\/libs\/evaluation\//);
  return { file, ingest, summary };
}

export function reportProfile({ file, ingest, summary }: ProfileFigures, machine: Machine): Report {
  const total = summary.areas.reduce((sum, { micros }) => sum + micros, 0);
  // The profiler counts time on the wall, in which a busy machine lets the process wait: the shares are right, the sum is not.
  const processor = ingest.processorMicrosPerEvent.product ?? total / ingest.events;
  const each = (micros: number): number => (micros / total) * processor;
  const share = (micros: number): string => `${Math.round((100 * micros) / total)} %`;
  const areas = renderTable(
    ['area', 'µs per event', 'share'],
    summary.areas.map(({ area, micros }) => [area, each(micros).toFixed(1), share(micros)]),
  );
  const functions = summary.functions.slice(0, SHOWN_FUNCTIONS);
  const top = renderTable(
    ['function', 'µs per event', 'share'],
    functions.map(({ name, micros }) => [name, each(micros).toFixed(1), share(micros)]),
  );
  return {
    json: {
      benchmark: 'profile',
      eventsPerSecond: Math.round(ingest.eventsPerSecond),
      floorEventsPerSecond: Math.round(ingest.floorEventsPerSecond),
      ratio: round(ingest.ratio, 3),
      microsPerEvent: round(each(total), 1),
      waiting: round(summary.idleMicros / (summary.idleMicros + total), 2),
      areas: summary.areas.map(({ area, micros }) => ({ area, microsPerEvent: round(each(micros), 1) })),
      functions: functions.map(({ name, area, micros }) => ({ name, area, microsPerEvent: round(each(micros), 1) })),
      file,
      machine: roundAll(machine, 2),
    },
    text: `${areas}\n${top}\nSelf time of the monitor's one thread over ${count(ingest.events)} events; microseconds are the process's processor time, divided by these shares. ${Math.round((100 * summary.idleMicros) / (summary.idleMicros + total))} % of the time it waited. The profiler takes part; under it ${count(ingest.eventsPerSecond)}/s, floor ${count(ingest.floorEventsPerSecond)}/s.\nProfile: ${file}\n${describeMachine(machine)}\n`,
  };
}
