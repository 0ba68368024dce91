import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import type { PublishedRow } from '#libs/store';
import type { ContractFiles } from '../intake-options.js';
import { PublishedContracts } from './published-contracts.js';

const documents = new Map<string, Buffer>();
function document(file: string, change: (text: string) => string = (text) => text): string {
  const bytes = Buffer.from(change(readFileSync(file, 'utf8')));
  const hash = createHash('sha256').update(bytes).digest('hex');
  documents.set(hash, bytes);
  return hash;
}

const calendars = {
  'cn-office': document('config/calendars/cn-office.yaml'),
  'cn-staffed': document('config/calendars/cn-staffed.yaml'),
};

function version(contract: string, change: (text: string) => string = (text) => text): PublishedRow {
  const hash = document('config/contracts/ecommerce-crm.yaml', (text) =>
    change(text.replace('contract: CRM-2026-001', `contract: ${contract}`)),
  );
  return { contract, version: 1, hash, calendars, fromInstant: Date.parse('2026-01-01T00:00:00+08:00') };
}

/** The ordinary store: it answers at once with what `rows` holds. */
function aStore(rows: readonly PublishedRow[], difference: Partial<ContractFiles> = {}) {
  const reads = { versions: 0, documents: 0 };
  const contracts: ContractFiles = {
    publishedContracts: () => {
      reads.versions++;
      return Promise.resolve([...rows]);
    },
    getDocuments: (hashes) => {
      reads.documents++;
      return Promise.resolve(new Map([...documents].filter(([hash]) => hashes.includes(hash))));
    },
    ...difference,
  };
  let now = 0;
  const published = new PublishedContracts({
    contracts,
    log: { append: () => Promise.reject(new Error('not asked')) },
    stampKey: Buffer.alloc(32),
    now: () => now,
  });
  return { published, reads, pass: (millis: number) => (now += millis) };
}

beforeAll(() => Logger.overrideLogger(false));

it('are read again after some seconds, and compiled once', async () => {
  const rows = [version('A')];
  const { published, reads, pass } = aStore(rows);
  const first = await published.recent();
  expect(first.find('A')?.id).toBe('A');
  expect(first.find('B')).toBeUndefined();
  rows.push(version('B'));
  expect(await published.recent()).toBe(first);
  pass(3_000);
  const second = await published.recent();
  expect(second.find('B')?.id).toBe('B');
  expect(second.find('A')).toBe(first.find('A'));
  expect(reads).toEqual({ versions: 2, documents: 2 });
  pass(3_000);
  await published.recent();
  expect(reads).toEqual({ versions: 3, documents: 2 });
});

it('stay as they were while the database does not answer', async () => {
  let down = false;
  const rows = [version('A')];
  const { published, pass } = aStore(rows, {
    publishedContracts: () => (down ? Promise.reject(new Error('down')) : Promise.resolve(rows)),
  });
  const first = await published.recent();
  down = true;
  pass(3_000);
  expect(await published.recent()).toBe(first);
  await expect(published.reload()).rejects.toThrow('down');
  down = false;
  expect(await published.recent()).not.toBe(first);
});

it('answer whoever asks anew with what was read after they asked', async () => {
  const rows: PublishedRow[] = [];
  const waiting: (() => void)[] = [];
  const { published } = aStore(rows, {
    publishedContracts: () => {
      const seen = [...rows];
      return new Promise((resolve) => waiting.push(() => resolve(seen)));
    },
  });
  const early = published.reload();
  rows.push(version('A'));
  const late = [published.reload(), published.reload()];
  waiting.shift()?.();
  expect((await early).find('A')).toBeUndefined();
  await Promise.resolve();
  waiting.shift()?.();
  for (const shelf of await Promise.all(late)) expect(shelf.find('A')?.id).toBe('A');
  expect(waiting).toEqual([]);
});

it('say so where a file is missing or cannot be read here', async () => {
  const gone = { ...version('GONE'), hash: 'f'.repeat(64) };
  const newer = version('NEWER', (text) => `${text}\nsomethingNew: true\n`);
  const { published } = aStore([gone, newer, version('A')]);
  const shelf = await published.recent();
  expect(shelf.find('GONE')).toBeNull();
  expect(shelf.find('NEWER')).toBeNull();
  expect(shelf.find('A')?.id).toBe('A');
});

it('know whose a source is that names no contract', async () => {
  const mine = version('MINE', (text) => text.replace('/bank: {', '/bank: { default: true,'));
  const shelf = await aStore([version('A'), mine]).published.recent();
  expect(shelf.contractIdOf({ source: '/bank' })).toBe('MINE');
  expect(shelf.contractIdOf({ source: '/bank', contractid: 'A' })).toBe('A');
  expect(shelf.contractIdOf({ source: '/platform/crm' })).toBeUndefined();
});
