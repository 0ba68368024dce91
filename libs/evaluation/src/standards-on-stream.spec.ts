import fc from 'fast-check';
import type { Fact } from '#libs/contract';
import { anyCareLog, endOfCare } from '../test/any-care.js';
import { anyCut } from '../test/any-log.js';
import { careWith } from '../test/care.js';
import { at, facts } from '../test/desk.js';
import { LogJudge } from '../test/judge-log.js';
import { measuredCare, STANDARDS } from '../test/measured-care.js';
import type { ContractVersions } from './contract-versions.js';
import { FactSet } from './fact-set.js';
import type { JudgeItem } from './judge-item.js';
import { toStandardRecord } from './judge-standard.js';
import type { StandardDecision } from './standard-decision.js';

const generous = { firings: 1_000, heldStates: 20_000 };
const versions: ContractVersions = [measuredCare];

/** The same logs every time; another seed and more runs look further. */
const SEED = 20_260_401;

const EXEMPTED = ['answered', 'done', 'by-rank.high', 'reported', 'talks', 'rating'];

/** Of the logs of `care` those of the contract with standards, whose exemptions name standards too. */
const anyMeasuredLog = anyCareLog.map(({ told, log }) => {
  const measured = (fact: Fact): Fact => {
    const { type, data, occurredAt } = fact;
    if (type === 'secret.told')
      return { ...fact, type: 'job.rated', data: { score: ((occurredAt / 3_600_000) % 7) / 2 } };
    const { affects } = data;
    return affects === undefined
      ? fact
      : { ...fact, data: { ...data, affects: [...(affects as string[]), ...EXEMPTED] } };
  };
  const items = log.map((item): JudgeItem => {
    if (item.kind === 'published')
      return { ...item, version: { ...item.version, hash: measuredCare.hash }, versions, contract: measuredCare.id };
    return item.kind === 'fact' ? { ...item, fact: measured(item.fact) } : item;
  });
  return { told: told.map(measured), log: items };
});

const cutLog = anyMeasuredLog.chain(({ told, log }) =>
  fc.record({
    told: fc.constant(told),
    batches: anyCut(log),
    limits: fc.record({ firings: fc.constantFrom(1, 2, 1_000), heldStates: fc.constantFrom(0, 2, 20_000) }),
    sweeps: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 }),
    takeovers: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  }),
);

/** The decisions about each standard in each period, in order. */
function chains(closings: readonly StandardDecision[]): Map<string, StandardDecision[]> {
  const found = new Map<string, StandardDecision[]>();
  for (const one of closings) {
    const id = `${one.standard.standard}/${one.standard.period.name}`;
    found.set(id, [...(found.get(id) ?? []), one]);
  }
  return found;
}

const shown = ({ because: _, ...record }: ReturnType<typeof toStandardRecord>) => record;

describe('what is counted on the stream', () => {
  it('is what the facts come to, and what is decided of closed periods forms a chain up to that', () => {
    fc.assert(
      fc.property(cutLog, ({ told, batches, limits, sweeps, takeovers }) => {
        const judge = new LogJudge(versions, limits);
        batches.forEach((batch, i) => {
          judge.take(batch);
          if (takeovers[i % takeovers.length] === true) judge.takeOver();
          for (let slice = 0; slice < sweeps[i % sweeps.length]!; slice++) judge.sweep();
        });
        while (judge.sweep());
        const known = new Set(
          judge.outcomes.flatMap((one) => one.facts.map(({ fact }) => `${fact.source} ${fact.id}`)),
        );
        const set = new FactSet(versions);
        for (const fact of told) if (known.has(`${fact.source} ${fact.id}`)) set.add(fact);
        const expected = set.judge(endOfCare, 'show-faults').standards.map(toStandardRecord);
        expect(judge.standards().map(toStandardRecord)).toEqual(expected);

        const byId = new Map(expected.map((one) => [`${one.standard}/${one.period}`, shown(one)]));
        const numbers = [...judge.decisions, ...judge.closings].map(({ number }) => number).sort((a, b) => a - b);
        expect(numbers).toEqual(numbers.map((_, place) => place + 1));
        for (const [id, chain] of chains(judge.closings)) {
          expect(chain.map(({ revision }) => revision)).toEqual(chain.map((_, place) => place + 1));
          expect(chain.map(({ supersedes }) => supersedes)).toEqual([
            null,
            ...chain.slice(0, -1).map((one) => one.number),
          ]);
          expect(shown(toStandardRecord(chain[chain.length - 1]!.standard))).toEqual(byId.get(id));
        }
      }),
      { numRuns: 20, seed: SEED },
    );
  });
});

/** The facts of the lines, whose scores are numbers. */
function told(lines: readonly string[]): Fact[] {
  return facts(lines, measuredCare).map((fact) =>
    fact.data['score'] === undefined ? fact : { ...fact, data: { score: Number(fact.data['score']) } },
  );
}

/** A log on the clocks of the desk: published before all, facts when they came, and a tick at the end. */
function logOf(lines: readonly string[], end: string): JudgeItem[] {
  const arriving = told(lines)
    .map((fact) => ({ kind: 'fact' as const, fact, at: fact.appendedAt, stamped: false, importId: null }))
    .sort((a, b) => a.at - b.at);
  const published = {
    kind: 'published' as const,
    contract: measuredCare.id,
    version: { version: 1, hash: measuredCare.hash, calendars: {}, from: measuredCare.inForceFrom },
    versions: [measuredCare] as const,
    at: at('03-01 00:00') - 1,
  };
  return [published, ...arriving, { kind: 'tick' as const, at: at(end) }].map((item, offset) => ({ ...item, offset }));
}

/** `met 1/1 = 1.0000, sample 1 (r1)` for each decision about a standard in a period. */
function closingsOf(judge: LogJudge, standard: string, period: string): string[] {
  return judge.closings
    .filter((one) => one.standard.standard === standard && one.standard.period.name === period)
    .map(({ type, revision, standard: verdict }) => {
      const { numerator, denominator, value, sample, state } = toStandardRecord(verdict);
      const kind = type.replace('compliance.standard.', '');
      const said = kind === state ? kind : `${kind} ${state}`;
      return `${said} ${numerator}/${denominator} = ${value ?? '-'}, sample ${sample} (r${revision})`;
    });
}

function judged(lines: readonly string[], end: string): LogJudge {
  const judge = new LogJudge(versions, generous);
  for (const item of logOf(lines, end)) {
    judge.take([item]);
    while (judge.sweep());
  }
  return judge;
}

const JOBS = [
  '03-02 09:00 job.opened of=J-1 urgency=high',
  '03-02 10:00 job.answered of=J-1',
  '03-02 11:00 job.done of=J-1',
  '03-03 14:00 job.opened of=J-2 urgency=normal',
  '03-05 14:00 job.answered of=J-2',
  '03-05 15:00 job.done of=J-2',
  '03-06 15:00 job.reopened of=J-2',
  '03-06 16:00 job.done of=J-2',
];
const RATINGS = [
  '03-10 10:00 job.rated of=R-1 score=4.50',
  '03-11 10:00 job.rated of=R-2 score=2',
  '03-12 10:00 job.rated of=R-3 score=4.5',
];

describe('the close of a period', () => {
  it.each<[what: string, standard: string, period: string, decisions: string[]]>([
    ['a share of instances', 'answered', '2026-03', ['missed 1/2 = 0.5000, sample 2 (r1)']],
    ['a rolling share, for the days that end with each', 'done', '2026-03-08', ['met 2/2 = 1.0000, sample 2 (r1)']],
    ['too small a sample', 'done', '2026-03-04', ['revised not-judged 1/1 = 1.0000, sample 1 (r1)']],
    ['a segment by priority', 'by-rank.high', '2026-03', ['met 1/1 = 1.0000, sample 1 (r1)']],
    ['a segment by the hour of the start', 'by-rank.morning', '2026-03', ['met 1/1 = 1.0000, sample 1 (r1)']],
    ['a count', 'talks', '2026-03', ['met 2/1 = 2.0000, sample 2 (r1)']],
    ['a count of nothing', 'talks', '2026-04', ['missed 0/1 = 0.0000, sample 0 (r1)']],
    ['a share of nothing', 'reported', '2026-03', ['revised not-judged 0/0 = -, sample 0 (r1)']],
    ['a sum', 'praise', '2026-03', ['met 11/1 = 11.0000, sample 3 (r1)']],
    ['a mean', 'rating', '2026-03', ['missed 11/3 = 3.6667, sample 3 (r1)']],
    ['an exact percentile', 'usual', '2026-04-08', ['missed 4.5/1 = 4.5000, sample 3 (r1)']],
    ['a rate', 'returns', '2026-03', ['met 1/3 = 33.3333, sample 3 (r1)']],
  ])('decides %s', (_, standard, period, decisions) => {
    expect(closingsOf(judged([...JOBS, ...RATINGS], '05-10 00:00'), standard, period)).toEqual(decisions);
  });

  it('waits for the longest delay of the sources that may feed it, and takes in what comes until then', () => {
    const lines = [...RATINGS, '03-31 17:00 job.rated of=R-9 score=1 came=04-02T17:59'];
    expect(closingsOf(judged(lines, '04-02 18:00'), 'rating', '2026-03')).toEqual([]);
    expect(closingsOf(judged(lines, '04-02 18:01'), 'rating', '2026-03')).toEqual([
      'missed 12/4 = 3.0000, sample 4 (r1)',
    ]);
  });

  it('waits until the last item is decided that it is to wait for', () => {
    const span = 'of=E-1 begins=2026-03-31T00:00:00+08:00 ends=2026-04-04T00:00:00+08:00 affects=["answer"]';
    const lines = [
      `03-31 12:00 excuse.claimed from=/ours ${span}`,
      `03-31 12:30 excuse.accepted from=/theirs ${span}`,
      '03-31 17:00 job.opened of=J-1 urgency=normal',
    ];
    expect(closingsOf(judged(lines, '04-06 14:30'), 'answered', '2026-03')).toEqual([]);
    const [decision] = judged(lines, '04-06 14:31').closings.filter(
      ({ standard }) => standard.standard === 'answered' && standard.period.name === '2026-03',
    );
    expect(decision).toMatchObject({
      type: 'compliance.standard.missed',
      cause: { kind: 'deadline', at: at('04-06 14:30') },
      effectiveAt: at('04-01 00:00'),
      supersedes: null,
      missedBefore: false,
    });
  });

  it('is made up for after the clock stood still, in the order of the instants', () => {
    const judge = judged(JOBS, '06-20 00:00');
    const ends = judge.closings.flatMap(({ cause }) => (cause.kind === 'deadline' ? [cause.at] : []));
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
    expect(closingsOf(judge, 'talks', '2026-05')).toHaveLength(1);
  });

  it('waits, for what closed before the contract was published, until a fact is there', () => {
    const judge = new LogJudge(versions, generous);
    const [published, first] = logOf(JOBS.slice(0, 1), '03-02 00:00');
    judge.take([published!, { kind: 'tick', at: at('03-01 12:00'), offset: 1 }]);
    expect(judge.closings).toEqual([]);
    judge.take([{ ...first!, offset: 2 }]);
    expect(closingsOf(judge, 'talks', '2026-01')).toEqual(['missed 0/1 = 0.0000, sample 0 (r1)']);
  });
});

describe('a closed period', () => {
  const closed = [...JOBS, ...RATINGS];

  it.each<[what: string, line: string, standard: string, decisions: string[]]>([
    [
      'a fact that comes late',
      '03-20 10:00 job.rated of=R-9 score=1 came=04-20T10:00',
      'rating',
      ['missed 11/3 = 3.6667, sample 3 (r1)', 'revised missed 12/4 = 3.0000, sample 4 (r2)'],
    ],
    [
      'a correction that takes back what was measured',
      '04-20 10:00 fact.corrected corrects=f10 action=withdraw',
      'praise',
      ['met 11/1 = 11.0000, sample 3 (r1)', 'revised met 9/1 = 9.0000, sample 2 (r2)'],
    ],
    [
      'an accepted exemption, told to what it touches by a sweep',
      '04-20 10:00 excuse.accepted from=/theirs of=E-1 begins=2026-03-03T00:00:00+08:00 ends=2026-03-04T00:00:00+08:00 affects=["answered"]',
      'answered',
      ['missed 1/2 = 0.5000, sample 2 (r1)', 'revised met 1/1 = 1.0000, sample 1 (r2)'],
    ],
    [
      'a waived breach',
      '04-20 10:00 breach.forgiven from=/theirs of=W-1 instance=answer/J-2/1',
      'answered',
      ['missed 1/2 = 0.5000, sample 2 (r1)', 'revised met 1/1 = 1.0000, sample 1 (r2)'],
    ],
  ])('is revised by %s', (_, line, standard, decisions) => {
    const claim =
      '03-03 10:00 excuse.claimed from=/ours of=E-1 begins=2026-03-03T00:00:00+08:00 ends=2026-03-04T00:00:00+08:00 affects=["answered"]';
    const lines = [...closed, line, claim];
    expect(closingsOf(judged(lines, '05-01 00:00'), standard, '2026-03')).toEqual(decisions);
  });

  it('is not revised where nothing of it changes, whoever has taken over', () => {
    const judge = judged(closed, '05-01 00:00');
    const before = judge.closings.length;
    judge.takeOver();
    judge.take([{ kind: 'tick', at: at('05-01 00:01'), offset: 99 }]);
    expect(judge.closings).toHaveLength(before);
  });

  it('neither closes nor is revised while a sweep is unfinished, and both are made up for', () => {
    const judge = new LogJudge(versions, { ...generous, firings: 1 });
    const items = logOf(
      [
        ...closed,
        '03-03 12:00 excuse.claimed from=/ours of=E-1 begins=2026-03-03T00:00:00+08:00 ends=2026-03-04T00:00:00+08:00 affects=["answered"]',
        '03-31 12:10 excuse.accepted from=/theirs of=E-1 begins=2026-03-03T00:00:00+08:00 ends=2026-03-04T00:00:00+08:00 affects=["answered"]',
      ],
      '04-20 00:00',
    );
    judge.take(items);
    expect(closingsOf(judge, 'talks', '2026-03')).toEqual([]);
    judge.takeOver();
    while (judge.sweep());
    expect(closingsOf(judge, 'talks', '2026-03')).toEqual(['met 2/1 = 2.0000, sample 2 (r1)']);
    expect(closingsOf(judge, 'answered', '2026-03')).toEqual(['met 1/1 = 1.0000, sample 1 (r1)']);
  });
});

describe('a subject', () => {
  it('that is touched before a sweep comes to it takes back what it had added, once', () => {
    const span = 'of=E-1 begins=2026-03-03T00:00:00+08:00 ends=2026-03-04T00:00:00+08:00 affects=["answered"]';
    const lines = [
      ...JOBS,
      `03-07 10:00 excuse.claimed from=/ours ${span}`,
      `03-07 10:10 excuse.accepted from=/theirs ${span}`,
      '03-07 11:00 job.reopened of=J-2',
    ];
    const judge = new LogJudge(versions, { ...generous, firings: 1 });
    for (const item of logOf(lines, '03-08 00:00')) judge.take([item]);
    while (judge.sweep());
    const set = new FactSet(versions);
    for (const fact of told(lines)) set.add(fact);
    const expected = set.judge(at('03-08 00:00')).standards.map(toStandardRecord);
    expect(judge.standards().map(toStandardRecord)).toEqual(expected);
  });
});

describe('a new version', () => {
  it('counts what falls into its periods by its own standards, also what came before it was published', () => {
    const next = careWith(
      STANDARDS.replace('mean, of: job.rated', 'mean, of: { on: job.rated, where: data.score > 3.0 }'),
      '2026-03-01',
    );
    const both: ContractVersions = [measuredCare, next];
    const judge = new LogJudge(versions, generous);
    const lines = [...JOBS, ...RATINGS];
    const items = logOf(lines, '03-19 00:00');
    judge.take(items);
    judge.take([
      {
        kind: 'published',
        contract: next.id,
        version: { version: 2, hash: next.hash, calendars: {}, from: next.inForceFrom },
        versions: both,
        at: at('03-19 12:00'),
        offset: items.length,
      },
      { kind: 'tick', at: at('05-20 00:00'), offset: items.length + 1 },
    ]);
    while (judge.sweep());
    const set = new FactSet(both);
    for (const fact of told(lines)) set.add(fact);
    const expected = set.judge(at('05-20 00:00')).standards.map(toStandardRecord);
    expect(judge.standards().map(toStandardRecord)).toEqual(expected);
    expect(closingsOf(judge, 'rating', '2026-03')).toEqual(['met 9/2 = 4.5000, sample 2 (r1)']);
  });
});

describe('an import', () => {
  it('closes the periods of the past by its own clock, as if they had been watched', () => {
    const judge = new LogJudge(versions, generous);
    const items = logOf([...JOBS, '04-20 10:00 job.answered of=J-8'], '06-20 00:00');
    const [published, ...rest] = items;
    const history = rest.map((item): JudgeItem =>
      item.kind === 'fact' ? { ...item, at: at('06-19 00:00'), stamped: true, importId: 'I' } : item,
    );
    const begun = { kind: 'import-begun', contract: measuredCare.id, importId: 'I', alerts: 'summary' } as const;
    const log: JudgeItem[] = [
      { ...published!, at: at('06-18 00:00') },
      { ...begun, at: at('06-18 12:00'), offset: 0 },
      ...history,
    ];
    log.forEach((item, offset) => judge.take([{ ...item, offset }]));
    expect(closingsOf(judge, 'talks', '2026-03')).toEqual(['met 2/1 = 2.0000, sample 2 (r1)']);
    const [march] = judge.closings.filter(({ standard }) => standard.period.name === '2026-03');
    expect(march).toMatchObject({ backfill: { import: 'I', alerts: 'summary' } });
    expect(closingsOf(judge, 'talks', '2026-04')).toEqual([]);
  });
});
