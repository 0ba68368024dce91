import { parseEvent, verifyOwn, contentHash } from '#libs/events';
import type { NewRecord } from '#libs/bus';
import { aSave, freshDatabase } from '#libs/testkit';
import { careContract } from '../../test/a-care-contract.js';
import { aHistory, aLine } from '../../test/a-history.js';
import { AnAudit, STAMP_KEY, type Item } from '../../test/an-audit.js';

const CARE = 'CARE-1';
const STATEMENTS = `/v1/contracts/${CARE}/statements`;
const MARCH = `${STATEMENTS}/2030-03`;
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** Two tickets of March that were not answered in time; the last fact lies in April, so March is over and April is not. */
const LINES = [
  aLine(CARE, 'b1', '2030-03-05T01:00:00Z', 'ticket.opened', 'T-2'),
  aLine(CARE, 'b2', '2030-03-05T07:34:47Z', 'ticket.answered', 'T-2'),
  aLine(CARE, 'd1', '2030-03-08T04:00:00Z', 'ticket.opened', 'T-9'),
  aLine(CARE, 'e1', '2030-04-02T02:00:00Z', 'ticket.opened', 'T-10'),
];
const T2 = 'provider/per-breach/5.1/first-answer/T-2/1';

let audit: AnAudit;
let etag: string;

beforeAll(async () => {
  audit = await AnAudit.start({ database: await freshDatabase(), aSave });
  await audit.keep(aHistory(CARE, [{ lines: LINES, recordedAt: '2031-06-01T00:00:00Z' }], careContract(CARE)), 0);
  await recordMarch();
  etag = (await audit.ask(MARCH)).headers.get('etag')!;
});

/** What the monitor has recorded about March: frozen, with a dispute that the client has raised. */
async function recordMarch(): Promise<void> {
  const { lines, ...item } = await audit.get<Item & { lines: readonly Item[] }>(`${MARCH}?asOf=2030-04-02T02:00:00Z`);
  const record = {
    ...item,
    lines: lines.map(({ verdict: _v, standard: _s, ...line }) => line),
    disputes: [
      {
        id: 'of-the-client',
        source: '/pactwatch/client',
        line: T2,
        by: 'client',
        at: '2030-04-01T02:00:00Z',
        reason: null,
        state: 'open',
        amount: null,
        decidedBy: null,
        decidedAt: null,
        decidedIn: null,
      },
    ],
    ...{ generation: 1, number: 1_000, revision: 1, supersedes: null, linesRevision: 1, who: null },
    cause: { kind: 'deadline', at: '2030-03-31T16:10:00Z' },
    ...{ effectiveAt: '2030-03-31T16:10:00Z', decidedAt: '2031-06-01T00:00:00Z' },
  };
  await audit.store.pool.query(
    `INSERT INTO decision (contract, number, generation, type, obligation, clause, party, subject, instance, state, revision,
       supersedes, effective_at, decided_at, record)
     VALUES ($1, 1000, 1, 'compliance.statement.frozen', 'statement', '', 'provider', '2030-03', 0, 'frozen', 1, NULL, $2, $3, $4)`,
    [CARE, record.effectiveAt, record.decidedAt, JSON.stringify(record)],
  );
}

afterAll(() => audit?.close());

describe('a statement in print', () => {
  it.each([
    ['application/pdf', 'application/pdf', '%PDF-1.7', 'CARE-1-2030-03.pdf'],
    [XLSX, XLSX, 'PK', 'CARE-1-2030-03.xlsx'],
    ['text/csv', 'text/csv; charset=utf-8; header=present', 'number,id,party', 'CARE-1-2030-03.csv'],
  ])('is had as %s, and not again while it is the same', async (accept, type, begin, name) => {
    const response = await audit.ask(`${MARCH}?lang=en`, { accept });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('content-disposition')).toBe(`inline; filename="${name}"`);
    const body = Buffer.from(await response.arrayBuffer());
    expect(body.subarray(0, begin.length).toString('latin1')).toBe(begin);
    const again = { accept, 'if-none-match': response.headers.get('etag')! };
    expect((await audit.ask(`${MARCH}?lang=en`, again)).status).toBe(304);
    expect((await audit.ask(`${MARCH}?lang=zh-CN`, again)).status).toBe(200);
  });

  it('is in the language of the parameter, of the reader, or of the contract', async () => {
    const titleOf = async (query: string, headers: Record<string, string> = {}) => {
      const text = await (await audit.ask(`${MARCH}${query}`, { accept: 'text/csv', ...headers })).text();
      return text.includes('首次答复') ? 'zh-CN' : text.includes('First answer') ? 'en' : 'neither';
    };
    expect(await titleOf('?lang=en', { 'accept-language': 'zh' })).toBe('en');
    expect(await titleOf('', { 'accept-language': 'en-GB, zh;q=0.5' })).toBe('en');
    expect(await titleOf('', { 'accept-language': 'zh, en;q=0.5' })).toBe('zh-CN');
    expect(await titleOf('', { 'accept-language': 'fr' })).toBe('en');
    expect(await titleOf('')).toBe('en');
  });

  it.each([
    ['?lang=fr', 'lang'],
    ['?lossOfClient=0', 'lossOfClient'],
    ['?lossOfProvider=1e3', 'lossOfProvider'],
  ])('refuses %s', async (query, field) => {
    expect(await audit.problemOf(`${MARCH}${query}`)).toMatchObject({ status: 400, errors: [{ field }] });
  });

  it('is refused as anything else', async () => {
    expect(await audit.problemOf(MARCH, { accept: 'image/png' })).toMatchObject({ status: 406 });
  });
});

describe('an act about a statement', () => {
  /** What a well-made request has, but for the difference. */
  const headers = (difference: Record<string, string | undefined> = {}) =>
    Object.fromEntries(
      Object.entries({ 'idempotency-key': 'dispute-of-t2', 'if-match': etag, ...difference }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    );

  it('is one signed fact of the side whose key was shown, however often it is asked for', async () => {
    const body = { line: T2, reason: '资料迟交' };
    const first = await audit.post(`${MARCH}/disputes`, 'chen.chen', body, headers());
    expect(first.status).toBe(202);
    const answer = { accepted: 1, id: 'dispute-of-t2', source: '/pactwatch/provider', type: 'statement.disputed' };
    expect(await first.json()).toEqual(answer);
    // The statement may have moved since: the repeat is the same fact all the same.
    const second = await audit.post(`${MARCH}/disputes`, 'chen.chen', body, headers({ 'if-match': undefined }));
    expect([second.status, await second.json()]).toEqual([202, answer]);
    expect(audit.appended).toHaveLength(2);
    expect(audit.appended[1]).toEqual(audit.appended[0]);
    expect(eventOf(audit.appended[0]!)).toEqual({
      contract: CARE,
      subject: '2030-03',
      data: { cycle: '2030-03', line: T2, reason: '资料迟交' },
      signed: true,
    });
  });

  it('may name a line by its place', async () => {
    const { lines } = await audit.get<{ lines: readonly Item[] }>(MARCH);
    const place = lines.findIndex(({ id }) => id === T2) + 1;
    const response = await audit.post(`${MARCH}/disputes`, 'lin.yue', { line: place }, headers());
    expect(response.status).toBe(202);
    expect(eventOf(audit.appended.at(-1)!).data).toEqual({ cycle: '2030-03', line: T2 });
  });

  it.each<[string, string, string, object, Record<string, string | undefined>, number]>([
    ['without an idempotency key', 'disputes', 'chen.chen', { line: T2 }, { 'idempotency-key': undefined }, 400],
    ['with a key used for something else', 'disputes', 'chen.chen', { line: T2, reason: 'x' }, {}, 422],
    [
      'without If-Match',
      'disputes',
      'chen.chen',
      { line: T2 },
      { 'idempotency-key': 'another-1', 'if-match': undefined },
      428,
    ],
    [
      'of what was something else',
      'disputes',
      'chen.chen',
      { line: T2 },
      { 'idempotency-key': 'another-2', 'if-match': '"x.json"' },
      412,
    ],
    ['of a line that is not there', 'disputes', 'chen.chen', { line: 'x' }, { 'idempotency-key': 'another-3' }, 422],
    [
      'with a field that is not known',
      'disputes',
      'chen.chen',
      { line: T2, amount: '1' },
      { 'idempotency-key': 'another-4' },
      422,
    ],
    ['by an auditor', 'disputes', 'client-auditor', { line: T2 }, { 'idempotency-key': 'another-5' }, 403],
    ['by nobody of a party', 'disputes', 'a-key-for-the-tests', { line: T2 }, { 'idempotency-key': 'another-6' }, 403],
    [
      'for the other side',
      'disputes',
      'lin.yue',
      { line: T2, party: 'provider' },
      { 'idempotency-key': 'another-7' },
      403,
    ],
    ['with a key that is not listed', 'disputes', 'nobody', { line: T2 }, { 'idempotency-key': 'another-8' }, 401],
    [
      'of another content type',
      'disputes',
      'lin.yue',
      { line: T2 },
      { 'idempotency-key': 'another-9', 'content-type': 'text/plain' },
      415,
    ],
    [
      'about a dispute that is not there',
      'disputes/d-1/decision',
      'lin.yue',
      { outcome: 'upheld' },
      { 'idempotency-key': 'another-a' },
      404,
    ],
    [
      'adjusting without an amount',
      'disputes/d-1/decision',
      'lin.yue',
      { outcome: 'adjusted' },
      { 'idempotency-key': 'another-b' },
      422,
    ],
    [
      'deciding one\u2019s own dispute',
      'disputes/of-the-client/decision',
      'lin.yue',
      { outcome: 'waived' },
      { 'idempotency-key': 'another-c' },
      403,
    ],
    [
      'signing a revision that one picks',
      'signatures',
      'lin.yue',
      { revision: 1 },
      { 'idempotency-key': 'another-e' },
      422,
    ],
  ])('%s is refused, and nothing appended', async (_, path, who, body, difference, status) => {
    const before = audit.appended.length;
    const response = await audit.post(`${MARCH}/${path}`, who, body, headers(difference));
    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
    expect(audit.appended).toHaveLength(before);
  });

  it.each([
    [
      'the decision of the other party',
      'disputes/of-the-client/decision',
      { outcome: 'adjusted', amount: '120.00' },
      'dispute.decided',
      { dispute: 'of-the-client', outcome: 'adjusted', amount: '120.00' },
    ],
    ['a signature', 'signatures', {}, 'statement.signed', { cycle: '2030-03', revision: 1 }],
  ])('%s is a fact', async (_, path, body, type, data) => {
    const response = await audit.post(
      `${MARCH}/${path}`,
      'chen.chen',
      body,
      headers({ 'idempotency-key': `new.${type}` }),
    );
    expect([response.status, await response.json()]).toEqual([
      202,
      { accepted: 1, id: `new.${type}`, source: '/pactwatch/provider', type },
    ]);
    expect(eventOf(audit.appended.at(-1)!)).toEqual({ contract: CARE, subject: '2030-03', data, signed: true });
  });

  it('about a cycle that is not frozen is refused', async () => {
    const april = await audit.ask(`${STATEMENTS}/2030-04`);
    const response = await audit.post(
      `${STATEMENTS}/2030-04/disputes`,
      'lin.yue',
      { line: 'x' },
      headers({ 'idempotency-key': 'another-d', 'if-match': april.headers.get('etag')! }),
    );
    expect(response.status).toBe(409);
  });
});

function eventOf(record: NewRecord) {
  const headers = Object.fromEntries(
    Object.entries(record.headers ?? {}).map(([name, value]) => [name, Buffer.from(String(value))]),
  );
  const parsed = parseEvent({ headers, value: Buffer.from(String(record.value)), key: null } as unknown as Parameters<
    typeof parseEvent
  >[0]);
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  const { source, id, type, subject, time, data, contractid = '', extensions } = parsed.event;
  const own = { contract: contractid, source, id, type, contentHash: contentHash({ type, subject, time, data }) };
  return { contract: contractid, subject, data, signed: verifyOwn(STAMP_KEY, own, extensions['ownsig']) };
}
