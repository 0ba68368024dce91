import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homePartition } from '#libs/bus';
import { sampleContracts, shortContracts, spreadIds } from './bench-contracts.js';

describe('ids of contracts', () => {
  it.each([
    [64, 16, 4, 4],
    [3, 16, 0, 1],
    [5, 2, 2, 3],
  ])('%d over %d partitions lie evenly', (count, partitions, least, most) => {
    const ids = spreadIds('B', count, partitions);
    const homes = new Array<number>(partitions).fill(0);
    for (const id of ids) homes[homePartition(id, partitions)]! += 1;
    expect(new Set(ids).size).toBe(count);
    expect([Math.min(...homes), Math.max(...homes)]).toEqual([least, most]);
  });
});

describe('contracts of a benchmark', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'bench-contracts-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const now = Date.UTC(2026, 10, 25);

  it('have the rules of the sample contract under their own ids', () => {
    const contracts = sampleContracts({ configFolder: 'config', folder }, ['B-1', 'B-2'], now);
    expect(contracts.map(({ contract }) => contract.id)).toEqual(['B-1', 'B-2']);
    for (const { contract } of contracts)
      expect(contract.obligations.map(({ id }) => id)).toContain('complaint-resolution');
  });

  it('or one rule that is due soon', () => {
    const [one] = shortContracts({ configFolder: 'config', folder }, ['S-1'], 2, now);
    expect(one!.contract.obligations.map(({ id }) => id)).toEqual(['answer']);
  });

  it('or more of its kind, and some of another', () => {
    const [one] = shortContracts({ configFolder: 'config', folder }, ['S-2'], 2, now, { rules: 2, rulesOfOthers: 1 });
    expect(one!.contract.obligations.map(({ id, kind }) => [id, kind])).toEqual([
      ['answer', 'ticket'],
      ['answer-2', 'ticket'],
      ['order-1', 'order'],
    ]);
  });
});
