import { z } from 'zod';
import { parseDuration } from '#libs/calendar';
import { readYaml, type Checked, type Problem } from '#libs/document';
import { ALERT_KINDS, SEVERITIES, type AlertKind, type Severity } from './alert.js';
import { WEEKDAYS, type DayHours, type TimeBand } from './time-band.js';

/** Channels that reach a contact by an address of its own; all others have robots, which a route names. */
const CONTACT_CHANNELS = ['mail', 'webhook'] as const;
type ContactChannel = (typeof CONTACT_CHANNELS)[number];

/** Who is told of what, by which channel, when: data, read from `config/routes`. */
export interface Route extends Receivers {
  readonly name: string;
  /** What an alert must be for the route to apply; a field that is absent allows all. */
  readonly match: {
    readonly kinds?: readonly AlertKind[] | undefined;
    readonly severities?: readonly Severity[] | undefined;
    readonly contracts?: readonly string[] | undefined;
    /** Standards too. */
    readonly obligations?: readonly string[] | undefined;
    /** A clause and all below it: `5.1` takes `5.1.2` too, not `5.10`. */
    readonly clauses?: readonly string[] | undefined;
    /** Whose duty it is. */
    readonly parties?: readonly ('client' | 'provider')[] | undefined;
  };
  /** It applies only to what is told within; null: always. */
  readonly when: TimeBand | null;
  /** What would be sent within waits for its end; nothing is dropped. Null: none. */
  readonly quiet: (TimeBand & { readonly except: readonly Severity[] }) | null;
  /** A breach waits until what the sources may still send in time can have come. */
  readonly holdBack: 'agreed-delay' | null;
  /** At most so many messages about one incident to one receiver; null: no cap. */
  readonly repeat: { readonly most: number; readonly perMillis: number } | null;
  /** Who is told in turn while nobody acknowledges. */
  readonly escalate: readonly (Receivers & { readonly afterMillis: number })[];
  readonly webhook: WebhookRoute;
}

export interface Receivers {
  readonly to: readonly Address[];
  readonly channels: readonly ContactChannel[];
  /** By their names in `config/robots`. */
  readonly robots: readonly string[];
}

export interface Address {
  /** `breaching`: the party that owes the duty; `other`: the one it is owed to. */
  readonly party: 'breaching' | 'other' | 'client' | 'provider';
  /** Role of a contact in the contract. */
  readonly role: string;
}

interface WebhookRoute {
  /** Instead of the contact's own. */
  readonly url: string | null;
  /** File with the secret to sign with (`whsec_` and base64), beside the routes; null: the setting's. */
  readonly secretFile: string | null;
  /** Whether plain HTTP, and addresses of this machine or a private network, may be called. */
  readonly allowInternal: boolean;
}

const MINUTE_MILLIS = 60_000;
const MOST_STEPS = 8;

const some = <T extends z.ZodType>(item: T) => z.array(item).min(1, 'needs at least one entry');
const url = z
  .string()
  .refine((text) => /^https?:/.test(text) && URL.canParse(text), 'is no URL (allowed: https://… or http://…)');

/** A time on the clock, in milliseconds: a minute to 31 days. */
const span = z.string().transform((text, context) => {
  const parsed = parseDuration(text);
  const millis =
    parsed === undefined
      ? 0
      : 'millis' in parsed
        ? parsed.millis
        : 'days' in parsed
          ? parsed.days * 24 * 60 * MINUTE_MILLIS
          : 0;
  if (millis >= MINUTE_MILLIS && millis <= 31 * 24 * 60 * MINUTE_MILLIS) return millis;
  context.addIssue({
    code: 'custom',
    message: `'${text}' is not allowed (allowed: PT1M to P31D, such as PT30M, PT4H, P2D)`,
  });
  return z.NEVER;
});

const hours = z.string().transform((text, context): DayHours => {
  const match = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text);
  const [fromHour = 99, fromMinute = 99, toHour = 99, toMinute = 99] = (match ?? []).slice(1).map(Number);
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
  if (fromMinute < 60 && toMinute < 60 && from < 1440 && to <= 1440 && from !== to) return { from, to };
  context.addIssue({
    code: 'custom',
    message: `'${text}' is not allowed (allowed: HH:MM-HH:MM, such as 09:00-18:00, 22:00-08:00)`,
  });
  return z.NEVER;
});

const band = {
  calendar: z.enum(['open', 'closed']).optional(),
  days: some(z.enum(WEEKDAYS)).optional(),
  hours: some(hours).optional(),
};

const addresses = z.array(
  z.strictObject({ party: z.enum(['breaching', 'other', 'client', 'provider']), role: z.string().min(1) }),
);

const routeSchema = z.strictObject({
  name: z.string().min(1).max(200),
  match: z
    .strictObject({
      kinds: some(z.enum(ALERT_KINDS)).optional(),
      severities: some(z.enum(SEVERITIES)).optional(),
      contracts: some(z.string()).optional(),
      obligations: some(z.string()).optional(),
      clauses: some(z.string()).optional(),
      parties: some(z.enum(['client', 'provider'])).optional(),
    })
    .default({}),
  when: z.strictObject(band).nullable().default(null),
  to: addresses.min(1, 'needs at least one entry'),
  channels: z.array(z.enum(CONTACT_CHANNELS)).default([]),
  robots: z.array(z.string().min(1)).default([]),
  quiet: z
    .strictObject({ ...band, except: z.array(z.enum(SEVERITIES)).default([]) })
    .nullable()
    .default(null),
  holdBack: z.enum(['agreed-delay']).nullable().default(null),
  repeat: z
    .strictObject({ most: z.number().int().min(1).max(1_000), per: span })
    .transform(({ most, per }) => ({ most, perMillis: per }))
    .nullable()
    .default(null),
  escalate: z
    .array(
      z
        .strictObject({
          after: span,
          to: addresses.min(1, 'needs at least one entry'),
          channels: z.array(z.enum(CONTACT_CHANNELS)).optional(),
          robots: z.array(z.string().min(1)).optional(),
        })
        .transform(({ after, ...receivers }) => ({ ...receivers, afterMillis: after })),
    )
    .max(MOST_STEPS, `at most ${MOST_STEPS} steps`)
    .default([]),
  webhook: z
    .strictObject({
      url: url.nullable().default(null),
      secretFile: z.string().min(1).nullable().default(null),
      allowInternal: z.boolean().default(false),
    })
    .default({ url: null, secretFile: null, allowInternal: false }),
});
type WrittenRoute = z.output<typeof routeSchema>;

const fileSchema = z.strictObject({ routes: some(routeSchema) });

/**
 * One file of routes, with every problem and its place.
 *
 * @param robots names of the robots there are.
 */
export function readRoutes(file: string, text: string, robots: ReadonlySet<string>): Checked<readonly Route[]> {
  const read = readYaml(file, text, fileSchema);
  if (!read.ok) return read;
  const problems: Problem[] = [];
  const { routes } = read.value;
  routes.forEach((route, index) => {
    const report = (path: readonly (string | number)[], message: string): void => {
      problems.push(read.problem(['routes', index, ...path], message));
    };
    if (routes.findIndex((other) => other.name === route.name) < index) {
      report(['name'], `there is a route '${route.name}' already in this file`);
    }
    checkRoute(route, robots, report);
  });
  if (problems.length > 0) return { ok: false, problems };
  return { ...read, value: routes.map(complete) };
}

function checkRoute(
  route: WrittenRoute,
  robots: ReadonlySet<string>,
  report: (path: readonly (string | number)[], message: string) => void,
): void {
  const allowed = [...robots].join(', ') || 'none, for config/robots names none';
  const unknown = (path: readonly (string | number)[], names: readonly string[]): void =>
    names.forEach((name, index) => {
      if (!robots.has(name)) report([...path, index], `there is no robot '${name}' (allowed: ${allowed})`);
    });
  if (route.channels.length + route.robots.length === 0) {
    report(
      [],
      `reaches nobody: channels or robots need at least one entry (channels allowed: ${CONTACT_CHANNELS.join(', ')})`,
    );
  }
  unknown(['robots'], route.robots);
  if (route.when !== null && isEmpty(route.when)) report(['when'], 'says no time (allowed: calendar, days, hours)');
  if (route.quiet !== null && (isEmpty(route.quiet) || isAlways(route.quiet))) {
    report(
      ['quiet'],
      'leaves no time to send anything, or none to be quiet (allowed: calendar, hours, some of the days)',
    );
  }
  let before = 0;
  route.escalate.forEach(({ afterMillis, channels, robots: named }, index) => {
    if (afterMillis <= before) {
      report(['escalate', index, 'after'], 'is not later than the step before it (each counts from the opening)');
    }
    before = afterMillis;
    unknown(['escalate', index, 'robots'], named ?? []);
    if (channels?.length === 0 && (named ?? route.robots).length === 0) {
      report(['escalate', index], 'reaches nobody: channels or robots need at least one entry');
    }
  });
}

function isEmpty({ calendar, days, hours: spans }: TimeBand): boolean {
  return calendar === undefined && days === undefined && spans === undefined;
}

/** Every day, all day. */
function isAlways({ calendar, days, hours: spans }: TimeBand): boolean {
  if (calendar !== undefined || (days !== undefined && new Set(days).size < WEEKDAYS.length)) return false;
  const covered = (minute: number): boolean =>
    spans?.some(({ from, to }) => (from < to ? minute >= from && minute < to : minute >= from || minute < to)) ?? true;
  return Array.from({ length: 24 * 60 }, (_, minute) => minute).every(covered);
}

/** A step that names no channels or robots takes those of its route. */
function complete(route: WrittenRoute): Route {
  const { channels, robots } = route;
  return {
    ...route,
    escalate: route.escalate.map((step) => ({
      to: step.to,
      afterMillis: step.afterMillis,
      channels: step.channels ?? channels,
      robots: step.robots ?? robots,
    })),
  };
}
