import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadStartSettings } from './load-start-settings.js';

describe('what audit starts with', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'config-'));
    mkdirSync(join(folder, 'access'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const load = (env: NodeJS.ProcessEnv) => loadStartSettings({ PACTWATCH_CONFIG: folder, ...env });

  it('is a database and who may read it', () => {
    const loaded = load({ DATABASE_URL: 'postgres://localhost/p' });
    expect(loaded).toMatchObject({ ok: true, databaseUrl: 'postgres://localhost/p', access: { open: true } });
  });

  it('shows all problems of environment and files at once', () => {
    writeFileSync(join(folder, 'access', 'keys.yaml'), 'keys: []\n');
    const loaded = load({ DATABASE_URL: 'mysql://localhost/p', PORT: 'many' });
    expect(loaded.ok ? [] : loaded.problems).toEqual([
      expect.stringContaining('DATABASE_URL'),
      expect.stringContaining("PORT: 'many'"),
      expect.stringContaining('access/keys.yaml:1:'),
    ]);
  });

  it('is no embedded database', () => {
    const loaded = load({});
    expect(loaded.ok ? [] : loaded.problems).toEqual([expect.stringContaining('DATABASE_URL is missing')]);
  });
});
