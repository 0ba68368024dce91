/** From last year to next year, so that the term surrounds whatever clock the test runs under. */
function termAround(now: number): string {
  const year = new Date(now).getUTCFullYear();
  return `{ from: ${year - 1}-01-01, to: ${year + 1}-12-31 }`;
}

/** Source whose events belong to the first contract of a test where they name none. */
export const DEPOT = '/depot';

/**
 * A contract about parcels, in seconds instead of days: first scan (two or three seconds, by speed), delivery (with pauses and
 * returns), questions of the customer (each of them), and lockers that are to be mended (with a grace).
 */
export function parcelContract(
  id: string,
  now: number,
  { isDefault = false, version = 1, delivery = 'PT4S' } = {},
): string {
  return `contract: ${id}
version: ${version}
parties:
  client: { name: Shop }
  provider: { name: Depot }
term: ${termAround(now)}
zone: Asia/Shanghai
calendar: always
sources:
  ${DEPOT}: { trust: trusted, delay: PT10M, default: ${isDefault} }
vocabulary: { correction: note.mended }
clauses:
  '2.1': Every parcel is scanned within two seconds, slow ones within three.
  '2.2': Every parcel is delivered within four seconds; while customs hold it, no time passes.
  '2.3': Every question is answered within two seconds.
  '3.1': The shop mends every locker within three seconds.
events:
  parcel.accepted: { data: { speed: [fast, slow], lane: text? } }
  parcel.sped: { data: { speed: [fast, slow] } }
  parcel.scanned:
  parcel.held:
  parcel.freed:
  parcel.delivered:
  parcel.returned:
  parcel.lost:
  question.asked:
  question.answered:
  locker.broken:
  locker.mended:
  note.mended:
subjects:
  parcel:
    opened: parcel.accepted
    answered: [parcel.scanned, parcel.delivered]
    solved: parcel.delivered
    reopened: parcel.returned
    cancelled: parcel.lost
    priority: { field: speed, setBy: [parcel.accepted, parcel.sped] }
    dimensions: [lane]
  locker: { opened: locker.broken }
obligations:
  first-scan:
    clauses: ['2.1']
    party: provider
    subject: parcel
    start: parcel.accepted
    stop: [parcel.scanned, parcel.delivered]
    target: { byPriority: { fast: PT2S round the clock, slow: PT3S round the clock } }
    warnings: [50%]
  delivery:
    clauses: ['2.2']
    party: provider
    subject: parcel
    start: parcel.accepted
    stop: parcel.delivered
    pause: parcel.held
    resume: parcel.freed
    target: ${delivery} round the clock
    reopen: { countedFrom: parcel.delivered, within: 7 calendar days, inside: continue, after: new-instance }
  question:
    clauses: ['2.3']
    party: provider
    subject: parcel
    turns: each-turn
    start: { on: question.asked, where: '!case.solved' }
    stop: question.answered
    target: PT2S working time
  mending:
    clauses: ['3.1']
    party: client
    subject: locker
    start: locker.broken
    stop: locker.mended
    target: PT3S round the clock
    grace: PT1S
`;
}
