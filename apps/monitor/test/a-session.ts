import { TOPICS } from '#libs/bus';
import { newContractMemory, PartitionJudge, versionsOf } from '#libs/evaluation';
import { StatementCloser } from '#libs/liability';
import type { PartitionSession } from '../src/partition-session.js';
import { always, type PublishedText } from './lab-contract.js';

/** A partition just taken, whose contracts are published; the test states the difference. */
export function aSession(
  published: readonly PublishedText[] = [],
  difference: Partial<PartitionSession> = {},
): PartitionSession {
  const contracts = published.map(({ contract, hash }) => {
    const memory = newContractMemory(contract.id);
    memory.versions = versionsOf([contract]);
    const calendars = { [always.id]: always.hash };
    memory.published = [{ version: contract.version, hash, calendars, from: contract.inForceFrom }];
    return memory;
  });
  return {
    topic: TOPICS.events,
    partition: 0,
    epoch: 1,
    generation: 1,
    judge: new PartitionJudge(contracts),
    statements: new StatementCloser(),
    nextOffset: 0,
    slice: 0,
    outboxNumber: 0,
    last: null,
    recordedAt: 0,
    trial: null,
    saving: Promise.resolve(),
    lastProgressAt: 0,
    closed: false,
    ...difference,
  };
}
