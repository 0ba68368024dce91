import type { Instant } from '#libs/calendar';
import { FactSet, type ContractVersions } from '#libs/evaluation';
import { lastRevision, liveStatements, toLiveRecord, type RecordedStatement } from '#libs/liability';
import { ReadSide } from '#libs/store';
import { Failure } from './failure.js';
import { readAllPublished } from './published-contracts.js';
import { withServers } from './servers.js';
import type { Stated } from './stated.js';
import type { Terminal } from './terminal.js';

/** Reading a whole contract takes longer than a page of a list. */
const TIMEOUT_MILLIS = 600_000;

/** The last revision that was recorded; where none was, the statement as of the contract's clock, from the stored facts. */
export function statementOnServer(terminal: Terminal, contract: string, cycle: string): Promise<Stated> {
  return withServers(terminal, async ({ store }) => {
    const published = await readAllPublished(store);
    const versions = published.get(contract);
    if (versions === undefined) {
      const there = [...published.keys()].join(', ') || 'none';
      throw new Failure(1, `contract '${contract}' is not published (published: ${there})`);
    }
    const reads = new ReadSide(store.pool, { statementTimeoutMillis: TIMEOUT_MILLIS });
    return reads.snapshot(async (read) => {
      const clock = (await read.standings([contract])).get(contract)?.clock ?? null;
      if (clock === null) throw new Failure(1, `contract '${contract}' has no facts yet`);
      const set = new FactSet(versions);
      await read.streamFacts({ contract, types: typesOf(versions) }, (portion) => {
        for (const fact of portion) set.add(fact);
      });
      const rows = await read.statements({ contracts: [contract] });
      const recorded = rows.map(({ record }) => JSON.parse(record) as RecordedStatement);
      return stated(versions, set, recorded, cycle, clock);
    });
  });
}

function stated(
  versions: ContractVersions,
  set: FactSet,
  recorded: readonly RecordedStatement[],
  cycle: string,
  asOf: Instant,
): Stated {
  const judged = set.judge(asOf, 'show-faults');
  const last = new Map(recorded.map((one) => [one.cycle, lastRevision(one)]));
  const input = { judged, facts: judged.statementFacts, last, waitsTo: Infinity };
  const statements = liveStatements(versions, input, { at: asOf, passed: false });
  const found = statements.find((one) => one.cycle.name === cycle);
  if (found === undefined) throw noSuchCycle(cycle, statements);
  return {
    contract: versions.filter((one) => one.inForceFrom <= found.cycle.from).at(-1) ?? versions[0],
    versions,
    cycle: found.cycle,
    statement: recorded.find((one) => one.cycle === cycle) ?? toLiveRecord(found),
    asOf,
    verdicts: judged.verdicts.map(({ verdict }) => verdict),
    standards: judged.standards,
  };
}

function noSuchCycle(cycle: string, there: readonly { readonly cycle: { readonly name: string } }[]): Failure {
  const names = there.map((one) => one.cycle.name).join(', ') || 'none';
  return new Failure(1, `--cycle '${cycle}' has no statement (there: ${names})`);
}

function typesOf(versions: ContractVersions): string[] {
  const types = versions.flatMap(({ vocabulary, eventTypes }) => [
    ...(vocabulary.correction === null ? [] : [vocabulary.correction]),
    ...eventTypes.keys(),
  ]);
  return [...new Set(types)];
}
