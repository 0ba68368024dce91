import { formatInstant } from '#libs/calendar';
import type { Severity } from '../alert.js';
import { digestOf } from '../digest-of.js';
import { shorten, type Outcome } from '../outcome.js';
import type { Channel, IncidentState, Letter, Sending } from './channel.js';
import { post, waitOf } from './post.js';
import type { RobotBook } from './robot-book.js';

const MAX_SUMMARY_CHARS = 1_024;
const MAX_KEY_CHARS = 255;
const MAX_DETAIL_CHARS = 4_000;
/** Its own limit is 512 KB of the whole event; rows beyond this are left to the links. */
const MAX_DETAILS = 40;
/** Where it says nothing itself. */
const BUSY_MILLIS = 60_000;

const SEVERITIES: Readonly<Record<Severity, string>> = {
  notice: 'info',
  warning: 'warning',
  breach: 'error',
  critical: 'critical',
};

/** PagerDuty's Events API v2: one alert there per incident here, opened, acknowledged and resolved with it. */
export class PagerdutyChannel implements Channel {
  readonly name = 'pagerduty';
  readonly limits = [];
  readonly gathers = false;

  /** @param allowInternal plain HTTP and internal addresses for all robots: for trials on one machine. */
  constructor(
    private readonly robots: RobotBook,
    private readonly allowInternal: boolean,
  ) {}

  receiverOf(): null {
    return null;
  }

  /** The event without the integration key, which is no part of what is kept. */
  render({ notice, occasion }: Letter): object {
    const { incident, contract, at, severity, state, alert } = occasion;
    const sentences = notice.paragraphs.map((text, index): [string, string] => [`${index + 1}`, text]);
    const details = [...sentences, ...notice.rows].slice(0, MAX_DETAILS);
    return {
      event_action: actionOf(state),
      dedup_key: incident.length <= MAX_KEY_CHARS ? incident : digestOf(incident),
      client: 'Pactwatch',
      payload: {
        summary: start(notice.subject, MAX_SUMMARY_CHARS),
        source: contract,
        severity: SEVERITIES[severity],
        timestamp: formatInstant(at),
        component: alert?.verdict?.obligation ?? contract,
        group: contract,
        class: occasion.type,
        custom_details: {
          ...Object.fromEntries(details.map(([label, text]) => [label, start(text, MAX_DETAIL_CHARS)])),
          ...(notice.advice === null ? {} : { advice: notice.advice }),
        },
      },
      links: notice.links.slice(-MAX_DETAILS).map(([text, href]) => ({ href, text })),
    };
  }

  async send(message: object, { recipient, now, signal }: Sending): Promise<Outcome> {
    const robot = this.robots.get(recipient);
    if (robot === undefined) return { result: 'retry', response: `there is no robot '${recipient}' any more` };
    const body = JSON.stringify({ routing_key: robot.secret, ...message });
    const allowInternal = this.allowInternal || robot.allowInternal;
    const headers = { 'content-type': 'application/json' };
    const answer = await post(new URL(robot.url), body, headers, { allowInternal, signal });
    if ('result' in answer) return answer;
    const response = shorten(`${answer.status} ${answer.body}`);
    if (answer.status >= 200 && answer.status < 300) return { result: 'sent', response };
    if (answer.status === 400) return { result: 'failed', response };
    const afterMillis = waitOf(answer.retryAfter, now);
    if (answer.status === 429)
      return { result: 'retry', response, afterMillis: afterMillis ?? BUSY_MILLIS, throttled: true };
    return { result: 'retry', response, ...(afterMillis === undefined ? {} : { afterMillis }) };
  }
}

function actionOf(state: IncidentState | null): 'trigger' | 'acknowledge' | 'resolve' {
  if (state === 'acknowledged') return 'acknowledge';
  return state === 'resolved' || state === 'withdrawn' ? 'resolve' : 'trigger';
}

/** So many whole characters at most. */
function start(text: string, maxChars: number): string {
  const characters = [...text];
  return characters.length <= maxChars ? text : `${characters.slice(0, maxChars - 1).join('')}…`;
}
