import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProcessSettings, loadWriterSettings } from './load-process-settings.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'process-'));
  mkdirSync(join(folder, 'access'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('what a process starts with', () => {
  const load = (env: NodeJS.ProcessEnv) => loadProcessSettings({ PACTWATCH_CONFIG: folder, ...env }, 'it reads');

  it('is a database and who may come in', () => {
    const loaded = load({ DATABASE_URL: 'postgres://localhost/p' });
    expect(loaded).toMatchObject({
      ok: true,
      settings: { databaseUrl: 'postgres://localhost/p' },
      access: { open: true },
    });
  });

  it('shows all problems of environment and files at once', () => {
    writeFileSync(join(folder, 'access', 'keys.yaml'), 'keys: []\n');
    const loaded = load({ DATABASE_URL: 'mysql://localhost/p', PORT: 'many' });
    expect(loaded.ok ? [] : loaded.problems).toEqual([
      expect.stringContaining('DATABASE_URL is not a URL'),
      expect.stringContaining("PORT: 'many'"),
      expect.stringContaining('access/keys.yaml:1:'),
    ]);
    expect(loaded).toMatchObject({ configFolder: folder });
  });

  it('is no embedded database', () => {
    const loaded = load({});
    expect(loaded.ok ? [] : loaded.problems).toEqual([
      "DATABASE_URL is missing: it reads the deployment's database ('pactwatch start' runs all parts on an embedded one)",
    ]);
  });
});

describe('what a process that writes to the stream starts with', () => {
  const key = 'a key that is long enough to be one';
  const load = (env: NodeJS.ProcessEnv = {}) =>
    loadWriterSettings(
      {
        PACTWATCH_CONFIG: folder,
        DATABASE_URL: 'postgres://localhost/p',
        KAFKA_BROKERS: 'localhost:9092',
        PACTWATCH_STAMP_KEY: key,
        ...env,
      },
      'it works on',
    );

  it('is settings, the key of signatures and who may come in', () => {
    const readme = readFileSync('config/access/README.md', 'utf8');
    writeFileSync(join(folder, 'access', 'example.yaml'), /```yaml\n(.*?)```/s.exec(readme)?.[1] ?? '');
    const loaded = load();
    expect(loaded).toMatchObject({ ok: true, stampKey: Buffer.from(key) });
    expect(loaded.ok && loaded.access.keys.map(({ caller }) => caller)).toEqual([
      { name: 'crm', party: null, duties: [], sources: ['/platform/crm', '/platform/chat'] },
      { name: 'lin.yue', party: 'client', duties: ['account-manager'], sources: [] },
    ]);
  });

  it('lets everybody at this machine in as long as the folder lists no key, as the one that comes with the product', () => {
    for (const config of [folder, 'config']) {
      expect(load({ PACTWATCH_CONFIG: config })).toMatchObject({ ok: true, access: { open: true } });
    }
  });

  it('makes the key of signatures where the log is embedded', () => {
    const loaded = load({ KAFKA_BROKERS: '', PACTWATCH_STAMP_KEY: '', PACTWATCH_DATA: folder });
    expect(loaded.ok && loaded.stampKey.toString()).toBe(readFileSync(join(folder, 'stamp.key'), 'utf8').trim());
  });

  it('is not a key that cannot be used', () => {
    writeFileSync(join(folder, 'stamp.key'), 'none\n');
    const loaded = load({ KAFKA_BROKERS: '', PACTWATCH_STAMP_KEY: '', PACTWATCH_DATA: folder });
    expect(loaded.ok ? [] : loaded.problems).toEqual([expect.stringContaining('stamp.key: holds no key')]);
  });

  it('shows all problems of environment and files at once', () => {
    writeFileSync(join(folder, 'access', 'keys.yaml'), 'keys: []\n');
    const loaded = load({ PORT: 'many', DATABASE_URL: '', DATABASE_URL_FILE: ' ' });
    expect(loaded.ok ? [] : loaded.problems).toEqual([
      expect.stringContaining("PORT: 'many'"),
      expect.stringContaining('DATABASE_URL is missing'),
      expect.stringContaining('access/keys.yaml:1:'),
    ]);
  });

  it.each(['DATABASE_URL', 'PACTWATCH_STAMP_KEY'])('needs %s', (name) => {
    const loaded = load({ [name]: '' });
    expect(loaded.ok ? [] : loaded.problems).toEqual([expect.stringContaining(`${name} is missing`)]);
  });
});
