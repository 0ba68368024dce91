import type { Instant } from '#libs/calendar';
import type { Contract } from '#libs/contract';
import type { IncidentRow, NewDelivery, NewEscalation, SilenceRow } from '#libs/store';
import { aboutOf, isWithinClause, type About } from './about.js';
import { endOfAgreedDelay } from './agreed-delay.js';
import { variantOf, type Alert, type Severity } from './alert.js';
import type { Channel } from './channels/channel.js';
import { digestOf } from './digest-of.js';
import { isWaiting } from './incident.js';
import type { Addressee } from './notice.js';
import type { Pen } from './pen.js';
import { receiversOf, type Directory, type Receiver } from './receivers.js';
import type { Receivers, Route } from './routes.js';
import { severityOf } from './severity.js';
import { silenceOver } from './silences.js';
import { endOfBand, isWithinBand } from './time-band.js';
import { writeAlertNotice } from './write-alert-notice.js';

/** A breach that took effect longer ago than this goes into the digest. */
const STALE_MILLIS = 24 * 60 * 60 * 1000;
/** That a receiver cannot be reached is told once an hour, not with every message it misses. */
const FAILURE_CAP = { most: 1, perMillis: 60 * 60 * 1000 };

/** What a plan is made with, beside the alert and its contract. */
export interface Planning {
  readonly routes: readonly Route[];
  readonly directory: Directory;
  readonly pen: Pen;
  /** Signed links of one reader to act on an incident. */
  readonly actLinks: (incident: IncidentRow, addressee: Addressee) => Pick<Pen, 'acknowledgeUrl' | 'silenceUrl'>;
  /** As it stands after the alert; undefined: it is no incident. */
  readonly incident: IncidentRow | undefined;
  readonly silences: readonly SilenceRow[];
  /** The wall clock. */
  readonly now: Instant;
}

/** Everybody an alert goes to, by which channel, when, with the words: nothing left to decide when it is sent. */
export function planDeliveries(alert: Alert, contract: Contract, planning: Planning): NewDelivery[] {
  if (alert.import !== null && alert.mode === 'summary' && alert.kind !== 'import-summary') return [];
  const about = aboutOf(alert, contract);
  const severity = urgencyOf(alert, planning.incident);
  const silence = alert.kind === 'test' ? undefined : silenceOver(planning.silences, alert, about, planning.now);
  const planned = new Map<string, NewDelivery>();
  for (const { route, who } of routesOf(alert, contract, about, severity, planning)) {
    const language = alert.test?.language ?? null;
    for (const receiver of receiversOf(route, who, about.parties, contract, planning.directory, language)) {
      const to = JSON.stringify([receiver.channel.name, receiver.recipient]);
      if (planned.has(to) || isTheOneThatFailed(alert, receiver)) continue;
      const how = { route, severity, about, suppressed: silence === undefined ? null : `silenced: ${silence.reason}` };
      planned.set(to, plan(alert, contract, receiver, how, planning));
    }
  }
  return [...planned.values()];
}

/** Steps to come of an incident that this alert has opened; none for history, nor while nobody can do anything about it. */
export function planEscalations(alert: Alert, contract: Contract, planning: Planning): NewEscalation[] {
  const { incident, now } = planning;
  if (incident === undefined || !isWaiting(incident) || alert.import !== null || alert.mode === 'summary') return [];
  const about = aboutOf(alert, contract);
  return matching(alert, contract, about, urgencyOf(alert, incident), planning).flatMap((route) =>
    route.escalate.map(({ afterMillis }, index) => ({
      incident: incident.incident,
      run: incident.run,
      route: route.name,
      step: index + 1,
      dueAt: now + afterMillis,
    })),
  );
}

/** What is said of an incident is as urgent as that: what ends it reaches those whom it reached. */
function urgencyOf(alert: Alert, incident: IncidentRow | undefined): Severity {
  return (incident?.severity as Severity | undefined) ?? severityOf(alert);
}

interface Use {
  readonly route: Route;
  readonly who: Receivers;
}

function routesOf(alert: Alert, contract: Contract, about: About, severity: Severity, planning: Planning): Use[] {
  const { step, test } = alert;
  if (test !== null) {
    return planning.routes.filter((route) => route.name === test.route).map((route) => ({ route, who: route }));
  }
  if (step !== null) {
    // The routes may have changed since the step was planned.
    return planning.routes.flatMap((route) => {
      const who = route.name === step.route ? route.escalate[step.step - 1] : undefined;
      return who === undefined ? [] : [{ route, who }];
    });
  }
  return matching(alert, contract, about, severity, planning).map((route) => ({ route, who: route }));
}

function matching(
  alert: Alert,
  contract: Contract,
  about: About,
  severity: Severity,
  { routes, now }: Planning,
): Route[] {
  return routes.filter(({ match, when }) => {
    const { kinds, severities, contracts, obligations, clauses, parties } = match;
    return (
      (kinds === undefined || kinds.includes(alert.kind)) &&
      (severities === undefined || severities.includes(severity)) &&
      (contracts === undefined || contracts.includes(alert.contract)) &&
      (obligations === undefined || about.obligations.some((one) => obligations.includes(one))) &&
      (clauses === undefined || about.clauses.some((one) => clauses.some((clause) => isWithinClause(one, clause)))) &&
      (parties === undefined || about.parties.some((one) => parties.includes(one))) &&
      (when === null || isWithinBand(when, now, contract))
    );
  });
}

/** That somebody cannot be reached is not told to them by the same way. */
function isTheOneThatFailed({ failure }: Alert, { channel, recipient }: Receiver): boolean {
  return failure !== null && failure.channel === channel.name && failure.recipient === recipient;
}

interface How {
  readonly route: Route;
  readonly severity: Severity;
  readonly about: About;
  readonly suppressed: string | null;
}

function plan(alert: Alert, contract: Contract, receiver: Receiver, how: How, planning: Planning): NewDelivery {
  const { channel, recipient, addressee, contacts } = receiver;
  const { route, severity } = how;
  const { incident, now } = planning;
  const place = placeOf(alert, channel);
  const idempotencyKey = keyOf(alert, channel, recipient);
  const heldUntil = heldBackUntil(alert, contract, route, now);
  const from = heldUntil ?? now;
  const earliest = alert.kind === 'test' ? from : quietUntil(route, contract, severity, from);
  const letter = () => ({
    notice: writeAlertNotice(withStep(alert, addressee, incident), contract, addressee, penFor(receiver, planning)),
    recipient,
    addressee,
    contacts,
    idempotencyKey,
    occasion: {
      type: `compliance.alert.${alert.kind}`,
      incident: alert.incident,
      contract: alert.contract,
      at: alert.decidedAt,
      record: alert.record,
      alert,
      severity,
      state: incident?.state ?? null,
    },
  });
  return {
    channel: channel.name,
    recipient,
    addressee: JSON.stringify(addressee),
    severity,
    message: place === 'in the digest' ? null : JSON.stringify(channel.render(letter())),
    follows: place === 'with what came before',
    idempotencyKey,
    suppressed: how.suppressed,
    notBefore: earliest > now ? earliest : null,
    heldUntil,
    gathers: channel.gathers && alert.verdict !== null && GATHERED.has(alert.kind),
    cap: alert.kind === 'delivery.failed' ? FAILURE_CAP : CAPPED.has(alert.kind) ? route.repeat : null,
  };
}

/** Kinds that a digest can tell of. */
const GATHERED: ReadonlySet<string> = new Set(['warning', 'breach', 'revision', 'withdrawal']);
/** What says that something has ended is never left out. */
const CAPPED: ReadonlySet<string> = new Set(['warning', 'breach', 'revision', 'faulted', 'feed.silent']);

/** When the route's quiet hours are over, at or after an instant; that instant itself where there are none. */
export function quietUntil(route: Route | undefined, contract: Contract, severity: string, from: Instant): Instant {
  const quiet = route?.quiet ?? null;
  if (quiet === null || quiet.except.some((one) => one === severity)) return from;
  return endOfBand(quiet, from, contract);
}

function heldBackUntil({ kind, verdict }: Alert, contract: Contract, route: Route, now: Instant): Instant | null {
  if (route.holdBack === null || kind !== 'breach' || verdict === null) return null;
  const end = endOfAgreedDelay(contract, verdict.dueAt ?? verdict.effectiveAt);
  return end !== null && end > now ? end : null;
}

function penFor({ channel, addressee }: Receiver, { pen, actLinks, incident }: Planning): Pen {
  // A link acts for its reader: it goes where only the reader looks.
  if (channel.name !== 'mail' || incident === undefined || !isWaiting(incident)) return pen;
  return { ...pen, ...actLinks(incident, addressee) };
}

function withStep(alert: Alert, addressee: Addressee, incident: IncidentRow | undefined): Alert {
  if (alert.step === null || incident === undefined) return alert;
  return { ...alert, escalation: { since: incident.openedAt, role: addressee.role } };
}

type Place = 'by itself' | 'in the digest' | 'with what came before';

/**
 * A breach that comes to light late goes into the digest, where its channel has one. What changes it follows it there while the
 * digest is not out, and else goes into its thread: nobody reads of a withdrawal before the breach.
 */
function placeOf(alert: Alert, channel: Channel): Place {
  const { kind, mode } = alert;
  if (!channel.gathers || alert.verdict === null) return 'by itself';
  const isLate = mode === 'summary' || (alert.import === null && alert.decidedAt - alert.effectiveAt > STALE_MILLIS);
  if (kind === 'breach') return isLate ? 'in the digest' : 'by itself';
  if (kind === 'revision') return isLate ? 'in the digest' : 'with what came before';
  return kind === 'withdrawal' ? 'with what came before' : 'by itself';
}

function keyOf(alert: Alert, channel: Channel, recipient: string): string {
  const { contract, generation, number, kind } = alert;
  return digestOf(contract, generation, number, kind, variantOf(alert), channel.name, recipient);
}
