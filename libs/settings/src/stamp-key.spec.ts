import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KafkaSettings } from './settings.js';
import { StampKeyError, stampKey } from './stamp-key.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'stamp-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const kafka: KafkaSettings = { brokers: ['k:1'], tls: false, sasl: null };
const embedded = () => ({ stampKey: null, databaseUrl: null, kafka: null, dataFolder: join(folder, 'data') });

describe('the stamp key', () => {
  it('is the one that was given', () => {
    const given = Buffer.from('given');
    expect(stampKey({ ...embedded(), stampKey: given })).toBe(given);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is made once for a data folder, for its owner alone', () => {
    const first = stampKey(embedded());
    expect(first.toString()).toMatch(/^[0-9a-f]{64}$/);
    expect(stampKey(embedded())).toEqual(first);
    expect(readFileSync(join(folder, 'data/stamp.key'), 'utf8')).toBe(`${first.toString()}\n`);
    expect(statSync(join(folder, 'data/stamp.key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'data'))).toEqual(['stamp.key']);
    expect(stampKey({ ...embedded(), dataFolder: join(folder, 'other') })).not.toEqual(first);
  });

  it('is the same whether it was made here or handed on as text', () => {
    const made = stampKey(embedded());
    const handed = Buffer.from(readFileSync(join(folder, 'data/stamp.key'), 'utf8').trim(), 'utf8');
    expect(handed).toEqual(made);
  });

  it('is not made where several processes share both servers', () => {
    expect(() => stampKey({ ...embedded(), databaseUrl: 'postgres://db', kafka })).toThrow(StampKeyError);
    expect(stampKey({ ...embedded(), kafka })).toHaveLength(64);
  });

  it('is never made anew over a file that holds none', () => {
    writeFileSync(join(folder, 'stamp.key'), 'spoilt');
    expect(() => stampKey({ ...embedded(), dataFolder: folder })).toThrow(/stamp.key: holds no key/);
    expect(readFileSync(join(folder, 'stamp.key'), 'utf8')).toBe('spoilt');
  });
});
