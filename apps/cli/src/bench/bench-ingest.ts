import { join } from 'node:path';
import { sampleContracts, spreadIds } from './bench-contracts.js';
import type { Bench } from './bench-product.js';
import { measureIngest, type IngestFigures } from './measure-ingest.js';
import { measureLag } from './measure-lag.js';
import { measureRush } from './measure-rush.js';
import type { IngestReport } from './render-ingest.js';

export interface IngestOptions {
  /** Per case. */
  readonly events: number;
  readonly contracts: number;
  readonly runs: number;
  /** 0: not at all. */
  readonly lagSeconds: number;
  /** How many events come at once; 0: none. */
  readonly storm: number;
}

/** Ten times what a process holds of one partition. */
const SCATTERED_CASES = 200_000;

/** One contract, many, and answers to cases that nothing holds in memory; then the lag of decisions, in calm and in a rush. */
export async function benchIngest(bench: Bench, options: IngestOptions): Promise<Omit<IngestReport, 'machine'>> {
  const { events, runs, contracts: many, lagSeconds, storm } = options;
  const { prefix, configFolder, servers } = bench;
  const folders = { configFolder, folder: join(servers.folder, 'config') };
  const contractsOf = (name: string, count: number) =>
    sampleContracts(folders, spreadIds(`${prefix}-${name}`, count, servers.partitions), Date.now());
  const cases: IngestFigures[] = [
    await measureIngest(bench, 1, { name: 'one contract', contracts: contractsOf('ONE', 1), events, runs }),
  ];
  if (many > 1)
    cases.push(
      await measureIngest(bench, 2, { name: `${many} contracts`, contracts: contractsOf('MANY', many), events, runs }),
    );
  cases.push(
    await measureIngest(bench, 3, {
      name: 'scattered cases',
      contracts: contractsOf('SCATTERED', 1),
      events,
      runs,
      openCases: SCATTERED_CASES,
    }),
  );
  return {
    cases,
    decisionLag: lagSeconds === 0 ? null : await measureLag(bench, lagSeconds),
    rush: storm === 0 ? null : await measureRush(bench, storm, many),
  };
}
