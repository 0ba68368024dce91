import { formatInstant } from '#libs/calendar';
import { SEVERITIES, type Severity } from '../alert.js';
import { shorten, type Outcome } from '../outcome.js';
import type { Channel, Letter, Sending } from './channel.js';
import { post, waitOf } from './post.js';
import type { RobotBook } from './robot-book.js';

/** An alert ends by itself so long after it was posted last: much longer than the time between two posts. */
const ALERT_LASTS_MILLIS = 60 * 60 * 1000;

const MAX_TEXT_CHARS = 8_000;

/** What is kept of an alert; when it ends is known only when it is posted. */
export interface AlertmanagerMessage {
  readonly firing: boolean;
  /** Epoch milliseconds. */
  readonly startsAt: number;
  readonly severity: Severity;
  /** All but the severity. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly generatorURL?: string;
}

/**
 * Prometheus Alertmanager, API v2. An incident is one alert there. Alertmanager tells alerts apart by all their labels, so
 * where the severity changes, the alert of the former one ends in the same call. It keeps alerts in memory and lets them end
 * by themselves: what still stands has to be posted again and again (`AlertmanagerJob`).
 */
export class AlertmanagerChannel implements Channel {
  readonly name = 'alertmanager';
  readonly limits = [];
  readonly gathers = false;

  /** @param allowInternal plain HTTP and internal addresses for all robots: for trials on one machine. */
  constructor(
    private readonly robots: RobotBook,
    private readonly allowInternal: boolean,
  ) {}

  /** Whether there is any Alertmanager to post to. */
  get isUsed(): boolean {
    return [...this.robots.values()].some(({ channel }) => channel === this.name);
  }

  receiverOf(): null {
    return null;
  }

  render({ notice, occasion }: Letter): AlertmanagerMessage {
    const { incident, contract, at, severity, state, alert } = occasion;
    const verdict = alert?.verdict ?? null;
    const standard = alert?.standard ?? null;
    const about = {
      clause: verdict?.clause ?? standard?.clause,
      rule: verdict?.obligation ?? standard?.standard,
      party: verdict?.party ?? standard?.party,
    };
    const link = notice.links.at(-1)?.[1];
    const texts = {
      summary: notice.subject,
      description: [...notice.paragraphs, ...notice.rows.map(([label, value]) => `${label}: ${value}`)].join('\n'),
      advice: notice.advice ?? '',
      links: notice.links.map(([label, url]) => `${label}: ${url}`).join('\n'),
    };
    return {
      firing: alert?.kind === 'test' || (state !== null && state !== 'resolved' && state !== 'withdrawn'),
      startsAt: alert?.effectiveAt ?? at,
      severity,
      labels: known({ alertname: 'PactwatchIncident', contract, incident, ...about }),
      annotations: known(
        Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text.slice(0, MAX_TEXT_CHARS)])),
      ),
      ...(link === undefined ? {} : { generatorURL: link }),
    };
  }

  send(message: object, sending: Sending): Promise<Outcome> {
    return this.post([message as AlertmanagerMessage], sending);
  }

  /** Several alerts in one call. */
  async post(
    messages: readonly AlertmanagerMessage[],
    { recipient, now, signal }: Omit<Sending, 'idempotencyKey'>,
  ): Promise<Outcome> {
    const robot = this.robots.get(recipient);
    if (robot === undefined) return { result: 'retry', response: `there is no robot '${recipient}' any more` };
    const url = new URL(`${robot.url.replace(/\/$/, '')}/api/v2/alerts`);
    const body = JSON.stringify(messages.flatMap((message) => alertsOf(message, now)));
    const headers = {
      'content-type': 'application/json',
      ...(robot.secret === null ? {} : { authorization: `Bearer ${robot.secret}` }),
    };
    const allowInternal = this.allowInternal || robot.allowInternal;
    const answer = await post(url, body, headers, { allowInternal, signal });
    if ('result' in answer) return answer;
    const response = shorten(`${answer.status} ${answer.body}`);
    if (answer.status >= 200 && answer.status < 300) return { result: 'sent', response };
    if (answer.status === 400) return { result: 'failed', response };
    const afterMillis = waitOf(answer.retryAfter, now);
    return { result: 'retry', response, ...(afterMillis === undefined ? {} : { afterMillis }) };
  }
}

/** The alert as it stands, and an end to what it may have been under another severity. */
function alertsOf(
  { firing, startsAt, severity, labels, annotations, generatorURL }: AlertmanagerMessage,
  now: Date,
): object[] {
  return SEVERITIES.map((one) => ({
    labels: { ...labels, severity: one },
    annotations,
    // Alertmanager refuses an alert that ends before it starts; the contract's clock may be ahead of ours in a demo.
    startsAt: formatInstant(Math.min(startsAt, now.getTime())),
    endsAt: formatInstant(now.getTime() + (firing && one === severity ? ALERT_LASTS_MILLIS : 0)),
    ...(generatorURL === undefined ? {} : { generatorURL }),
  }));
}

function known(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter((pair): pair is [string, string] => (pair[1] ?? '') !== ''));
}
