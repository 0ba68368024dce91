const HOUR = 3_600_000;

/** Who says that lines stand still, who claims a storm, and who must accept it. Whatever is a day late is still agreed. */
export const PLANT = '/plant';
export const WORKS = '/works';
export const OWNER = '/owner';

/** A contract about lines that are to be repaired within an hour, unless a storm excuses it. */
export function stormContract(id: string, now: number): string {
  const year = new Date(now).getUTCFullYear();
  return `contract: ${id}
parties:
  client: { name: Owner }
  provider: { name: Works }
term: { from: ${year - 1}-01-01, to: ${year + 1}-12-31 }
zone: Asia/Shanghai
calendar: always
sources:
  ${PLANT}: { trust: trusted, delay: PT24H }
  ${WORKS}: { trust: asserted, party: provider, delay: PT24H }
  ${OWNER}: { trust: asserted, party: client, delay: PT24H }
clauses:
  '1': Every line is repaired within an hour; time in an accepted storm does not count.
events:
  line.stopped:
  line.repaired:
  storm.claimed: { data: { begins: instant, ends: instant, affects: list of id } }
  storm.accepted: { data: { begins: instant, ends: instant, affects: list of id } }
  storm.rejected: { data: { begins: instant, ends: instant, affects: list of id } }
subjects:
  line: { opened: line.stopped, solved: line.repaired }
obligations:
  repair:
    clauses: ['1']
    party: provider
    subject: line
    start: line.stopped
    stop: line.repaired
    target: PT1H round the clock
excuses:
  exemptions:
    claimed: storm.claimed
    accepted: storm.accepted
    rejected: storm.rejected
    from: begins
    to: ends
    affects: affects
`;
}

export interface StormEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: object;
}

export function lineEvent(what: 'stopped' | 'repaired', subject: string, at: number): StormEvent {
  const time = new Date(at).toISOString();
  return { id: `${subject} ${what}`, source: PLANT, type: `line.${what}`, subject, time, data: {} };
}

/** By fours: repaired too late; still standing; repaired in time; standing since long before the storm, which began 11 hours ago. */
export function linesBefore(count: number, now: number): StormEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const subject = `L-${index}`;
    const since = now - (index % 4 === 3 ? 13 : 10) * HOUR;
    const stopped = lineEvent('stopped', subject, since);
    if (index % 4 === 0) return [stopped, lineEvent('repaired', subject, since + 2 * HOUR)];
    if (index % 4 === 2) return [stopped, lineEvent('repaired', subject, since + HOUR / 2)];
    return [stopped];
  }).flat();
}

/** What the works claim, and that the owner accepts it: a storm of 12 hours, one of which is still to come. */
export function storm(now: number): readonly [claimed: StormEvent, accepted: StormEvent] {
  const data = {
    begins: new Date(now - 11 * HOUR).toISOString(),
    ends: new Date(now + HOUR).toISOString(),
    affects: ['repair'],
  };
  const of = (source: string, what: string): StormEvent => ({
    id: `storm ${what}`,
    source,
    type: `storm.${what}`,
    subject: 'STORM-1',
    time: new Date(now).toISOString(),
    data,
  });
  return [of(WORKS, 'claimed'), of(OWNER, 'accepted')];
}
