import { parse } from 'csv-parse/sync';
import { HttpWrites, ReadSide } from '#libs/store';
import { aSave, freshDatabase } from '#libs/testkit';
import { aHistory, aLine, evaluatedLines } from '../test/a-history.js';
import { AnAudit, serve, type Item } from '../test/an-audit.js';

const DESK = 'DESK-1';
/** Tickets of Tuesday, 5 March 2030; what is open at its end is looked at on Wednesday at 12:00. */
const DESK_LINES = [
  aLine(DESK, 'p1', '2030-02-27T03:00:00Z', 'papers.requested', 'P-1'),
  aLine(DESK, 'p2', '2030-03-04T03:00:00Z', 'papers.requested', 'P-2'),
  aLine(DESK, 'a1', '2030-03-05T01:00:00Z', 'ticket.opened', 'T-1', { channel: 'app' }),
  aLine(DESK, 'b1', '2030-03-05T01:00:00Z', 'ticket.opened', 'T-2', { channel: 'phone' }),
  aLine(DESK, 'a2', '2030-03-05T02:00:00Z', 'ticket.answered', 'T-1'),
  aLine(DESK, 'c1', '2030-03-05T02:00:00Z', 'ticket.opened', 'T-3', { channel: '=1+1' }),
  aLine(DESK, 'd1', '2030-03-05T02:00:00Z', 'ticket.opened', 'T-4', { channel: 'app' }),
  aLine(DESK, 'd2', '2030-03-05T02:30:00Z', 'ticket.waiting', 'T-4'),
  aLine(DESK, 'e1', '2030-03-05T03:00:00Z', 'ticket.opened', 'T-5'),
  aLine(DESK, 'e2', '2030-03-05T03:10:00Z', 'ticket.cancelled', 'T-5'),
  aLine(DESK, 'f1', '2030-03-05T03:00:00Z', 'ticket.opened', 'T-6'),
  aLine(DESK, 'f2', '2030-03-05T03:30:00Z', 'fact.corrected', undefined, { corrects: 'f1', action: 'withdraw' }),
  aLine(DESK, 'x1', '2030-03-05T03:40:00Z', 'ticket.opened', 'T-9', { channel: 7 }),
  aLine(DESK, 'b2', '2030-03-05T07:34:47Z', 'ticket.answered', 'T-2'),
  aLine(DESK, 'g1', '2030-03-06T03:00:00Z', 'ticket.opened', 'T/7 一'),
  aLine(DESK, 'z1', '2030-03-06T04:00:00Z', 'nothing.meant', 'T-1'),
];

const BULK = 'BULK-1';
const BULK_SIZE = 5_000;
/** Code points and UTF-16 units, case and length order these differently. */
const BEGINNINGS = ['b', 'B', 'é', '一', '\uFB01', '\u{1F600}', '10', '9'];

function bulkLines(): string[] {
  const lines: string[] = [];
  for (let i = 0; i < BULK_SIZE; i++) {
    const subject = `${BEGINNINGS[i % BEGINNINGS.length]}-${(i * 7919) % BULK_SIZE}`;
    const at = Date.parse('2030-03-05T00:00:00Z') + i * 1_000;
    lines.push(aLine(BULK, `m${i}`, new Date(at).toISOString(), 'call.missed', subject));
    if (i % 2 === 0) lines.push(aLine(BULK, `r${i}`, new Date(at + 500).toISOString(), 'call.returned', subject));
  }
  return lines;
}

const EDGE = 'EDGE-1';
/** The calendar ends with 2030: the papers of P-1 fall due in 2031, and the delay of T-1 reaches into it. */
const EDGE_LINES = [
  aLine(EDGE, 'a1', '2030-12-20T01:00:00Z', 'ticket.opened', 'T-1'),
  aLine(EDGE, 'p1', '2030-12-31T02:00:00Z', 'papers.requested', 'P-1'),
  aLine(EDGE, 'z1', '2031-01-03T04:00:00Z', 'nothing.meant', 'T-1'),
];

let audit: AnAudit;
let base: string;
let bulk: readonly string[];

const ask: AnAudit['ask'] = (path, headers) => audit.ask(path, headers);
const get: AnAudit['get'] = (path) => audit.get(path);
const idsOf: AnAudit['idsOf'] = (path) => audit.idsOf(path);
const problemOf: AnAudit['problemOf'] = (path, headers) => audit.problemOf(path, headers);
const pagesOf: AnAudit['pagesOf'] = (path) => audit.pagesOf(path);

beforeAll(async () => {
  bulk = bulkLines();
  audit = await AnAudit.start({ database: await freshDatabase(), aSave });
  ({ base } = audit);
  const histories = [aHistory(DESK, DESK_LINES), aHistory(BULK, bulk), aHistory(EDGE, EDGE_LINES)];
  for (const [partition, history] of histories.entries()) await audit.keep(history, partition);
});

afterAll(() => audit?.close());

/** The line with the id before its fields. */
function withId(line: string): string {
  const { contract, obligation, subject, instance } = JSON.parse(line) as Record<string, string>;
  return `{"id":${JSON.stringify(`${contract}/${obligation}/${subject}/${instance}`)},${line.slice(1)}`;
}

/** Online a verdict carries how often it was decided; offline that is not known, and 1 stands there. */
function revisionsApart(text: string): string {
  return text.replaceAll(/"revision":\d+/g, '"revision":0');
}

const T1 = 'DESK-1/first-answer/T-1/1';
const T2 = 'DESK-1/first-answer/T-2/1';
const T3 = 'DESK-1/first-answer/T-3/1';
const T4 = 'DESK-1/first-answer/T-4/1';
const T5 = 'DESK-1/first-answer/T-5/1';
const T7 = 'DESK-1/first-answer/T/7 一/1';
const P1 = 'DESK-1/papers/P-1/1';
const P2 = 'DESK-1/papers/P-2/1';

describe('an item of the lists', () => {
  it("is the record of evaluate at the contract's clock, byte for byte, with its id before it", async () => {
    const lines = evaluatedLines(DESK, DESK_LINES);
    const text = await (await ask(`/v1/contracts/${DESK}/verdicts`)).text();
    expect(lines).toHaveLength(8);
    expect(revisionsApart(text)).toBe(revisionsApart(`{"items":[${lines.map(withId).join(',')}],"next":null}`));
  });

  it.each(['2030-03-05T02:15:00Z', '2030-03-05T06:30:00Z', '2030-03-05T06:30:00.001Z', '2030-06-28T08:00:00Z'])(
    'is the record of evaluate as of %s',
    async (asOf) => {
      const lines = evaluatedLines(DESK, DESK_LINES, asOf);
      const text = await (await ask(`/v1/verdicts?contract=${DESK}&asOf=${asOf}`)).text();
      expect(text).toBe(`{"items":[${lines.map(withId).join(',')}],"next":null}`);
    },
  );

  it('carries how often it was decided', async () => {
    const { items } = await get(`/v1/contracts/${DESK}/verdicts?subject=T-2`);
    expect(items).toMatchObject([{ id: T2, revision: 3, state: 'breached', overdueBy: 'PT1H4M47S' }]);
  });
});

describe('filters', () => {
  it.each([
    ['', [T1, T2, T3, T4, T5, T7, P1, P2]],
    ['obligation=papers', [P1, P2]],
    ['clause=5.1&state=met', [T1]],
    ['party=client', [P1, P2]],
    ['state=met&state=cancelled', [T1, T5]],
    ['state=met,cancelled', [T1, T5]],
    ['subject=T-1&subject=P-2', [T1, P2]],
    ['dimension.channel=app', [T1, T4]],
    ['dimension=channel:app&state=paused', [T4]],
    ['from=2030-03-05T01:00:00Z&to=2030-03-05T03:00:00Z', [T1, T2, T3, T4]],
    ['time=2030-03-05T03:00:00Z/..', [T5, T7]],
    ['time=2030-03-05T11:00:00%2B08:00/..', [T5, T7]],
    ['dueBefore=2030-03-05T06:30:00.001Z', [T1, T2, P1]],
    // P-1 is due on Monday, the 4th; T-4 is paused and stands where it started.
    ['period=2030-03-04', [P1]],
    ['period=2030-03-05', [T1, T2, T3, T4, T5]],
    ['period=2030-Q2', []],
    ['period=2030', [T1, T2, T3, T4, T5, T7, P1, P2]],
    ['contract=NONE', []],
  ])('%s', async (filter, ids) => {
    const contract = filter.startsWith('contract=') ? '' : `contract=${DESK}&`;
    expect(await idsOf(`/v1/verdicts?${contract}${filter}`)).toEqual(ids);
    // The same question about the clock's own instant is answered from the facts: it must agree.
    expect(
      await idsOf(
        `/v1/verdicts?contract=${DESK}&${filter}&asOf=2030-03-06T04:00:00Z`.replace(/contract=DESK-1&(?=contract)/, ''),
      ),
    ).toEqual(ids);
  });

  it('leave breaches', async () => {
    expect(await idsOf(`/v1/contracts/${DESK}/breaches`)).toEqual([T2, T3, P1]);
    expect(await idsOf(`/v1/breaches?contract=${DESK}&party=client`)).toEqual([P1]);
    expect(await idsOf(`/v1/breaches?contract=${DESK}&asOf=2030-03-05T06:30:00.001Z`)).toEqual([T2, P1]);
  });

  it('sort by what falls due next, what is never due last', async () => {
    const due = [P1, T1, T2, T3, T5, T7, P2, T4];
    expect(await idsOf(`/v1/contracts/${DESK}/verdicts?sort=dueAt`)).toEqual(due);
    const { items, sizes } = await pagesOf(`/v1/contracts/${DESK}/verdicts?sort=dueAt&limit=3`);
    expect([items.map((item) => item.id), sizes]).toEqual([due, [3, 3, 2]]);
    const asOf = await pagesOf(`/v1/contracts/${DESK}/verdicts?sort=dueAt&limit=1&asOf=2030-03-06T04:00:00Z`);
    expect(asOf.items.map((item) => item.id)).toEqual(due);
    expect(await idsOf(`/v1/contracts/${DESK}/verdicts?sort=dueAt&state=running`)).toEqual([T7, P2]);
  });
});

describe('pages', () => {
  it('of thousands of verdicts give each once, in the order of evaluate', async () => {
    const lines = evaluatedLines(BULK, bulk);
    expect(lines).toHaveLength(BULK_SIZE);
    const { items, sizes } = await pagesOf(`/v1/verdicts?contract=${BULK}&limit=1000`);
    expect(sizes).toEqual([1000, 1000, 1000, 1000, 1000]);
    expect(revisionsApart(JSON.stringify(items))).toBe(revisionsApart(`[${lines.map(withId).join(',')}]`));
  });

  it('of thousands of verdicts about an instant do so as well', async () => {
    const asOf = '2030-03-05T00:41:00.25Z';
    const lines = evaluatedLines(BULK, bulk, asOf);
    expect(lines.length).toBeGreaterThan(2_000);
    const { items } = await pagesOf(`/v1/verdicts?contract=${BULK}&limit=1000&asOf=${asOf}`);
    expect(JSON.stringify(items)).toBe(`[${lines.map(withId).join(',')}]`);
  });

  it('go across contracts', async () => {
    const { items } = await pagesOf('/v1/verdicts?limit=999');
    const contracts = items.map((item) => item['contract'] as string);
    expect([...new Set(contracts)]).toEqual([BULK, DESK, EDGE]);
    expect(contracts).toEqual([...contracts].sort());
    expect(items).toHaveLength(BULK_SIZE + 8 + 2);
  });

  it('have 100 items where nothing else is asked', async () => {
    const { items, next } = await get('/v1/verdicts');
    expect([items.length, typeof next]).toEqual([100, 'string']);
  });

  it('of another list are not continued', async () => {
    const { next } = await get('/v1/verdicts?limit=1');
    const problem = await problemOf(`/v1/verdicts?state=met&cursor=${next}`);
    expect(problem).toMatchObject({ status: 400, errors: [{ field: 'cursor' }] });
  });
});

describe('a calendar that ends', () => {
  it('faults the subject for which a question leaves it, naming calendar and year, and no other', async () => {
    const { items } = await get(`/v1/verdicts?contract=${EDGE}&asOf=2030-12-31T03:00:00Z`);
    expect(items).toMatchObject([
      { subject: 'T-1', state: 'breached' },
      { subject: 'P-1', state: 'faulted', because: { fault: expect.stringMatching(/calendar office .*2031/) } },
    ]);
  });

  it('leaves what lies before it', async () => {
    expect(await idsOf(`/v1/verdicts?contract=${EDGE}&asOf=2030-12-30T00:00:00Z`)).toEqual([
      'EDGE-1/first-answer/T-1/1',
    ]);
  });

  it('spoils no list: what cannot be measured now is shown as it was decided, with the reason', async () => {
    const { items } = await get(`/v1/contracts/${EDGE}/verdicts`);
    expect(items).toMatchObject([
      { subject: 'T-1', state: 'breached', because: { fault: expect.stringMatching(/calendar office .*2031/) } },
      { subject: 'P-1', state: 'faulted', because: { fault: expect.stringMatching(/calendar office .*2031/) } },
    ]);
  });
});

describe('a breach', () => {
  interface Explained extends Item {
    readonly explanation: Record<string, string>;
    readonly timeline: Record<string, string[]>;
    readonly decisions: Item[];
  }

  it.each([encodeURIComponent(T2), T2])('is explained in Chinese and English (%s)', async (id) => {
    const breach = await get<Explained>(`/v1/breaches/${id}`);
    expect(breach).toMatchObject({
      id: T2,
      state: 'breached',
      overdueBy: 'PT1H4M47S',
      title: { 'zh-CN': '首次答复', en: 'First answer' },
      quote: '工单应在 4 个工作小时内答复。',
      caseLink: 'https://desk.example.com/tickets/T-2',
    });
    expect(breach.explanation['zh-CN']).toMatch(/和信公司.*5\.1.*T-2/);
    expect(breach.explanation['en']).toMatch(/provider.*5\.1.*T-2.*1 h 4 min 47 s/);
    expect(breach.timeline['en']!.length).toBeGreaterThan(2);
    expect(breach.timeline['zh-CN']).toHaveLength(breach.timeline['en']!.length);
    expect(breach.decisions.map((decision) => decision['type'])).toEqual([
      'compliance.verdict.opened',
      'compliance.breach.declared',
      'compliance.breach.revised',
    ]);
  });

  it('is found by a subject with a slash', async () => {
    expect(await get(`/v1/verdicts/${encodeURIComponent(T7)}`)).toMatchObject({ id: T7, state: 'running' });
    expect(await get(`/v1/verdicts/${T7.split('/').map(encodeURIComponent).join('/')}`)).toMatchObject({ id: T7 });
  });

  it('is none where the verdict is another, or was not one then', async () => {
    expect(await problemOf(`/v1/breaches/${T1}`)).toMatchObject({
      status: 404,
      detail: expect.stringContaining("'met'"),
    });
    expect(await get(`/v1/verdicts/${T2}?asOf=2030-03-05T06:00:00Z`)).toMatchObject({ state: 'running' });
  });

  it.each([
    'DESK-1/first-answer/T-99/1',
    'DESK-1/first-answer/T-1/2',
    'DESK-1',
    'a/b/c/x',
    'a/b/c/99999999999',
    'a/b/%00/1',
  ])('is not found: %s', async (id) => {
    expect(await problemOf(`/v1/breaches/${id}`)).toMatchObject({ status: 404 });
  });

  it('that ceased to exist still says so by its link, and is in no list', async () => {
    expect(await get('/v1/verdicts/DESK-1/first-answer/T-6/1')).toMatchObject({ state: 'withdrawn' });
    expect(await idsOf(`/v1/contracts/${DESK}/verdicts?subject=T-6`)).toEqual([]);
  });
});

describe('a timeline', () => {
  it('has facts and decisions in the order in which they became true', async () => {
    const { items } = await get(`/v1/contracts/${DESK}/subjects/T-2/timeline`);
    expect(items.map((entry) => [entry['kind'], entry['at'], entry['type']])).toEqual([
      ['fact', '2030-03-05T01:00:00Z', 'ticket.opened'],
      ['decision', '2030-03-05T01:00:00Z', 'compliance.verdict.opened'],
      ['decision', '2030-03-05T06:30:00Z', 'compliance.breach.declared'],
      ['fact', '2030-03-05T07:34:47Z', 'ticket.answered'],
      ['decision', '2030-03-05T07:34:47Z', 'compliance.breach.revised'],
    ]);
    expect(items[2]).toMatchObject({ effectiveAt: '2030-03-05T06:30:00Z', decidedAt: '2031-06-01T00:00:00Z' });
  });

  it('shows what was corrected and by what', async () => {
    const { items } = await get(`/v1/contracts/${DESK}/subjects/T-6/timeline`);
    expect(items.filter((entry) => entry['kind'] === 'fact').map((entry) => entry['id'])).toEqual(['f1', 'f2']);
  });

  it('ends at asOf and comes in pages', async () => {
    const path = `/v1/contracts/${DESK}/subjects/T-2/timeline?limit=2`;
    expect((await pagesOf(path)).sizes).toEqual([2, 2, 1]);
    expect((await pagesOf(`${path}&asOf=2030-03-05T06:30:00Z`)).sizes).toEqual([2, 1]);
  });

  it.each([`${DESK}/subjects/T-99`, 'NONE/subjects/T-2', `${DESK}/subjects/%00`])('is not found: %s', async (place) => {
    expect(await problemOf(`/v1/contracts/${place}/timeline`)).toMatchObject({ status: 404 });
  });
});

describe('other lists', () => {
  it('show contracts with their clocks and rules', async () => {
    const { items } = await get('/v1/contracts');
    expect(items.map((item) => [item.id, item['version'], item['clock']])).toEqual([
      [BULK, 1, '2030-03-05T01:23:19Z'],
      [DESK, 1, '2030-03-06T04:00:00Z'],
      [EDGE, 1, '2031-01-03T04:00:00Z'],
    ]);
    const contract = await get<Item>(`/v1/contracts/${DESK}`);
    expect(contract).toMatchObject({
      id: DESK,
      obligations: [{ id: 'first-answer' }, { id: 'call-back' }, { id: 'papers' }],
    });
    // People stay in the file.
    expect(JSON.stringify(contract)).not.toContain('ada@client.example.com');
  });

  it('show decisions by their numbers', async () => {
    const { items, sizes } = await pagesOf(`/v1/contracts/${DESK}/decisions?limit=7`);
    expect(items.map((item) => item['number'])).toEqual(items.map((_, index) => index + 1));
    expect(sizes.length).toBeGreaterThan(1);
    const declared = await get(`/v1/decisions?contract=${DESK}&type=compliance.breach.declared`);
    expect(declared.items.map((item) => item.id).sort()).toEqual([T2, T3, P1].sort());
  });

  it('show what could not be judged, and its bytes one by one', async () => {
    const { items } = await get('/v1/quarantine');
    expect(items).toMatchObject([{ kind: 'quarantined', id: 'x1', reason: 'SCHEMA', contract: DESK, source: '/desk' }]);
    expect(items[0]!['detail']).toContain('channel');
    expect(await get(`/v1/quarantine/${String(items[0]!['number'])}`)).toMatchObject({
      value: '/wA=',
      encoding: 'base64',
    });
    expect((await get('/v1/quarantine?released=true')).items).toEqual([]);
    expect((await get('/v1/quarantine?reason=FORGED')).items).toEqual([]);
  });
});

describe('representations', () => {
  it('are CSV where it is asked for, with the next page in the Link header', async () => {
    const response = await ask(`/v1/contracts/${DESK}/verdicts?limit=3`, { accept: 'text/csv' });
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    const rows = parse(await response.text(), { columns: true }) as Record<string, string>[];
    expect(rows.map((row) => row['id'])).toEqual([T1, T2, T3]);
    expect(rows[1]).toMatchObject({ state: 'breached', stoppedAt: '2030-03-05T07:34:47Z', overdueBy: 'PT1H4M47S' });
    expect(rows[2]).toMatchObject({ stoppedAt: '', dimensions: '{"channel":"=1+1"}' });
    const next = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    expect(await idsOf(next!)).toEqual([T4, T5, T7]);
  });

  it('are nothing else', async () => {
    expect(await problemOf('/v1/verdicts', { accept: 'application/xml' })).toMatchObject({ status: 406 });
  });

  it('are not sent again to who has them', async () => {
    const first = await ask(`/v1/contracts/${DESK}/breaches`);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).not.toBe('');
    expect((await ask(`/v1/contracts/${DESK}/breaches`, { 'if-none-match': etag })).status).toBe(304);
    expect((await ask(`/v1/contracts/${DESK}/verdicts`, { 'if-none-match': etag })).status).toBe(200);
  });
});

describe('a question that is wrong', () => {
  it.each([
    ['/v1/decisions?knownAt=2030-03-05T00:00:00Z', 'knownAt', /not a parameter/],
    ['/v1/verdicts?state=late', 'state', /'late'.*breached/],
    ['/v1/verdicts?party=both', 'party', /'both'.*client, provider/],
    ['/v1/verdicts?asOf=2030-03-05', 'asOf', /'2030-03-05'.*RFC 3339/],
    ['/v1/verdicts?asOf=2030-02-30T00:00:00Z', 'asOf', /2030-02-30/],
    ['/v1/verdicts?limit=1001', 'limit', /1 to 1000/],
    ['/v1/verdicts?limit=0', 'limit', /1 to 1000/],
    ['/v1/verdicts?period=2030-13', 'period', /2026-Q1/],
    ['/v1/verdicts?sort=name', 'sort', /dueAt/],
    ['/v1/verdicts?subject=', 'subject', /empty/],
    ['/v1/verdicts?limit=1&limit=2', 'limit', /once/],
    ['/v1/verdicts?cursor=abc', 'cursor', /next/],
    ['/v1/verdicts?dimension.%00=x', 'dimension.\0', /not a parameter/],
    ['/v1/contracts/DESK-1/verdicts?contract=BULK-1', 'contract', /not a parameter/],
    ['/v1/contracts?state=met', 'state', /limit, cursor/],
    ['/v1/breaches/DESK-1/first-answer/T-2/1?limit=1', 'limit', /asOf/],
  ])('is told which parameter and what is allowed: %s', async (path, field, detail) => {
    const problem = await problemOf(path);
    expect(problem).toMatchObject({
      type: 'tag:pactwatch,2026:problem:unknown-parameter',
      status: 400,
      errors: [{ field, detail: expect.stringMatching(detail) }],
    });
  });

  it('is told everything at once', async () => {
    const { errors } = (await problemOf('/v1/verdicts?state=late&limit=x&colour=red')) as {
      errors: { field: string }[];
    };
    expect(errors.map((error) => error.field).sort()).toEqual(['colour', 'limit', 'state']);
  });

  it.each(['verdicts', 'breaches', 'decisions'])('is told that there is no such contract (%s)', async (list) => {
    const problem = await problemOf(`/v1/contracts/NONE/${list}`);
    expect(problem).toMatchObject({ status: 404, detail: expect.stringContaining('BULK-1, DESK-1, EDGE-1') });
  });
});

describe('the edge', () => {
  it.each([
    'verdicts',
    'breaches',
    'contracts',
    'quarantine',
    'decisions',
    `verdicts/${T1}`,
    `contracts/${DESK}/subjects/T-1/timeline`,
    `contracts/${DESK}/standards`,
    `contracts/${DESK}/statements`,
    `contracts/${DESK}/statements/2030-03`,
    `contracts/${DESK}/rights`,
    `contracts/${DESK}/findings`,
  ])('asks for a key at /v1/%s', async (path) => {
    expect((await fetch(`${base}/v1/${path}`)).status).toBe(401);
  });

  it('shows a page of links and the interface without one', async () => {
    expect(await (await fetch(base)).text()).toContain('/v1/breaches');
    expect((await fetch(`${base}/docs`)).status).toBe(200);
    const document = (await (await fetch(`${base}/docs-json`)).json()) as {
      openapi: string;
      paths: Record<string, { get?: { parameters: { name: string }[] } }>;
    };
    expect(document.openapi).toMatch(/^3\./);
    const names = document.paths['/v1/verdicts']?.get?.parameters.map((parameter) => parameter.name);
    expect(names).toEqual(
      expect.arrayContaining(['contract', 'clause', 'dueBefore', 'asOf', 'knownAt', 'limit', 'cursor']),
    );
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/v1/contracts/{contract}/subjects/{id}/timeline',
        '/v1/contracts/{contract}/standards',
        '/v1/contracts/{contract}/statements/{cycle}',
        '/v1/contracts/{contract}/rights',
        '/v1/contracts/{contract}/findings',
      ]),
    );
  });
});

describe('a database that needs too long', () => {
  it('is said to be the reason', async () => {
    const { pool } = audit.store;
    const hurried = await serve(new ReadSide(pool, { statementTimeoutMillis: 20 }), new HttpWrites(pool));
    const blocker = await pool.connect();
    try {
      await blocker.query('BEGIN; LOCK TABLE verdict IN ACCESS EXCLUSIVE MODE');
      const response = await audit.ask('/v1/verdicts', {}, hurried.base);
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ detail: expect.stringContaining('needed too long') });
    } finally {
      await blocker.query('ROLLBACK');
      blocker.release();
      await hurried.app.close();
    }
  });
});
