/** The processes that listen, each with a port of its own. */
export type AppName = 'audit' | 'intake' | 'monitor' | 'notifier' | 'standalone';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
export type SaslMechanism = (typeof SASL_MECHANISMS)[number];

export interface KafkaSettings {
  /** `host:port` each, at least one. */
  readonly brokers: readonly string[];
  readonly tls: boolean;
  readonly sasl: { readonly mechanism: SaslMechanism; readonly username: string; readonly password: string } | null;
}

/** The environment, read and checked once. Everything in it is final: no part of the product looks at the environment again. */
export interface Settings {
  /** Null: embedded Postgres in `dataFolder`. */
  readonly databaseUrl: string | null;
  /** Null: the log in Postgres. */
  readonly kafka: KafkaSettings | null;
  /** Absolute path. */
  readonly configFolder: string;
  /** Absolute path; made when first written to. */
  readonly dataFolder: string;
  /** Bytes of PACTWATCH_STAMP_KEY; null where it is not given (`stampKey` makes one where that is allowed). */
  readonly stampKey: Buffer | null;
  /** Null: the default of the app (`portOf`). 0: any free port. */
  readonly port: number | null;
  /** Null: mails cannot be sent. */
  readonly smtpUrl: string | null;
  readonly mailFrom: string;
  /** Base of links into the product's own pages, without a slash at its end. Null: `http://localhost:` and the port of audit. */
  readonly publicUrl: string | null;
  /** Secret of signed webhooks (`whsec_` and base64) whose receiver has none of its own. */
  readonly webhookSecret: string | null;
  readonly logLevel: LogLevel;
  /** What works but should not stay so; for the log. */
  readonly warnings: readonly string[];
}

/** One line of the README's table. */
export interface SettingLine {
  readonly name: string;
  /** As shown to people; empty: none. */
  readonly default: string;
  /** Can come as a file too: `NAME_FILE` holds its path. */
  readonly secret: boolean;
  readonly meaning: string;
}

export const DEFAULT_PORTS: Readonly<Record<AppName, number>> = {
  audit: 3000,
  intake: 3001,
  monitor: 3002,
  notifier: 3003,
  standalone: 3000,
};

/** All settings there are, in the order of the README's table. */
export const SETTINGS_TABLE = [
  {
    name: 'DATABASE_URL',
    default: 'embedded Postgres',
    secret: true,
    meaning: 'PostgreSQL 15 or newer, as `postgres://user:password@host:port/database`',
  },
  {
    name: 'KAFKA_BROKERS',
    default: 'embedded log',
    secret: false,
    meaning: 'Apache Kafka, as `host:port`, several with commas',
  },
  { name: 'KAFKA_TLS', default: 'false', secret: false, meaning: '`true` or `false`: speak TLS to Kafka' },
  {
    name: 'KAFKA_SASL_MECHANISM',
    default: '',
    secret: false,
    meaning: '`plain`, `scram-sha-256` or `scram-sha-512`; with it the two below',
  },
  { name: 'KAFKA_SASL_USERNAME', default: '', secret: true, meaning: 'user at Kafka' },
  { name: 'KAFKA_SASL_PASSWORD', default: '', secret: true, meaning: 'password at Kafka' },
  {
    name: 'PACTWATCH_CONFIG',
    default: 'config',
    secret: false,
    meaning: 'folder of contracts, calendars, mappings, doors, routes, robots, templates and access',
  },
  { name: 'PACTWATCH_DATA', default: '.pactwatch', secret: false, meaning: 'folder of the embedded parts' },
  {
    name: 'PACTWATCH_STAMP_KEY',
    default: 'made in PACTWATCH_DATA when embedded',
    secret: true,
    meaning:
      "signs stamps and the product's own records; the same for every process that writes to the stream, needed where both DATABASE_URL and KAFKA_BROKERS are set",
  },
  {
    name: 'PACTWATCH_PUBLIC_URL',
    default: 'http://localhost and the port of audit',
    secret: false,
    meaning: "base of the links to the product's own pages in messages",
  },
  { name: 'PACTWATCH_MAIL_FROM', default: 'pactwatch@localhost', secret: false, meaning: 'sender of mails' },
  {
    name: 'PACTWATCH_WEBHOOK_SECRET',
    default: '',
    secret: true,
    meaning: 'signs webhooks whose receiver has no secret of its own (`whsec_` and base64)',
  },
  {
    name: 'PORT',
    default: 'audit 3000, intake 3001, monitor 3002, notifier 3003, standalone 3000',
    secret: false,
    meaning: 'port of HTTP; 0 takes a free one',
  },
  {
    name: 'SMTP_URL',
    default: 'no mail',
    secret: true,
    meaning: 'mail server, as `smtp://user:password@host:port` or `smtps://…`',
  },
  {
    name: 'LOG_LEVEL',
    default: 'info',
    secret: false,
    meaning: '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`',
  },
] as const satisfies readonly SettingLine[];

export type SettingName = (typeof SETTINGS_TABLE)[number]['name'];

/** The port an app listens on: PORT, or the app's default. */
export function portOf(settings: Settings, app: AppName): number {
  return settings.port ?? DEFAULT_PORTS[app];
}
