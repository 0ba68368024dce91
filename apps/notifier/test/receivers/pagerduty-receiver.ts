import { z } from 'zod';
import { HttpReceiver, type Answer, type Received } from './http-receiver.js';

const STATES = { acknowledge: 'acknowledged', resolve: 'resolved' } as const;

const event = z.object({
  routing_key: z.string().length(32),
  event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
  dedup_key: z.string().min(1).max(255),
  client: z.string(),
  payload: z.object({
    summary: z.string().min(1).max(1024),
    source: z.string().min(1),
    severity: z.enum(['info', 'warning', 'error', 'critical']),
    timestamp: z.iso.datetime(),
    component: z.string(),
    group: z.string(),
    class: z.string(),
    custom_details: z.record(z.string(), z.string()),
  }),
  links: z.array(z.object({ href: z.url(), text: z.string() })),
});

/** Events API v2 of PagerDuty: 202 for what is valid, 400 with the errors for what is not; an alert for each `dedup_key`. */
export class PagerdutyReceiver extends HttpReceiver {
  readonly key = '0123456789abcdef0123456789abcdef';
  /** State of each alert by its key. */
  readonly alerts = new Map<string, 'triggered' | 'acknowledged' | 'resolved'>();

  get url(): string {
    return `${this.origin}/v2/enqueue`;
  }

  protected answer(received: Received): Answer {
    const read = event.safeParse(received.body);
    const errors = read.success ? [] : read.error.issues.map(({ path, message }) => `'${path.join('.')}': ${message}`);
    if (received.url.pathname !== '/v2/enqueue') errors.push('there is no such path');
    if (Buffer.byteLength(received.text) > 512 * 1024) errors.push('the event is larger than 512 KB');
    if (read.success && read.data.routing_key !== this.key) errors.push("'routing_key' is invalid");
    if (!read.success || errors.length > 0) {
      const body = { status: 'invalid event', message: 'Event object is invalid', errors };
      return this.refuse(400, { status: 400, body });
    }
    const { event_action: action, dedup_key: key } = read.data;
    const known = this.alerts.get(key);
    const isOpen = known !== undefined && known !== 'resolved';
    if (action === 'trigger' && !isOpen) this.alerts.set(key, 'triggered');
    if (action !== 'trigger' && isOpen) this.alerts.set(key, STATES[action]);
    const body = { status: 'success', message: 'Event processed', dedup_key: key };
    return this.accept(received, { status: 202, body });
  }
}
