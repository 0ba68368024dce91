import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadSettings } from './load-settings.js';
import { DEFAULT_PORTS, SETTINGS_TABLE, portOf, type Settings } from './settings.js';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'settings-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function loaded(env: NodeJS.ProcessEnv): Settings {
  const result = loadSettings(env);
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return result.settings;
}

function problems(env: NodeJS.ProcessEnv, needs = {}): readonly string[] {
  const result = loadSettings(env, needs);
  return result.ok ? [] : result.problems;
}

describe('settings', () => {
  it('are all embedded when nothing is set', () => {
    expect(loaded({})).toEqual({
      databaseUrl: null,
      kafka: null,
      configFolder: resolve('config'),
      dataFolder: resolve('.pactwatch'),
      stampKey: null,
      port: null,
      smtpUrl: null,
      mailFrom: 'pactwatch@localhost',
      publicUrl: null,
      webhookSecret: null,
      logLevel: 'info',
      warnings: [],
    });
  });

  it('take every variable of the table', () => {
    const settings = loaded({
      DATABASE_URL: 'postgresql://pact:watch@db:5432/pactwatch',
      KAFKA_BROKERS: 'one:9092, [::1]:9093',
      KAFKA_TLS: 'true',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'p',
      PACTWATCH_CONFIG: folder,
      PACTWATCH_DATA: join(folder, 'data'),
      PACTWATCH_STAMP_KEY: 'k'.repeat(32),
      PACTWATCH_PUBLIC_URL: 'https://pact.example/base/',
      PACTWATCH_MAIL_FROM: 'a@b.example',
      PACTWATCH_WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      PORT: '8080',
      SMTP_URL: 'smtps://mail.example',
      LOG_LEVEL: 'debug',
    });
    expect(settings).toEqual({
      databaseUrl: 'postgresql://pact:watch@db:5432/pactwatch',
      kafka: {
        brokers: ['one:9092', '[::1]:9093'],
        tls: true,
        sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' },
      },
      configFolder: folder,
      dataFolder: join(folder, 'data'),
      stampKey: Buffer.from('k'.repeat(32)),
      port: 8080,
      smtpUrl: 'smtps://mail.example',
      mailFrom: 'a@b.example',
      publicUrl: 'https://pact.example/base',
      webhookSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      logLevel: 'debug',
      warnings: [],
    });
  });

  it('give each app its own port, and PORT to any', () => {
    const apps = ['audit', 'intake', 'monitor', 'notifier', 'standalone'] as const;
    expect(apps.map((app) => portOf(loaded({}), app))).toEqual([3000, 3001, 3002, 3003, 3000]);
    expect(apps.map((app) => portOf(loaded({ PORT: '0' }), app))).toEqual([0, 0, 0, 0, 0]);
    expect(Object.keys(DEFAULT_PORTS)).toEqual(apps);
  });

  it('read every secret of the table from a file, without the line break at its end', () => {
    const values: Record<string, string> = {
      DATABASE_URL: 'postgres://a:b@c/d',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: ' p ',
      PACTWATCH_STAMP_KEY: 'from a file, and long enough to be good',
      PACTWATCH_WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      SMTP_URL: 'smtp://mail',
    };
    const secrets = SETTINGS_TABLE.filter((line) => line.secret).map((line) => line.name);
    expect(secrets).toEqual(Object.keys(values));
    const env = Object.fromEntries(secrets.map((name) => [`${name}_FILE`, file(name, `${values[name]}\n`)]));
    const settings = loaded({ ...env, KAFKA_BROKERS: 'k:1', KAFKA_SASL_MECHANISM: 'plain' });
    expect([
      settings.databaseUrl,
      settings.kafka?.sasl?.username,
      settings.kafka?.sasl?.password,
      settings.stampKey?.toString(),
      settings.webhookSecret,
      settings.smtpUrl,
    ]).toEqual(Object.values(values));
  });

  it('count an empty variable as absent', () => {
    expect(
      loaded({ DATABASE_URL: '', KAFKA_BROKERS: ' ', PORT: '', PACTWATCH_STAMP_KEY_FILE: '' }).databaseUrl,
    ).toBeNull();
  });

  it('report every problem at once', () => {
    const found = problems({
      DATABASE_URL: 'mysql://root:geheim@db/x',
      KAFKA_BROKERS: 'broker,ok:9092,bad:99999',
      KAFKA_TLS: 'yes',
      KAFKA_SASL_MECHANISM: 'gssapi',
      PACTWATCH_CONFIG: join(folder, 'no-such'),
      PACTWATCH_STAMP_KEY_FILE: join(folder, 'no-such.key'),
      PORT: '65536',
      SMTP_URL: 'mail.example',
      LOG_LEVEL: 'loud',
    });
    expect(found).toEqual([
      expect.stringMatching(/^PACTWATCH_STAMP_KEY_FILE: '.*no-such.key' cannot be read \(ENOENT\)/),
      'DATABASE_URL is not a URL that begins with postgres:// or postgresql://',
      "KAFKA_TLS: 'yes' is not allowed: true, false are",
      "KAFKA_SASL_MECHANISM: 'gssapi' is not allowed: plain, scram-sha-256, scram-sha-512 are",
      'KAFKA_SASL_USERNAME is missing: the three KAFKA_SASL_ settings go together',
      'KAFKA_SASL_PASSWORD is missing: the three KAFKA_SASL_ settings go together',
      "KAFKA_BROKERS: 'broker' is not allowed: host:port is, several with commas",
      "KAFKA_BROKERS: 'bad:99999' is not allowed: host:port is, several with commas",
      expect.stringMatching(/^PACTWATCH_CONFIG: there is no folder '.*no-such'$/),
      "PORT: '65536' is not allowed: a number from 0 to 65535 is",
      'SMTP_URL is not a URL that begins with smtp:// or smtps://',
      "LOG_LEVEL: 'loud' is not allowed: fatal, error, warn, info, debug, trace, silent are",
    ]);
    expect(found.join()).not.toContain('geheim');
  });

  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    [
      'a secret given twice',
      { SMTP_URL: 'smtp://a', SMTP_URL_FILE: '/dev/null' },
      /^SMTP_URL and SMTP_URL_FILE are both set/,
    ],
    ['an empty secret file', { SMTP_URL_FILE: '/dev/null' }, /'\/dev\/null' holds 0 bytes/],
    ['TLS without brokers', { KAFKA_TLS: 'true' }, /^KAFKA_TLS is set without KAFKA_BROKERS/],
    ['a data folder that is a file', { PACTWATCH_DATA: __filename }, /^PACTWATCH_DATA: '.*' is not a folder/],
    [
      'a webhook secret of another form',
      { PACTWATCH_WEBHOOK_SECRET: 'abc' },
      /^PACTWATCH_WEBHOOK_SECRET is not allowed/,
    ],
  ])('refuse %s', (_, env, expected) => {
    expect(problems(env)).toEqual([expect.stringMatching(expected)]);
  });

  it('ask a writer on shared servers for the stamp key, in the same message as everything else', () => {
    const shared = { DATABASE_URL: 'postgres://db/x', KAFKA_BROKERS: 'k:1', PORT: 'x' };
    expect(problems(shared, { writesStream: true })).toEqual([
      expect.stringMatching(/^PORT/),
      expect.stringMatching(/^PACTWATCH_STAMP_KEY is missing/),
    ]);
    expect(problems(shared)).toHaveLength(1);
    expect(problems({ ...shared, PORT: '1', PACTWATCH_STAMP_KEY: 'short' }, { writesStream: true })).toEqual([]);
    expect(problems({ KAFKA_BROKERS: 'k:1' }, { writesStream: true })).toEqual([]);
  });

  it('warn of a stamp key that can be guessed', () => {
    expect(loaded({ PACTWATCH_STAMP_KEY: 'short' }).warnings).toEqual([expect.stringContaining('PACTWATCH_STAMP_KEY')]);
  });
});
