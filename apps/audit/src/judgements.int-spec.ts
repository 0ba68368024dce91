import { HttpWrites, ReadSide } from '#libs/store';
import { aSave, freshDatabase } from '#libs/testkit';
import { careContract } from '../test/a-care-contract.js';
import { aHistory, aLine, evaluated, type Portion } from '../test/a-history.js';
import { AnAudit, serve, type Item } from '../test/an-audit.js';

const CARE = 'CARE-1';
const TEXT = careContract(CARE);
const AMENDED = TEXT.replace('contract: CARE-1', 'contract: CARE-1\nversion: 2\ninForceFrom: 2030-03-01').replace(
  'at least 95%',
  'at least 30%',
);

const client = { source: '/pactwatch/client' };
const provider = { source: '/pactwatch/provider' };
const correction = { corrects: 'r2', action: 'replace', data: { month: '2030-02' } };
const late = { appendedtime: '2030-04-03T03:00:00Z' };

/** 5 March 2030 is a Tuesday. T-1 is answered in time, T-2 late, T-3 waits for papers that come late, T-9 is not answered. */
const FIRST = [
  aLine(CARE, 'r1', '2030-02-05T01:00:00Z', 'report.sent', 'R-1', { month: '2030-01' }),
  aLine(CARE, 'p1', '2030-02-27T03:00:00Z', 'papers.requested', 'P-1', { for: ['T-3'] }),
  aLine(CARE, 'a1', '2030-03-05T01:00:00Z', 'ticket.opened', 'T-1'),
  aLine(CARE, 'b1', '2030-03-05T01:00:00Z', 'ticket.opened', 'T-2'),
  aLine(CARE, 'c1', '2030-03-05T01:00:00Z', 'ticket.opened', 'T-3'),
  aLine(CARE, 'a2', '2030-03-05T02:00:00Z', 'ticket.answered', 'T-1'),
  aLine(CARE, 's1', '2030-03-05T03:00:00Z', 'secret.told', 'S-1', { by: 'provider' }),
  aLine(CARE, 'b2', '2030-03-05T07:34:47Z', 'ticket.answered', 'T-2'),
  aLine(CARE, 'r2', '2030-03-06T01:00:00Z', 'report.sent', 'R-2', { month: '2030-07' }),
  aLine(CARE, 'd0', '2030-03-08T03:00:00Z', 'ticket.answered', 'T-9'),
  aLine(CARE, 'd1', '2030-03-08T04:00:00Z', 'ticket.opened', 'T-9'),
  aLine(CARE, 'e1', '2030-04-02T02:00:00Z', 'ticket.opened', 'T-10'),
];

/** What comes later changes what is true about March: a waiver, a correction, an answer that comes late, an amendment. */
const SECOND = [
  aLine(CARE, 'w1', '2030-04-03T02:00:00Z', 'waiver.agreed', 'W-1', { instance: 'first-answer/T-2/1' }, client),
  aLine(CARE, 'w2', '2030-04-03T02:10:00Z', 'waiver.agreed', 'W-2', { instance: 'first-answer/T-9/1' }, provider),
  aLine(CARE, 'r3', '2030-04-03T02:30:00Z', 'fact.corrected', undefined, correction),
  aLine(CARE, 'd2', '2030-03-08T05:00:00Z', 'ticket.answered', 'T-9', {}, late),
  aLine(CARE, 'e2', '2030-04-03T04:00:00Z', 'ticket.answered', 'T-10'),
];

const PORTIONS: readonly Portion[] = [
  { lines: FIRST, recordedAt: '2031-06-01T00:00:00Z' },
  { lines: SECOND, version: AMENDED, recordedAt: '2031-06-02T00:00:00Z' },
];
const KNOWN = 'knownAt=2031-06-01T12:00:00Z';
const CLOCK_THEN = 'asOf=2030-04-02T02:00:00Z';

let audit: AnAudit;
/** Answers before the second portion came, by path. */
const before = new Map<string, string>();

const T2 = 'CARE-1/first-answer/T-2/1';
const T3 = 'CARE-1/first-answer/T-3/1';
const T9 = 'CARE-1/first-answer/T-9/1';
const PATHS = [
  '/verdicts',
  '/breaches',
  '/standards',
  '/statements',
  '/statements/2030-03',
  '/rights',
  '/findings',
  '/subjects/T-2/timeline',
  '/subjects/T-9/timeline',
  '/subjects/2030-02/timeline',
].map((path) => `/v1/contracts/${CARE}${path}`);
const ASKED = [...PATHS, `/v1/verdicts/${T2}`, `/v1/breaches/${T9}`].flatMap((path) => [
  `${path}?knownAt=2031-06-01T00:00:00Z`,
  `${path}?knownAt=2031-06-01T00:00:00Z&asOf=2030-04-01T00:00:00Z`,
]);

beforeAll(async () => {
  audit = await AnAudit.start({ database: await freshDatabase(), aSave });
  const history = aHistory(CARE, PORTIONS, TEXT);
  const first = history.saves.filter(({ recordedAt }) => recordedAt === Date.parse('2031-06-01T00:00:00Z'));
  await audit.keep(history, 0, first);
  for (const path of ASKED) before.set(path, await audit.text(path));
  await audit.keep(history, 0, history.saves.slice(first.length));
});

afterAll(() => audit?.close());

const all = [...FIRST, ...SECOND];

function of(path: string): Promise<readonly Item[]> {
  return audit.get(`/v1/contracts/${CARE}${path}`).then(({ items }) => items);
}

/** The records with what the lists put before and into them taken away again. */
function recordsOf(items: readonly Item[]): string[] {
  return items.map(({ id: _, ...record }) => {
    const lines = record['lines'] as Record<string, unknown>[] | undefined;
    if (lines === undefined) return JSON.stringify({ ...record, ...('revision' in record ? { revision: 1 } : {}) });
    const { kind, contract, cycle, state, totals, net } = record;
    const plain = lines.map(({ id: _i, instance: _n, adjusts: _a, verdict: _v, standard: _s, ...line }) => line);
    return JSON.stringify({ kind, contract, cycle, state, lines: plain, totals, net });
  });
}

describe('verdicts at the clock', () => {
  it('are judged by what lies beside the case, as the stream judges them', async () => {
    const items = await of('/verdicts');
    expect(recordsOf(items)).toEqual(evaluated(all, [TEXT, AMENDED]).verdicts);
    expect(items.filter(({ id }) => [T2, T3].includes(id)).map(({ state }) => state)).toEqual(['excused', 'paused']);
    const recorded = await audit.get(`/v1/contracts/${CARE}/decisions?subject=T-2`);
    expect(recorded.items.at(-1)).toMatchObject({ type: 'compliance.breach.withdrawn', state: 'excused' });
  });
});

describe('facts that do not act', () => {
  it('are the findings of evaluate, and marked in the timeline of their subject', async () => {
    const findings = await of('/findings');
    expect(findings.map((one) => JSON.stringify(one))).toEqual(evaluated(all, [TEXT, AMENDED]).findings);
    expect(findings.map(({ finding, id, about }) => [finding, id, about])).toEqual([
      ['STRAY', 'd0', 'T-9'],
      ['AWAITING_ACCEPTANCE', 'd2', 'first-answer/T-9/1'],
      ['NO_STANDING', 'w2', 'first-answer/T-9/1'],
    ]);
    const marked = (await of('/subjects/T-9/timeline')).filter((one) => 'finding' in one);
    expect(marked.map(({ id, finding }) => [id, finding])).toEqual([
      ['d0', 'STRAY'],
      ['d2', 'AWAITING_ACCEPTANCE'],
      ['w2', 'NO_STANDING'],
    ]);
  });
});

describe('standards, statements and rights', () => {
  it.each(['2030-03-05T06:30:00Z', '2030-04-01T00:00:00Z', '2030-04-03T04:00:00Z'])(
    'are the records of evaluate as of %s',
    async (asOf) => {
      const expected = evaluated(all, [TEXT, AMENDED], asOf);
      expect(recordsOf(await of(`/standards?asOf=${asOf}`))).toEqual(expected.standards);
      expect(recordsOf(await of(`/statements?asOf=${asOf}`))).toEqual(expected.statements);
      expect(recordsOf(await of(`/rights?asOf=${asOf}`))).toEqual(expected.rights);
    },
  );

  it("are as of the contract's clock where nothing else is asked", async () => {
    expect(recordsOf(await of('/standards'))).toEqual(evaluated(all, [TEXT, AMENDED]).standards);
  });

  it.each([
    ['standard=answered&period=2030-03', ['2030-03']],
    ['period=2030-Q1', ['2030-01', '2030-02', '2030-03']],
    ['state=missed,met', ['2030-03']],
    ['standard=other', []],
    ['party=client', []],
    ['clause=5.3&state=open', ['2030-04']],
  ])('of standards are narrowed: %s', async (filter, periods) => {
    expect((await of(`/standards?${filter}`)).map(({ period }) => period)).toEqual(periods);
  });

  it('come in pages and as CSV', async () => {
    const { items, sizes } = await audit.pagesOf(`/v1/contracts/${CARE}/standards?limit=3`);
    expect([items.map(({ id }) => id), sizes]).toEqual([
      ['2030-01', '2030-02', '2030-03', '2030-04'].map((period) => `CARE-1/answered/${period}`),
      [3, 1],
    ]);
    expect((await audit.pagesOf(`/v1/contracts/${CARE}/statements?limit=1`)).sizes).toEqual([1, 1, 1, 1]);
    for (const list of ['standards', 'statements', 'rights']) {
      const csv = await audit.ask(`/v1/contracts/${CARE}/${list}`, { accept: 'text/csv' });
      expect(await csv.text()).toContain('CARE-1');
      expect(csv.headers.get('etag')).not.toBeNull();
    }
  });

  it('lead from each line of a statement to the verdict or the standard behind it', async () => {
    const statement = await audit.get<Item>(`/v1/contracts/${CARE}/statements/2030-03?${KNOWN}`);
    const lines = statement['lines'] as Item[];
    expect(statement).toMatchObject({ id: 'CARE-1/2030-03', state: 'provisional' });
    expect(lines.map(({ remedy, verdict, standard }) => [remedy, verdict ?? standard])).toEqual([
      ['fee-share', 'CARE-1/answered/2030-03'],
      ['per-breach', T2],
      ['per-breach', T9],
      ['per-day-late', 'CARE-1/report/2030-02/1'],
    ]);
    for (const { verdict } of lines) if (verdict !== null) await audit.text(`/v1/breaches/${String(verdict)}`);
  });

  it('name the cycles there are where one is not there', async () => {
    expect(await audit.problemOf(`/v1/contracts/${CARE}/statements/2030-07`)).toMatchObject({
      status: 404,
      detail: expect.stringContaining('2030-01, 2030-02, 2030-03, 2030-04'),
    });
    expect(await audit.problemOf('/v1/contracts/NONE/standards')).toMatchObject({ status: 404 });
  });
});

describe('what was known at an instant', () => {
  describe('is the same to the last digit whatever comes later', () => {
    let another: Awaited<ReturnType<typeof serve>>;

    // One that remembers nothing of what was asked before.
    beforeAll(async () => {
      another = await serve(new ReadSide(audit.store.pool), new HttpWrites(audit.store.pool));
    });
    afterAll(() => another?.app.close());

    it.each(ASKED)('%s', async (path) => {
      expect(await (await audit.ask(path, {}, another.base)).text()).toBe(before.get(path));
      expect(await audit.text(path)).toBe(before.get(path));
    });
  });

  it('is what had been decided by then', async () => {
    const breaches = await of(`/breaches?${KNOWN}&subject=T-2&subject=T-9`);
    expect(breaches.map(({ id }) => id)).toEqual([T2, T9]);
    expect(await audit.get(`/v1/breaches/${T2}?${KNOWN}`)).toMatchObject({ state: 'breached' });
    expect(await audit.idsOf(`/v1/breaches?contract=${CARE}&subject=T-2`)).toEqual([]);
    expect(await of('/verdicts?knownAt=2031-05-31T00:00:00Z')).toEqual([]);
  });

  it('is judged by the facts and versions of then, as of the clock of then', async () => {
    const then = evaluated(FIRST, [TEXT]);
    for (const moment of [KNOWN, `${KNOWN}&${CLOCK_THEN}`]) {
      expect(recordsOf(await of(`/standards?${moment}`))).toEqual(then.standards);
      // Nothing of it was recorded as frozen: only what is reckoned as of an instant says what would be.
      const isReckoned = moment.includes(CLOCK_THEN);
      const stated = then.statements.map((one) => (isReckoned ? one : one.replace('"frozen"', '"provisional"')));
      expect(recordsOf(await of(`/statements?${moment}`))).toEqual(stated);
      expect(recordsOf(await of(`/rights?${moment}`))).toEqual(then.rights);
    }
    expect(recordsOf(await of(`/verdicts?${KNOWN}&${CLOCK_THEN}`))).toEqual(then.verdicts);
    expect(await of(`/standards?${KNOWN}&period=2030-03`)).toMatchObject([{ state: 'missed', target: '0.95' }]);
    expect(await of('/standards?period=2030-03')).toMatchObject([{ target: '0.3' }]);
  });

  it.each([...PATHS, `/v1/verdicts/${T2}`, '/v1/verdicts', '/v1/breaches'])(
    'is not settled after the last save: %s',
    async (path) => {
      expect(await audit.problemOf(`${path}?knownAt=2031-06-02T00:00:00.001Z`)).toMatchObject({
        status: 422,
        errors: [{ field: 'knownAt', detail: expect.stringContaining('2031-06-02T00:00:00Z') }],
      });
    },
  );
});

describe('in words', () => {
  interface Explained extends Item {
    readonly explanation: Record<string, string>;
    readonly timeline: Record<string, string[]>;
  }

  it.each([
    ['CARE-1/report/2030-02/1', /和信公司.*6\.1.*月报.*期间 2030-02/, /provider.*6\.1.*Monthly report.*period 2030-02/],

    ['CARE-1/secrecy/S-1/1', /和信公司.*8\.1.*保密.*S-1/, /provider.*8\.1.*Secrecy.*S-1/],
    [T2, /首次答复.*获豁免/, /First answer.*excused, as agreed/],
    [T3, /对方逾期未履行 papers\/P-1/, /other party being late with papers\/P-1/],
    [T9, /证据 d2（\/desk）尚待/, /evidence that came late, d2 \(\/desk\)/],
  ])('%s is explained in both languages', async (id, zh, en) => {
    const verdict = await audit.get<Explained>(`/v1/verdicts/${id}`);
    expect(verdict.explanation['zh-CN']).toMatch(zh);
    expect(verdict.explanation['en']).toMatch(en);
    expect(verdict.timeline['zh-CN']).toHaveLength(verdict.timeline['en']!.length);
    expect(verdict['title']).not.toBeNull();
    expect(verdict['quote']).not.toBeNull();
  });

  it('late evidence that waits stands in the order of time', async () => {
    const { timeline } = await audit.get<Explained>(`/v1/verdicts/${T9}`);
    expect([timeline['zh-CN']![2], timeline['en']![2]]).toEqual([
      '2030年3月8日 13:00：事件 ticket.answered（来源 /desk，编号 d2）逾期提交，尚待认可，暂不计入',
      '8 March 2030, 13:00: event ticket.answered (source /desk, id d2) came late and does not count until it is accepted',
    ]);
  });

  it('the contract says what is owed besides', async () => {
    expect(await audit.get(`/v1/contracts/${CARE}`)).toMatchObject({
      duties: [{ id: 'report', clauses: ['6.1'], party: 'provider', every: 'month' }],
      prohibitions: [{ id: 'secrecy', party: null }],
      standards: [{ id: 'answered', target: '0.3', comparison: 'at-least' }],
      remedies: expect.arrayContaining([{ rule: 'report', clause: '6.1', combine: 'all', remedies: ['per-day-late'] }]),
      rights: [{ id: 'told', right: 'terminate', clause: '9.4', party: null }],
    });
  });
});

describe('the timeline', () => {
  const idsIn = async (subject: string): Promise<unknown[]> =>
    (await of(`/subjects/${subject}/timeline`)).filter(({ kind }) => kind === 'fact').map(({ id }) => id);

  it('of a period has the facts that name it', async () => {
    expect(await idsIn('2030-01')).toEqual(['r1']);
    expect((await of('/subjects/2030-02/timeline')).map(({ type }) => type)).toEqual([
      'compliance.verdict.opened',
      'report.sent',
      'compliance.breach.withdrawn',
      'compliance.breach.declared',
      'fact.corrected',
    ]);
    // The correction led the report there later.
    expect((await of(`/subjects/2030-02/timeline?${KNOWN}`)).map(({ type }) => type)).toEqual([
      'compliance.verdict.opened',
      'compliance.breach.declared',
    ]);
  });

  it('of a case has what was said about it', async () => {
    expect(await idsIn('T-2')).toEqual(['b1', 'b2', 'w1']);
    expect(await idsIn('S-1')).toEqual(['s1']);
  });
});
