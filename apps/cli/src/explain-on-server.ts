import { deriveStored, toRecord, verdictId } from '#libs/evaluation';
import { ReadSide } from '#libs/store';
import type { Explained } from './explained.js';
import { Failure } from './failure.js';
import { readAllPublished } from './published-contracts.js';
import { withServers } from './servers.js';
import type { Terminal } from './terminal.js';

/** The verdict as it stands at the contract's clock, with its reasons derived anew from the stored state. */
export function findOnServer(terminal: Terminal, id: string): Promise<Explained> {
  const asked = splitId(id);
  return withServers(terminal, async ({ store }) => {
    const published = await readAllPublished(store);
    return new ReadSide(store.pool).snapshot(async (read): Promise<Explained> => {
      const unknown = new Failure(1, `there is no verdict '${id}' (an id is contract/obligation/subject/instance)`);
      const { contract, obligation, subject, instance } = asked;
      const row = await read.verdict(contract, obligation, subject, instance);
      const versions = published.get(contract);
      const clock = (await read.standings([contract])).get(contract)?.clock;
      if (row === undefined || versions === undefined || clock === undefined || clock === null) throw unknown;
      const [state] = await read.states([{ contract, key: row.stateKey }]);
      const judged = state === undefined ? [] : deriveStored(versions, state.key, state.packed, clock);
      const found = judged.find(({ verdict }) => verdictId(verdict) === id);
      if (found === undefined) throw unknown;
      const record = toRecord(found.verdict, found.revision);
      const judgedBy = versions.find((version) => version.hash === record.because.contractHash) ?? versions[0];
      return { record, contract: judgedBy };
    });
  });
}

/** A subject may itself hold slashes: the obligation has none, the instance is the last part. */
function splitId(id: string) {
  const match = /^([^/]+)\/([^/]+)\/(.+)\/(\d{1,9})$/s.exec(id);
  if (match === null)
    throw new Failure(1, `'${id}' is no verdict's id (an id is contract/obligation/subject/instance)`);
  const [, contract = '', obligation = '', subject = '', instance] = match;
  return { contract, obligation, subject, instance: Number(instance) };
}
