import { createHash } from 'node:crypto';
import { formatInstant } from '#libs/calendar';
import type { Contact, Contract, PartyId } from '#libs/contract';
import type { NewDelivery } from '#libs/store';
import { variantOf, type Alert } from './alert.js';
import type { Addressee, MailMessage, Message, Notice, WebhookMessage } from './notice.js';
import { renderHtml, renderText } from './render-notice.js';
import type { Address, Channel, Route } from './routes.js';
import { writeFeedNotice } from './write-feed-notice.js';
import { writeFaultNotice } from './write-fault-notice.js';
import { writeImportSummary } from './write-import-summary.js';
import { writeNotice } from './write-notice.js';

/** A breach that took effect longer ago than this goes into the digest. */
const STALE_MILLIS = 24 * 60 * 60 * 1000;

/** Everybody an alert goes to, by which channel, with the words: nothing left to decide when it is sent. */
export function planDeliveries(
  alert: Alert,
  contract: Contract,
  routes: readonly Route[],
  publicUrl: string,
): NewDelivery[] {
  if (alert.import !== null && alert.mode === 'summary' && alert.kind !== 'import-summary') return [];
  const place = placeOf(alert);
  const planned = new Map<string, NewDelivery>();
  for (const route of routes.filter((one) => matches(one, alert, contract))) {
    for (const channel of route.channels) {
      for (const target of targetsOf(route, channel, alert, contract)) {
        const to = JSON.stringify([channel, target.recipient]);
        if (planned.has(to)) continue;
        const idempotencyKey = keyOf(alert, channel, target.recipient);
        const message =
          place === 'in the digest'
            ? null
            : formMessage(channel, target, idempotencyKey, noticeOf(alert, contract, target.addressee, publicUrl), {
                type: `compliance.alert.${alert.kind}`,
                incident: alert.incident,
                at: alert.decidedAt,
                record: alert.record,
              });
        planned.set(to, {
          channel,
          recipient: target.recipient,
          addressee: JSON.stringify(target.addressee),
          message: message === null ? null : JSON.stringify(message),
          follows: place === 'with what came before',
          idempotencyKey,
        });
      }
    }
  }
  return [...planned.values()];
}

/** What a message says beside its notice: how threads and receivers of webhooks tell it from others. */
export interface Occasion {
  readonly type: string;
  readonly incident: string;
  readonly at: number;
  /** JSON text of what it is about. */
  readonly record: string;
}

/** Gives a notice the form of its channel. */
export function formMessage(
  channel: Channel,
  target: { readonly recipient: string; readonly addressee: Addressee },
  idempotencyKey: string,
  notice: Notice,
  occasion: Occasion,
): Message {
  return channel === 'mail' ? mailOf(target, idempotencyKey, notice, occasion) : webhookOf(target, notice, occasion);
}

/** Short, and safe in headers: the same for the same parts in the same order. */
export function digestOf(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
}

function mailOf(
  { recipient, addressee }: { readonly recipient: string; readonly addressee: Addressee },
  idempotencyKey: string,
  notice: Notice,
  occasion: Occasion,
): MailMessage {
  return {
    channel: 'mail',
    to: { name: addressee.name, address: recipient },
    subject: notice.subject,
    text: renderText(notice),
    html: renderHtml(notice),
    messageId: `${idempotencyKey}@pactwatch`,
    thread: `incident-${digestOf(occasion.incident)}@pactwatch`,
  };
}

function webhookOf(
  { recipient, addressee }: { readonly recipient: string; readonly addressee: Addressee },
  notice: Notice,
  occasion: Occasion,
): WebhookMessage {
  const fields = {
    title: notice.subject,
    sentences: notice.paragraphs,
    advice: notice.advice,
    language: notice.language,
    addressee: { party: addressee.party, role: addressee.role, name: addressee.name },
    links: notice.links.map(([label, url]) => ({ label, url })),
  };
  const head = JSON.stringify({ type: occasion.type, timestamp: formatInstant(occasion.at) }).slice(0, -1);
  const payload = `${head},"data":${JSON.stringify(fields).slice(0, -1)},"alert":${occasion.record}}}`;
  return { channel: 'webhook', route: addressee.route, url: recipient, payload };
}

function noticeOf(alert: Alert, contract: Contract, addressee: Addressee, publicUrl: string): Notice {
  if (alert.summary !== null) return writeImportSummary(alert, alert.summary, contract, addressee, publicUrl);
  if (alert.feed !== null) return writeFeedNotice(alert, alert.feed, contract, addressee, publicUrl);
  if (alert.verdict === null) return writeFaultNotice(alert, contract, addressee, publicUrl);
  return writeNotice(alert, alert.verdict, contract, addressee, publicUrl);
}

type Place = 'by itself' | 'in the digest' | 'with what came before';

/**
 * A breach that comes to light late goes into the digest. What changes it follows it there while the digest is not out,
 * and else goes into its thread: nobody reads of a withdrawal before the breach.
 */
function placeOf(alert: Alert): Place {
  const { kind, mode } = alert;
  const isLate = mode === 'summary' || (alert.import === null && alert.decidedAt - alert.effectiveAt > STALE_MILLIS);
  if (kind === 'breach') return isLate ? 'in the digest' : 'by itself';
  if (kind === 'revision') return isLate ? 'in the digest' : 'with what came before';
  return kind === 'withdrawal' ? 'with what came before' : 'by itself';
}

function matches(route: Route, alert: Alert, contract: Contract): boolean {
  const { kinds, contracts, obligations, clauses, parties } = route.match;
  if (kinds !== undefined && !kinds.includes(alert.kind)) return false;
  if (contracts !== undefined && !contracts.includes(alert.contract)) return false;
  const about = aboutOf(alert, contract);
  return (
    (obligations === undefined || about.obligations.some((one) => obligations.includes(one))) &&
    (clauses === undefined || about.clauses.some((one) => clauses.some((clause) => isWithin(one, clause)))) &&
    (parties === undefined || about.parties.some((one) => parties.includes(one)))
  );
}

/** A clause, or one below it by its numbering. */
function isWithin(clause: string, upper: string): boolean {
  return clause === upper || clause.startsWith(`${upper}.`);
}

interface About {
  readonly obligations: readonly string[];
  readonly clauses: readonly string[];
  /** Whose duties they are. */
  readonly parties: readonly PartyId[];
}

/** What an alert is about: one verdict; all breaches of an import; or, where nothing can be named, both parties. */
function aboutOf(alert: Alert, contract: Contract): About {
  const { verdict, summary } = alert;
  if (verdict !== null) {
    return { obligations: [verdict.obligation], clauses: verdict.because.clauses, parties: [verdict.party] };
  }
  const breaches = summary?.breaches ?? [];
  const obligations = [...new Set(breaches.map((breach) => breach.obligation))];
  const clauses = contract.obligations.filter((one) => obligations.includes(one.id)).flatMap((one) => one.clauses);
  const parties = summary === null ? (['client', 'provider'] as const) : breaches.map((breach) => breach.party);
  return { obligations, clauses, parties: [...new Set(parties)] };
}

interface Target {
  readonly recipient: string;
  readonly addressee: Addressee;
}

function targetsOf(route: Route, channel: Channel, alert: Alert, contract: Contract): Target[] {
  const { parties } = aboutOf(alert, contract);
  return route.to.flatMap((address) =>
    partiesOf(address, parties).flatMap((party) => {
      const contact = contract.parties[party].contacts[address.role];
      const recipient = contact === undefined ? null : recipientOf(route, channel, contact);
      if (contact === undefined || recipient === null) return [];
      const { name } = contact;
      const language = contact.language ?? contract.language;
      return [{ recipient, addressee: { party, role: address.role, name, language, route: route.name } }];
    }),
  );
}

function partiesOf(address: Address, concerned: readonly PartyId[]): readonly PartyId[] {
  if (address.party === 'client' || address.party === 'provider') return [address.party];
  if (address.party === 'breaching') return concerned;
  return concerned.map((party) => (party === 'client' ? 'provider' : 'client'));
}

function recipientOf(route: Route, channel: Channel, contact: Contact): string | null {
  return channel === 'mail' ? contact.email : (route.webhook.url ?? contact.webhook);
}

function keyOf(alert: Alert, channel: Channel, recipient: string): string {
  const { contract, generation, number, kind } = alert;
  return digestOf(contract, generation, number, kind, variantOf(alert), channel, recipient);
}
