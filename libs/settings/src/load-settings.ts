import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { readValues } from './read-values.js';
import {
  LOG_LEVELS,
  SASL_MECHANISMS,
  type KafkaSettings,
  type LogLevel,
  type SaslMechanism,
  type SettingName,
  type Settings,
} from './settings.js';
import { STAMP_KEY_NEEDED, stampKeyIsMade } from './stamp-key.js';

export type LoadedSettings =
  { readonly ok: true; readonly settings: Settings } | { readonly ok: false; readonly problems: readonly string[] };

/** Shorter keys work, but can be guessed. */
const STAMP_KEY_ADVISED_BYTES = 32;

/**
 * Reads and checks all settings. Every problem is reported, one sentence each, naming the variable, its value (never that of
 * a secret) and what is allowed; the caller prints them and exits with 3.
 *
 * `writesStream`: the process appends to the stream, so a missing PACTWATCH_STAMP_KEY is a problem where it cannot be made.
 */
export function loadSettings(env: NodeJS.ProcessEnv, needs: { readonly writesStream?: boolean } = {}): LoadedSettings {
  const problems: string[] = [];
  const warnings: string[] = [];
  const value = readValues(env, problems);

  const databaseUrl = readUrl('DATABASE_URL', value, ['postgres:', 'postgresql:'], problems);
  const stampText = value('PACTWATCH_STAMP_KEY');
  if (stampText !== undefined && Buffer.byteLength(stampText) < STAMP_KEY_ADVISED_BYTES) {
    warnings.push(
      `PACTWATCH_STAMP_KEY is shorter than the ${STAMP_KEY_ADVISED_BYTES} bytes advised: it can be guessed`,
    );
  }
  const settings: Settings = {
    databaseUrl,
    kafka: readKafka(value, problems),
    configFolder: readFolder('PACTWATCH_CONFIG', 'config', value, problems),
    dataFolder: readFolder('PACTWATCH_DATA', '.pactwatch', value, problems),
    stampKey: stampText === undefined ? null : Buffer.from(stampText, 'utf8'),
    port: readPort(value('PORT'), problems),
    smtpUrl: readUrl('SMTP_URL', value, ['smtp:', 'smtps:'], problems),
    mailFrom: value('PACTWATCH_MAIL_FROM') ?? 'pactwatch@localhost',
    publicUrl: readUrl('PACTWATCH_PUBLIC_URL', value, ['http:', 'https:'], problems)?.replace(/\/+$/, '') ?? null,
    webhookSecret: readWebhookSecret(value('PACTWATCH_WEBHOOK_SECRET'), problems),
    logLevel: readChoice<LogLevel>('LOG_LEVEL', value('LOG_LEVEL'), LOG_LEVELS, problems) ?? 'info',
    warnings,
  };
  // Asked of the raw text: a database that is named wrongly is no embedded one.
  const named = { databaseUrl: value('DATABASE_URL') ?? null, kafka: value('KAFKA_BROKERS') ?? null };
  if (needs.writesStream === true && settings.stampKey === null && !stampKeyIsMade(named)) {
    const already = problems.some((problem) => problem.startsWith('PACTWATCH_STAMP_KEY'));
    if (!already) problems.push(STAMP_KEY_NEEDED);
  }
  return problems.length === 0 ? { ok: true, settings: Object.freeze(settings) } : { ok: false, problems };
}

type Value = (name: SettingName) => string | undefined;

function readUrl(name: SettingName, value: Value, protocols: readonly string[], problems: string[]): string | null {
  const text = value(name);
  if (text === undefined) return null;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !protocols.includes(url.protocol)) {
    // The value is not shown: it may hold a password.
    problems.push(`${name} is not a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`);
    return null;
  }
  return text;
}

function readKafka(value: Value, problems: string[]): KafkaSettings | null {
  const text = value('KAFKA_BROKERS');
  const tls = readBoolean('KAFKA_TLS', value('KAFKA_TLS'), problems);
  const sasl = readSasl(value, problems);
  if (text === undefined) {
    for (const name of ['KAFKA_TLS', 'KAFKA_SASL_MECHANISM'] as const) {
      if (value(name) !== undefined) problems.push(`${name} is set without KAFKA_BROKERS: set both or neither`);
    }
    return null;
  }
  const brokers = text.split(',').map((broker) => broker.trim());
  for (const broker of brokers) {
    const port = /^(?:\[[0-9A-Fa-f:.]+\]|[^\s:/@[\]]+):(\d{1,5})$/.exec(broker)?.[1];
    if (port === undefined || Number(port) < 1 || Number(port) > 65_535) {
      problems.push(`KAFKA_BROKERS: '${broker}' is not allowed: host:port is, several with commas`);
    }
  }
  return { brokers, tls, sasl };
}

function readSasl(value: Value, problems: string[]): KafkaSettings['sasl'] {
  const mechanism = readChoice<SaslMechanism>(
    'KAFKA_SASL_MECHANISM',
    value('KAFKA_SASL_MECHANISM')?.toLowerCase(),
    SASL_MECHANISMS,
    problems,
  );
  const username = value('KAFKA_SASL_USERNAME');
  const password = value('KAFKA_SASL_PASSWORD');
  const given = value('KAFKA_SASL_MECHANISM') ?? username ?? password;
  if (given === undefined) return null;
  for (const name of ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const) {
    // A file that could not be read has been reported as such.
    const reported = problems.some((problem) => problem.startsWith(name));
    if (value(name) === undefined && !reported)
      problems.push(`${name} is missing: the three KAFKA_SASL_ settings go together`);
  }
  return mechanism === undefined || username === undefined || password === undefined
    ? null
    : { mechanism, username, password };
}

function readFolder(name: SettingName, fallback: string, value: Value, problems: string[]): string {
  const given = value(name);
  const folder = resolve(given ?? fallback);
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found !== undefined && !found.isDirectory()) problems.push(`${name}: '${folder}' is not a folder`);
  // A mistyped folder must not pass for one that holds no access keys.
  if (found === undefined && given !== undefined && name === 'PACTWATCH_CONFIG') {
    problems.push(`${name}: there is no folder '${folder}'`);
  }
  return folder;
}

function readPort(text: string | undefined, problems: string[]): number | null {
  if (text === undefined) return null;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  problems.push(`PORT: '${text}' is not allowed: a number from 0 to 65535 is`);
  return null;
}

function readBoolean(name: SettingName, text: string | undefined, problems: string[]): boolean {
  if (text === undefined) return false;
  return readChoice(name, text.toLowerCase(), ['true', 'false'] as const, problems) === 'true';
}

function readChoice<T extends string>(
  name: SettingName,
  text: string | undefined,
  allowed: readonly T[],
  problems: string[],
): T | undefined {
  if (text === undefined) return undefined;
  const found = allowed.find((choice) => choice === text);
  if (found === undefined) problems.push(`${name}: '${text}' is not allowed: ${allowed.join(', ')} are`);
  return found;
}

function readWebhookSecret(text: string | undefined, problems: string[]): string | null {
  if (text === undefined) return null;
  if (/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text)) return text;
  problems.push('PACTWATCH_WEBHOOK_SECRET is not allowed: whsec_ followed by base64 is (Standard Webhooks)');
  return null;
}
