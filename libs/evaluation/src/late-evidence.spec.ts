import { anyCare } from '../test/any-care.js';
import fc from 'fast-check';
import { care, careWith, outcomes, verdictsOf } from '../test/care.js';
import { at, facts } from '../test/desk.js';
import { evaluateFacts, FactSet } from './fact-set.js';
import { packState, unpackState, withFacts, emptyState, keepFact } from './subject-state.js';

// March 2026: the 2nd is a Monday. Sources may be late by PT10M (/desk) or one working day (/ours, /theirs).
const job = '03-02 10:00 job.opened of=J-1 urgency=normal';
const asked = '03-02 09:00 supply.asked from=/ours of=R-1';
const bill = '04-01 10:00 bill.received from=/ours of=B cycle=2026-03 amount=300';
const accepted = (when: string, from: string, fact: string, source = '/desk') =>
  `${when} evidence.accepted from=${from} of=V fact={"source":"${source}","id":"${fact}"}`;
const rejected = (...given: Parameters<typeof accepted>) => accepted(...given).replace('accepted', 'rejected');

/** State of the first instance, and what waits. */
function judged(rule: string, given: readonly string[], asOf: string): string {
  const [verdict] = verdictsOf(rule, given, asOf);
  if (verdict === undefined) return 'none';
  const awaiting = verdict.because.awaiting?.map(({ id }) => id) ?? [];
  return `${verdict.state}${awaiting.length === 0 ? '' : `, awaiting ${awaiting.join(' ')}`}`;
}

describe('what comes late', () => {
  it.each<[what: string, rule: string, given: string[], asOf: string, then: string]>([
    [
      'within the agreed delay acts',
      'answer',
      [job, '03-02 15:20 job.answered of=J-1 came=03-02T15:30'],
      '03-03 10:00',
      'met',
    ],
    [
      'after it waits, where it helps whoever owes',
      'answer',
      [job, '03-02 15:20 job.answered of=J-1 came=03-02T15:31'],
      '03-03 10:00',
      'breached, awaiting f2',
    ],
    [
      'also before anything is due',
      'answer',
      [job, '03-02 10:20 job.answered of=J-1 came=03-02T11:30'],
      '03-02 12:00',
      'running, awaiting f2',
    ],
    [
      'of a source with no agreed delay acts',
      'answer',
      [job, '03-02 00:00 job.answered of=J-1 from=/post came=03-08T10:00'],
      '03-09 10:00',
      'breached',
    ],
    [
      'acts once the other party accepts it',
      'answer',
      [job, '03-02 15:20 job.answered of=J-1 came=03-04T10:00', accepted('03-05 10:00', '/theirs', 'f2')],
      '03-05 10:00',
      'met',
    ],
    [
      'not before',
      'answer',
      [job, '03-02 15:20 job.answered of=J-1 came=03-04T10:00', accepted('03-05 10:00', '/theirs', 'f2')],
      '03-05 09:00',
      'breached, awaiting f2',
    ],
    [
      'or the arbiter',
      'answer',
      [job, '03-02 15:20 job.answered of=J-1 came=03-04T10:00', accepted('03-05 10:00', '/court', 'f2')],
      '03-05 10:00',
      'met',
    ],
    [
      'not the party that it helps',
      'answer',
      [job, '03-02 15:20 job.answered of=J-1 came=03-04T10:00', accepted('03-05 10:00', '/ours', 'f2')],
      '03-05 10:00',
      'breached, awaiting f2',
    ],
    [
      'never where it is rejected',
      'answer',
      [
        job,
        '03-02 15:20 job.answered of=J-1 came=03-04T10:00',
        accepted('03-05 10:00', '/theirs', 'f2'),
        rejected('03-06 10:00', '/court', 'f2'),
      ],
      '03-07 10:00',
      'breached',
    ],
    [
      'acts where it harms whoever owes',
      'answer',
      ['03-02 10:00 job.opened of=J-1 urgency=normal came=03-03T10:00'],
      '03-03 11:00',
      'breached',
    ],
    [
      'acts where it changes nothing',
      'answer',
      [job, '03-02 11:00 job.answered of=J-1', '03-02 12:00 job.answered of=J-1 came=03-04T10:00'],
      '03-05 10:00',
      'met',
    ],
    [
      'of a party in time acts for it',
      'supply',
      [asked, '03-03 10:00 supply.given of=R-1 from=/theirs came=03-04T18:00'],
      '03-05 10:00',
      'met',
    ],
    [
      'late it waits',
      'supply',
      [asked, '03-03 10:00 supply.given of=R-1 from=/theirs came=03-04T18:01'],
      '03-05 10:00',
      'breached, awaiting f2',
    ],
    ['acts against it', 'fee', [`${bill.replace('/ours', '/theirs')} came=04-30T10:00`], '05-01 00:00', 'breached'],
    ['waits where it puts the other side in breach', 'supply', [`${asked} came=03-09T10:00`], '03-10 00:00', 'none'],
    [
      'acts then once that side accepts it',
      'supply',
      [`${asked} came=03-09T10:00`, accepted('03-10 10:00', '/theirs', 'f1', '/ours')],
      '03-10 10:00',
      'breached',
    ],
    [
      'waits where it says that a secret was told',
      'secrecy',
      ['03-02 10:00 secret.told of=S by=provider from=/theirs came=03-06T10:00'],
      '03-07 00:00',
      'none',
    ],
    [
      'and not where a neutral source does',
      'secrecy',
      ['03-02 10:00 secret.told of=S by=provider came=03-06T10:00'],
      '03-07 00:00',
      'breached',
    ],
    [
      'of the arbiter always acts',
      'fee',
      [bill, '04-10 10:00 money.received of=P cycle=2026-03 amount=300 from=/court came=04-30T10:00'],
      '05-01 00:00',
      'met',
    ],
    [
      'counts for a duty too',
      'fee',
      [bill, '04-10 10:00 money.received of=P cycle=2026-03 amount=300 came=04-30T10:00'],
      '05-01 00:00',
      'breached, awaiting f2',
    ],
    [
      'is weighed in the order of time: a pause that waits leaves the resumption without effect',
      'finish',
      [job, '03-03 08:00 job.waiting of=J-1 came=03-09T10:00', '03-09 09:00 job.resumed of=J-1 came=03-09T11:00'],
      '03-10 10:00',
      'breached, awaiting f2',
    ],
    [
      'lets a second one wait that helps beside it',
      'finish',
      [job, '03-05 10:00 job.done of=J-1 came=03-06T10:00', '03-04 10:00 job.done of=J-1 came=03-06T10:00'],
      '03-10 10:00',
      'breached, awaiting f3 f2',
    ],
    [
      'as a correction of a trusted source acts, whomever it helps',
      'answer',
      [job, '03-03 10:00 fact.corrected corrects=f1 action=withdraw came=03-09T10:00'],
      '03-10 10:00',
      'none',
    ],
    [
      'as a correction of a party that helps it waits',
      'report',
      [
        '02-05 10:00 report.sent of=X kind=other period=2026-01 from=/ours',
        '02-06 10:00 fact.corrected from=/ours corrects=f1 action=replace data={"kind":"monthly","period":"2026-01"} came=02-20T10:00',
      ],
      '02-25 10:00',
      'breached, awaiting f2',
    ],
    [
      'and in time acts',
      'report',
      [
        '02-05 10:00 report.sent of=X kind=other period=2026-01 from=/ours',
        '02-06 10:00 fact.corrected from=/ours corrects=f1 action=replace data={"kind":"monthly","period":"2026-01"}',
      ],
      '02-25 10:00',
      'met',
    ],
  ])('%s', (_, rule, given, asOf, then) => {
    expect(judged(rule, given, asOf)).toBe(then);
  });

  it('lets the clocks that wait for the other party stand still as long as it waits itself', () => {
    const given = [
      `${asked} for=["J-1"]`,
      '03-03 10:00 job.opened of=J-1 urgency=normal',
      '03-03 10:00 supply.given of=R-1 from=/theirs came=03-09T10:00',
    ];
    expect(outcomes('finish', given, '03-09 12:00')).toEqual(['J-1#1 paused, due -, stopped -, took P1D, late P0D']);
  });

  it('stays late in the packed form of a case', () => {
    const all = facts(
      [`${job} came=03-05T10:00`, '03-02 11:00 job.answered of=J-1 came=03-05T10:00', '03-02 11:00 job.dropped of=J-1'],
      care,
    ).map((fact) => keepFact(care, fact));
    const correction = {
      ...{ source: '/ours', id: 'c', occurredAt: at('03-03 10:00'), targetSource: '/desk', targetId: 'f2' },
      ...{ action: 'withdraw' as const, data: null, late: true as const },
    };
    const state = withFacts(emptyState('job', 'J-1'), all, [correction]);
    expect(state.facts.map(({ late }) => late)).toEqual([true, true, undefined]);
    expect(unpackState('job/J-1', packState(state))).toEqual(state);
  });

  it('reads states that were kept before there was late evidence', () => {
    const old =
      '[1,["/desk","job.opened","job.answered"],[[0,"a",1,1772416800000,{"urgency":"normal"}],[0,"b",2,1772420400000,0,"7"],[0,"c",2,1772420400001]],[[0,"k",1772420400000,0,"b",0]],[]]';
    const { facts: kept, corrections } = unpackState('job/J-1', old);
    expect(kept.map(({ id, sequence, late }) => [id, sequence, late])).toEqual([
      ['a', undefined, undefined],
      ['b', '7', undefined],
      ['c', undefined, undefined],
    ]);
    expect(corrections).toEqual([expect.objectContaining({ id: 'k', action: 'withdraw' })]);
  });
});

describe('verdicts', () => {
  it('are the same for every order of arrival', () => {
    fc.assert(
      fc.property(
        anyCare.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        fc.integer({ min: 0, max: 20 * 24 }),
        ([all, shuffled], hours) => {
          const asOf = at('03-02 00:00') + hours * 3_600_000;
          expect(evaluateFacts([care], shuffled, asOf)).toEqual(evaluateFacts([care], all, asOf));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('hang on no fact after the instant asked for, but corrections', () => {
    fc.assert(
      fc.property(anyCare, fc.integer({ min: 0, max: 20 * 24 }), (all, hours) => {
        const asOf = at('03-02 00:00') + hours * 3_600_000;
        const past = all.filter((fact) => fact.occurredAt <= asOf || fact.type === 'fact.corrected');
        expect(evaluateFacts([care], all, asOf)).toEqual(evaluateFacts([care], past, asOf));
      }),
      { numRuns: 150 },
    );
  });

  it('take up evidence that waits once the arbiter accepts it', () => {
    fc.assert(
      fc.property(anyCare, (all) => {
        const asOf = at('03-23 00:00');
        const set = new FactSet([care]);
        for (const fact of all) set.add(fact);
        const waiting = () => set.verdicts(asOf).flatMap(({ verdict }) => verdict.because.awaiting ?? []);
        for (const { source, id } of waiting()) {
          const [word] = facts(
            [accepted('03-22 00:00', '/court', id, source).replace('of=V', `of=V id=${source}${id}`)],
            care,
          );
          set.add(word!);
          expect(waiting()).not.toContainEqual(expect.objectContaining({ source, id }));
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('a measured fact that comes late', () => {
  const rated = careWith(`
standards:
  liked:
    clauses: ['1']
    party: provider
    every: month
    measure: { figure: mean, of: rating.given, field: score }
    target: at least 4
  broken:
    clauses: ['1']
    party: provider
    every: month
    measure: { figure: count, of: law.broken }
    target: at most 3
  opened-high:
    clauses: ['1']
    party: client
    every: month
    measure: { figure: share, of: job.opened, good: { on: job.opened, where: data.urgency == 'high' } }
    target: at most 50%
`);

  /** Items of each standard in March, once all is known. */
  function counted(...lines: string[]): string {
    const set = new FactSet([rated]);
    for (const fact of facts(lines, rated)) set.add(fact);
    const march = set.judge(at('04-10 00:00')).standards.filter(({ period }) => period.name === '2026-03');
    return march.flatMap(({ standard, sample }) => (sample === 0 ? [] : [`${standard} ${sample}`])).join(', ');
  }

  const rating = (score: number, from = '/desk', came = '03-09T10:00') =>
    `03-02 10:00 rating.given of=S-1 from=${from} came=${came} score=${score}`;

  it.each<[string, string[], string]>([
    ['counts in time', [rating(5, '/desk', '03-02T10:10')], 'liked 1'],
    ['waits where it helps whoever owes', [rating(5)], ''],
    ['counts where it harms whoever owes', [rating(3)], 'liked 1'],
    ['counts where it lies at the target', [rating(4)], 'liked 1'],
    ['counts where the other party asserts what helps whoever owes', [rating(5, '/theirs')], 'liked 1'],
    ['waits where the other party asserts what harms whoever owes', [rating(3, '/theirs')], ''],
    ['counts once the other party accepts it', [rating(5), accepted('03-10 10:00', '/theirs', 'f1')], 'liked 1'],
    ['waits when only its own side accepts it', [rating(5), accepted('03-10 10:00', '/ours', 'f1')], ''],
    ['counts when the arbiter says it', [rating(5, '/court')], 'liked 1'],
    [
      'counts as one more of what there should be few of',
      ['03-02 10:00 law.broken of=S-1 by=provider came=03-09T10:00'],
      'broken 1',
    ],
    [
      'is weighed by the target of whoever owes the standard',
      ['03-02 10:00 job.opened of=J-1 urgency=normal came=03-09T10:00'],
      '',
    ],
    [
      'stays out with what corrects it, until it is accepted',
      [rating(3), '03-03 10:00 fact.corrected from=/ours source=/desk corrects=f1 action=withdraw came=03-09T10:00'],
      'liked 1',
    ],
  ])('%s', (_, lines, expected) => {
    expect(counted(...lines)).toBe(expected);
  });
});
