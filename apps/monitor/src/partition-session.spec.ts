import { noCircumstances, type ContractMemory } from '#libs/evaluation';
import type { ContractRow, Takeover } from '#libs/store';
import { aSession } from '../test/a-session.js';
import { labContract } from '../test/lab-contract.js';
import type { ContractLibrary } from './contract-library.js';
import { contractRow, openSession } from './partition-session.js';

const T = Date.parse('2026-03-02T02:00:00Z');
const lab = labContract('LAB-1', { door: 'shop' });
const library = { versions: () => Promise.resolve([lab.contract]) } as unknown as ContractLibrary;

/** A store without states that bear on others. */
const nothingBears = {
  statesOfKinds: () => Promise.resolve([]),
  standards: () => Promise.resolve({ counts: [], periods: [] }),
  statements: () => Promise.resolve({ statements: [], rights: [] }),
};

/** What the next owner holds of the contract. */
async function takenOver(row: ContractRow, files = library): Promise<ContractMemory> {
  const owner = {
    epoch: 2,
    starts: 1,
    named: null,
    nextOffset: 0,
    slice: 0,
    outboxNumber: 0,
    last: null,
    recordedAt: null,
  };
  const takeover = { owner, contracts: [row], deadlines: [], faulted: [], generation: 1 } as unknown as Takeover;
  const session = await openSession('platform.events', 0, takeover, files, nothingBears, T);
  return session.judge.contracts.get('LAB-1')!;
}

describe('what an owner holds of a contract', () => {
  it('comes back to the next one whole', async () => {
    const memory = aSession([lab]).judge.contracts.get('LAB-1')!;
    memory.clock = T;
    memory.lastNumber = 7;
    memory.hasFacts = true;
    memory.import = { id: 'i-1', alerts: 'each', decisions: 1, breaches: { 'answer/provider': 1 }, from: T, to: T };
    memory.doors.set('shop', T - 1).set('__proto__', T - 2);
    memory.signs.set('door shop', T - 1).set('source /lab', T - 3);
    memory.silent.set('source /lab', T - 3);
    memory.circumstancesAt = { at: T, passed: true };
    memory.lastSweep = 2;
    memory.dutiesWaitFrom = T - 4;
    const spans = [{ from: T, to: Infinity, reason: 'exemption' as const, about: 'E-1', facts: [] }];
    const circumstances = { ...noCircumstances, ofRules: new Map([['answer', spans]]) };
    const cause = { kind: 'fact', source: '/lab', id: 'f' } as const;
    const scope = { by: 'kinds', kinds: ['ticket'] } as const;
    memory.sweeps = [
      {
        number: 2,
        now: { at: T, passed: false },
        cause,
        versions: [1],
        backfill: undefined,
        circumstances,
        scope,
        after: 'ticket/T-1',
      },
    ];
    const { versions, deadlines: _, ...kept } = await takenOver(contractRow(memory));
    const { versions: __, deadlines: ___, ...held } = memory;
    expect(kept).toEqual(held);
    expect(versions).toEqual([lab.contract]);
  });

  it('knows of no doors where it was kept by a release that did not', async () => {
    const state = JSON.stringify({ published: [], hasFacts: true, import: null });
    const memory = await takenOver({ contract: 'LAB-1', clock: T, lastNumber: 1, state });
    expect([memory.doors.size, memory.signs.size, memory.silent.size]).toEqual([0, 0, 0]);
  });

  it('is counted anew where it was kept by a release that counted nothing', async () => {
    const rules = `standards:
  in-time:
    clauses: ['1']
    party: provider
    every: year
    measure: { figure: share-met, instancesOf: answer, placedBy: start, cancelled: excluded, undecided: leave-out }
    target: at least 75%
`;
    const measured = labContract('LAB-1', { rules });
    const memory = aSession([measured]).judge.contracts.get('LAB-1')!;
    Object.assign(memory, { clock: T, hasFacts: true });
    const row = contractRow(memory);
    const { counts: _, ...old } = JSON.parse(row.state) as Record<string, unknown>;
    const counting = { versions: () => Promise.resolve([measured.contract]) } as unknown as ContractLibrary;
    expect((await takenOver(row, counting)).sweeps).toEqual([]);
    const [sweep] = (await takenOver({ ...row, state: JSON.stringify(old) }, counting)).sweeps;
    expect(sweep).toMatchObject({ now: { at: T }, scope: { by: 'kinds', kinds: ['sample'] }, after: '' });
  });
});
