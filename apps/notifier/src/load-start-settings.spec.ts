import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadStartSettings } from './load-start-settings.js';

const ROUTE =
  'routes: [{ name: r, to: [{ party: other, role: legal }], channels: [webhook], webhook: { secretFile: s } }]\n';

describe('what the notifier starts with', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'routes-'));
    mkdirSync(join(folder, 'routes'));
    mkdirSync(join(folder, 'access'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const file = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const load = (env: NodeJS.ProcessEnv = {}) =>
    loadStartSettings({
      PACTWATCH_CONFIG: folder,
      DATABASE_URL: 'postgres://localhost/p',
      PACTWATCH_DATA: join(folder, 'data'),
      ...env,
    });

  it('is settings, keys, routes with their secrets, robots and templates', () => {
    file('routes/a.yaml', ROUTE);
    file('routes/s', 'whsec_c2VjcmV0\n');
    const loaded = load();
    expect(loaded.ok && [...loaded.files.book.secrets]).toEqual([['r', 'whsec_c2VjcmV0']]);
    expect(loaded.ok && loaded.access.open).toBe(true);
  });

  it('shows all problems of environment and files at once', () => {
    file('routes/a.yaml', ROUTE);
    file('routes/b.yaml', ROUTE.replace('secretFile: s', 'secretFile: weak'));
    file('routes/c.yaml', 'routes: [{ name: x, to: [], channels: [mail] }]\n');
    file('routes/weak', 'password');
    file('access/keys.yaml', 'keys: []\n');
    const loaded = load({ PORT: 'many' });
    expect(loaded.ok ? [] : loaded.problems).toEqual([
      expect.stringContaining("PORT: 'many'"),
      expect.stringContaining('access/keys.yaml:1:'),
      expect.stringContaining("routes/s: the secret of route 'r' cannot be read (ENOENT)"),
      expect.stringContaining("routes/b.yaml: there is a route 'r' in another file already"),
      expect.stringContaining("routes/weak: the secret of route 'r' is not allowed"),
      expect.stringContaining('routes/c.yaml:1:'),
    ]);
  });

  it('needs a database and at least one route', () => {
    const loaded = load({ DATABASE_URL: '' });
    expect(loaded.ok ? [] : loaded.problems).toEqual([
      expect.stringContaining('DATABASE_URL is missing'),
      expect.stringContaining('no routes'),
    ]);
  });
});
