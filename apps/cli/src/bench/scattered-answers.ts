import { formatInstant, type Instant } from '#libs/calendar';
import type { SampleEvent } from './sample-events.js';

/** A prime larger than any number of cases: steps of it come to each case once before they come to one again. */
const STEP = 2_147_483_647;
const SOURCE = '/platform/crm';

/** The answer to one open complaint after the other, never to one near the last: hardly any is held in memory when it comes. */
export class ScatteredAnswers {
  private sent = 0;

  /**
   * @param prefix begins the ids of the events
   * @param subject begins the name of each case; its number follows, `cases` of them from `first` on
   */
  constructor(
    private readonly prefix: string,
    private readonly contract: string,
    private readonly subject: string,
    private readonly first: number,
    private readonly cases: number,
  ) {}

  next(now: Instant): SampleEvent {
    const number = ++this.sent;
    const subject = `${this.subject}${this.first + ((number * (STEP % this.cases)) % this.cases)}`;
    const data = { channel: 'app', agent: `A-${100 + (number % 80)}` };
    return complaint(this.contract, `${this.prefix}-${number}`, 'complaint.responded', subject, now, data);
  }
}

/** The first event of a complaint: what cases in bulk are copies of. Its id begins with the case's. */
export function openComplaint(contract: string, subject: string, now: Instant): SampleEvent {
  const data = { channel: 'app', priority: 'normal', category: 'quality', agent: 'A-100', customer: 'K-10000000' };
  return complaint(contract, `${subject}-opened`, 'complaint.opened', subject, now, data);
}

function complaint(
  contract: string,
  id: string,
  type: string,
  subject: string,
  now: Instant,
  data: Readonly<Record<string, string>>,
): SampleEvent {
  const event = {
    specversion: '1.0',
    id,
    source: SOURCE,
    type,
    subject,
    time: formatInstant(now),
    contractid: contract,
    datacontenttype: 'application/json',
    data,
  };
  return { contract, text: JSON.stringify(event) };
}
