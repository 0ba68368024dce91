import { formatInstant, type Instant } from '#libs/calendar';
import { Random } from '../demo/random.js';

export interface SampleEvent {
  readonly contract: string;
  /** A CloudEvent in structured mode. */
  readonly text: string;
}

interface Step {
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
}

interface OpenCase {
  readonly contract: string;
  readonly source: string;
  readonly subject: string;
  readonly steps: readonly Step[];
  done: number;
  lastAt: Instant;
  /** How long ago the opening happened when it is reported, in milliseconds. */
  readonly reportedAfter: number;
}

/** Cases under way at once: what lies between two events of one case. */
const OPEN_CASES = 400;
const MINUTE = 60_000;

/**
 * Endless events of service cases as they come from a platform, those of many cases mixed: three of five are inquiries that are opened,
 * answered and closed, two are complaints that are opened, answered and solved, some with a wait and a further message in between. Of
 * fifty complaints one is reported so late that its first answer is overdue by then.
 */
export class SampleEvents {
  private readonly random: Random;
  private readonly open: OpenCase[] = [];
  private cases = 0;
  private events = 0;

  /** @param prefix begins the ids of events and cases, so that no two runs share any */
  constructor(
    private readonly prefix: string,
    private readonly contracts: readonly string[],
    seed: number,
  ) {
    this.random = new Random(seed);
  }

  next(now: Instant): SampleEvent {
    const { open, random } = this;
    if (open.length < OPEN_CASES) open.push(this.openCase());
    const index = random.between(0, open.length - 1);
    const one = open[index]!;
    const at = one.done === 0 ? now - one.reportedAfter : Math.max(now, one.lastAt + 1);
    const step = one.steps[one.done]!;
    one.done += 1;
    one.lastAt = at;
    if (one.done === one.steps.length) {
      open[index] = open[open.length - 1]!;
      open.pop();
    }
    this.events += 1;
    const event = {
      specversion: '1.0',
      id: `${this.prefix}-${this.events}`,
      source: one.source,
      type: step.type,
      subject: one.subject,
      time: formatInstant(at),
      contractid: one.contract,
      datacontenttype: 'application/json',
      data: { ...step.data, agent: `A-${random.between(100, 180)}`, customer: `K-${random.between(1e7, 1e8 - 1)}` },
    };
    return { contract: one.contract, text: JSON.stringify(event) };
  }

  private openCase(): OpenCase {
    const { random } = this;
    const number = ++this.cases;
    const contract = random.pick(this.contracts);
    const channel = random.pick(['app', 'web', 'phone']);
    const common = { contract, done: 0, lastAt: 0 };
    if (random.chance(0.6)) {
      return {
        ...common,
        source: '/platform/chat',
        subject: `${this.prefix}-Q-${number}`,
        steps: [
          { type: 'inquiry.opened', data: { channel } },
          { type: 'inquiry.responded', data: { channel } },
          { type: 'inquiry.closed', data: { channel } },
        ],
        reportedAfter: 0,
      };
    }
    const late = random.chance(0.02);
    const priority = late ? 'urgent' : random.pick(['urgent', 'high', 'normal', 'normal', 'normal']);
    const category = random.pick(['delivery', 'quality', 'refund', 'invoice']);
    const conversation: Step[] = [
      { type: 'complaint.waiting', data: { on: 'customer' } },
      { type: 'complaint.customer_replied', data: { channel } },
      { type: 'complaint.resumed', data: {} },
      { type: 'complaint.responded', data: { channel } },
    ];
    return {
      ...common,
      source: '/platform/crm',
      subject: `${this.prefix}-C-${number}`,
      steps: [
        { type: 'complaint.opened', data: { channel, priority, category } },
        { type: 'complaint.responded', data: { channel } },
        ...(random.chance(0.2) ? conversation : []),
        { type: 'complaint.resolved', data: { channel } },
      ],
      reportedAfter: late ? 45 * MINUTE : 0,
    };
  }
}
