import type { PublishedRow, Store } from '#libs/store';
import { always, LAB, labContract } from '../test/lab-contract.js';
import { ContractLibrary } from './contract-library.js';

const NOW = Date.parse('2026-03-02T02:00:00Z');
const lab = labContract('LAB-1', { isDefault: true });
const row: PublishedRow = {
  contract: 'LAB-1',
  version: 1,
  hash: lab.hash,
  calendars: { [always.id]: always.hash },
  fromInstant: lab.contract.inForceFrom,
};
const documents = new Map([
  [lab.hash, Buffer.from(lab.text)],
  [always.hash, Buffer.from(always.text)],
]);

let answer: () => Promise<PublishedRow[]>;
let asked: number;
let library: ContractLibrary;
beforeEach(() => {
  asked = 0;
  answer = () => Promise.resolve([row]);
  library = new ContractLibrary({
    publishedContracts: () => {
      asked++;
      return answer();
    },
    getDocuments: () => Promise.resolve(documents),
  } as unknown as Store);
});

describe('the default contract of a source', () => {
  it('is known once it was looked up; one of which nothing is known is asked for once a second', async () => {
    for (const after of [0, 5, 5_000]) expect(await library.defaultContract(LAB, NOW + after)).toBe('LAB-1');
    expect(asked).toBe(1);
    for (const after of [5_000, 5_500, 6_000]) await library.defaultContract('/street', NOW + after);
    expect(asked).toBe(2);
    await library.defaultContract('/street', NOW + 6_001);
    expect(asked).toBe(3);
  });

  it('stays known while another partition has it looked up anew', async () => {
    await library.defaultContract(LAB, NOW);
    let arrive = (_: PublishedRow[]): void => {};
    answer = () => new Promise((resolve) => (arrive = resolve));
    const other = library.defaultContract('/street', NOW + 5_000);
    const mine = library.defaultContract(LAB, NOW + 5_001);
    await new Promise(setImmediate);
    arrive([row]);
    expect(await mine).toBe('LAB-1');
    expect(await other).toBeUndefined();
  });

  it('is asked for again at once after a publication, and after a failure', async () => {
    answer = () => Promise.resolve([]);
    expect(await library.defaultContract(LAB, NOW)).toBeUndefined();
    library.forgetDefaults();
    answer = () => Promise.reject(new Error('the database is away'));
    await expect(library.defaultContract(LAB, NOW)).rejects.toThrow('away');
    answer = () => Promise.resolve([row]);
    expect(await library.defaultContract(LAB, NOW)).toBe('LAB-1');
  });
});

it('does not make do without the bytes of a version', async () => {
  await expect(library.version('LAB-1', { ...row, hash: 'missing', from: null })).rejects.toMatchObject({
    retriable: true,
    message: expect.stringContaining('missing'),
  });
});
