import type { Contact } from '#libs/contract';
import type { Alert, Severity } from '../alert.js';
import type { Addressee, Notice } from '../notice.js';
import type { Outcome } from '../outcome.js';
import type { Route } from '../routes.js';

/** So many messages to one receiver in any span of so many milliseconds. */
export interface RateLimit {
  readonly messages: number;
  readonly perMillis: number;
}

/** Everything a channel may say in one message to one receiver. */
export interface Letter {
  /** The words, in the addressee's language. */
  readonly notice: Notice;
  /** The receiver as `receiverOf`, or the robot's name, has it. */
  readonly recipient: string;
  readonly addressee: Addressee;
  /** Contacts of the route that this one message reaches, the addressee's first: whom a robot may mention. */
  readonly contacts: readonly Contact[];
  /** The same for all attempts. */
  readonly idempotencyKey: string;
  readonly occasion: Occasion;
}

/** What a message is about, beside its words. */
export interface Occasion {
  /** `compliance.alert.KIND`, or `compliance.alert.digest`. */
  readonly type: string;
  /** Messages about one incident form one thread. */
  readonly incident: string;
  readonly contract: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** JSON text of what it is about: one alert, of a digest a list of them. */
  readonly record: string;
  /** Null in a digest. */
  readonly alert: Alert | null;
  readonly severity: Severity;
  /** The incident after this alert; null where it is none (a digest, a test). */
  readonly state: IncidentState | null;
}

export const INCIDENT_STATES = ['open', 'acknowledged', 'escalated', 'resolved', 'withdrawn'] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

/** One attempt at handing over a message. */
export interface Sending {
  readonly recipient: string;
  readonly idempotencyKey: string;
  readonly now: Date;
  /** Fires when the attempt has lasted too long. */
  readonly signal: AbortSignal;
}

/**
 * A way to reach people or systems. Forming a message is pure and happens once, when the alert comes in; what was formed is
 * kept as JSON and sent as it is, as often as it takes.
 */
export interface Channel {
  /** What deliveries, metrics and facts call it. */
  readonly name: string;
  /** All of them hold for every receiver by itself; none: nothing is known. */
  readonly limits: readonly RateLimit[];
  /**
   * True: what would pass the limits is told together in a digest. False: every message arrives by itself and waits for its
   * turn, since the receiver keeps a state of its own per incident.
   */
  readonly gathers: boolean;
  /**
   * Who receives it, as it stands in records and facts: never a secret. Null: the contact has no address here. Robots are not
   * asked: a route names them.
   */
  receiverOf(route: Route, contact: Contact): string | null;
  /** The message in its form, within the size that the receiver takes; a value of JSON. */
  render(letter: Letter): object;
  /** Never rejects for what the receiver or the way to it did. */
  send(message: object, sending: Sending): Promise<Outcome>;
  close?(): void;
}

/** All channels by name. */
export type Channels = ReadonlyMap<string, Channel>;
