import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadStartSettings } from './load-start-settings.js';

describe('what the intake starts with', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'intake-'));
    mkdirSync(join(folder, 'access'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const key = 'a key that is long enough to be one';
  const load = (env: NodeJS.ProcessEnv = {}) =>
    loadStartSettings({
      PACTWATCH_CONFIG: folder,
      DATABASE_URL: 'postgres://localhost/p',
      KAFKA_BROKERS: 'localhost:9092',
      PACTWATCH_STAMP_KEY: key,
      ...env,
    });

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
