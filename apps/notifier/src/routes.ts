import { z } from 'zod';
import { readYaml, type Checked, type Problem } from '#libs/document';
import { ALERT_KINDS, type AlertKind } from './alert.js';

const CHANNELS = ['mail', 'webhook'] as const;
export type Channel = (typeof CHANNELS)[number];

/** Who is told of what, by which channel: data, read from `config/routes`. */
export interface Route {
  readonly name: string;
  /** What an alert must be for the route to apply; a field that is absent allows all. */
  readonly match: {
    readonly kinds?: readonly AlertKind[];
    readonly contracts?: readonly string[];
    readonly obligations?: readonly string[];
    /** A clause and all below it: `5.1` takes `5.1.2` too, not `5.10`. */
    readonly clauses?: readonly string[];
    /** Whose duty it is. */
    readonly parties?: readonly ('client' | 'provider')[];
  };
  readonly to: readonly Address[];
  readonly channels: readonly Channel[];
  readonly webhook: WebhookRoute;
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

const some = <T extends z.ZodType>(item: T) => z.array(item).min(1, 'needs at least one entry');
const url = z
  .string()
  .refine((text) => /^https?:/.test(text) && URL.canParse(text), 'is no URL (allowed: https://… or http://…)');

const routeSchema = z.strictObject({
  name: z.string().min(1),
  match: z
    .strictObject({
      kinds: some(z.enum(ALERT_KINDS)).optional(),
      contracts: some(z.string()).optional(),
      obligations: some(z.string()).optional(),
      clauses: some(z.string()).optional(),
      parties: some(z.enum(['client', 'provider'])).optional(),
    })
    .default({}),
  to: some(z.strictObject({ party: z.enum(['breaching', 'other', 'client', 'provider']), role: z.string().min(1) })),
  channels: some(z.enum(CHANNELS)),
  webhook: z
    .strictObject({
      url: url.nullable().default(null),
      secretFile: z.string().min(1).nullable().default(null),
      allowInternal: z.boolean().default(false),
    })
    .default({ url: null, secretFile: null, allowInternal: false }),
});

const fileSchema = z.strictObject({ routes: some(routeSchema) });

/** One file of routes, with every problem and its place. */
export function readRoutes(file: string, text: string): Checked<readonly Route[]> {
  const read = readYaml(file, text, fileSchema);
  if (!read.ok) return read;
  const problems: Problem[] = [];
  read.value.routes.forEach((route, index) => {
    const first = read.value.routes.findIndex((other) => other.name === route.name);
    if (first < index) {
      problems.push(read.problem(['routes', index, 'name'], `there is a route '${route.name}' already in this file`));
    }
  });
  if (problems.length > 0) return { ok: false, problems };
  return { ...read, value: read.value.routes as readonly Route[] };
}
