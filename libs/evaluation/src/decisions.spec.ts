import { aFact, at, desk, facts, local } from '../test/desk.js';
import { LogJudge } from '../test/judge-log.js';
import type { JudgeItem } from './judge-item.js';
import type { Decision } from './verdict.js';

/** A log in which every fact is a record of its own, read when it came; then a tick, at which all that is due has fired. */
function log(lines: readonly string[], until: string): JudgeItem[] {
  const records = facts(lines)
    .map((fact) => ({ kind: 'fact' as const, fact, at: fact.appendedAt, stamped: false, importId: null }))
    .sort((a, b) => a.at - b.at);
  return [...records, { kind: 'tick' as const, at: at(until) }].map((item, offset) => ({ ...item, offset }));
}

function judged(items: readonly JudgeItem[]): LogJudge {
  const judge = new LogJudge([desk], { firings: 1_000, heldStates: 20_000 });
  judge.take(items);
  return judge;
}

/** The id of a fact, or the local time of a deadline. */
function causeOf(cause: Decision['cause']): string {
  if (cause.kind === 'deadline') return local(cause.at);
  return cause.kind === 'published' ? `version ${cause.version}` : cause.id;
}

/** `1 answer#1 verdict.opened running, since 03-02 10:00` of one rule, numbered as they are. */
function decisions(rule: string, lines: readonly string[], until: string): string[] {
  return judged(log(lines, until))
    .decisions.filter(({ verdict }) => verdict.obligation === rule)
    .map(({ type, verdict, effectiveAt, revision, supersedes, warning, endsBreach }) =>
      [
        `${rule}#${verdict.instance} ${type.replace('compliance.', '')}${warning === undefined ? '' : ` ${warning}`}`,
        `${verdict.state} since ${local(effectiveAt)}`,
        `revision ${revision} ${supersedes === null ? 'first' : 'next'}${endsBreach === true ? ', ends a breach' : ''}`,
      ].join(', '),
    );
}

const normal = '03-02 10:00 ticket.opened urgency=normal';
const opened = 'answer#1 verdict.opened, running since 03-02 10:00, revision 1 first';
const warned = [
  'answer#1 deadline.warned 50%, running since 03-02 12:00, revision 1 next',
  'answer#1 deadline.warned 80%, running since 03-02 14:42, revision 1 next',
];
const declared = 'answer#1 breach.declared, breached since 03-02 15:30, revision 2 next';

describe('what is decided as a ticket goes on', () => {
  it.each<[what: string, rule: string, given: string[], until: string, then: string[]]>([
    [
      'an answer in time',
      'answer',
      [normal, '03-02 11:00 ticket.answered'],
      '03-09 00:00',
      [opened, 'answer#1 verdict.met, met since 03-02 11:00, revision 2 next'],
    ],
    ['at the due instant nothing yet', 'answer', [normal], '03-02 15:30', [opened, ...warned]],
    ['after it a breach, warned of before', 'answer', [normal], '03-02 15:30:01', [opened, ...warned, declared]],
    [
      'a late answer',
      'answer',
      [normal, '03-02 16:00 ticket.answered'],
      '03-09 00:00',
      [opened, ...warned, declared, 'answer#1 breach.revised, breached since 03-02 16:00, revision 3 next'],
    ],
    [
      'an answer in time that came to light late',
      'answer',
      [normal, '03-02 11:00 ticket.answered came=03-03T10:00'],
      '03-09 00:00',
      [opened, ...warned, declared, 'answer#1 breach.withdrawn, met since 03-02 11:00, revision 3 next'],
    ],
    [
      'which was then taken back',
      'answer',
      [
        normal,
        '03-02 11:00 ticket.answered came=03-03T10:00',
        '03-04 10:00 fact.corrected corrects=f2 action=withdraw',
      ],
      '03-09 00:00',
      [
        opened,
        ...warned,
        declared,
        'answer#1 breach.withdrawn, met since 03-02 11:00, revision 3 next',
        'answer#1 breach.reinstated, breached since 03-02 15:30, revision 4 next',
      ],
    ],
    [
      'an opening taken back after the breach',
      'answer',
      [normal, '03-04 10:00 fact.corrected corrects=f1 action=withdraw'],
      '03-09 00:00',
      [
        opened,
        ...warned,
        declared,
        'answer#1 verdict.withdrawn, withdrawn since 03-04 10:00, revision 3 next, ends a breach',
      ],
    ],
    [
      'and said again',
      'answer',
      [
        normal,
        '03-02 11:00 fact.corrected corrects=f1 action=withdraw',
        '03-02 10:30 ticket.opened urgency=high came=03-02T11:30',
        '03-02 11:45 ticket.answered',
      ],
      '03-09 00:00',
      [
        opened,
        'answer#1 verdict.withdrawn, withdrawn since 03-02 11:00, revision 2 next',
        'answer#1 verdict.opened, running since 03-02 10:30, revision 3 next',
        'answer#1 deadline.warned 50%, running since 03-02 11:30, revision 3 next',
        'answer#1 verdict.met, met since 03-02 11:45, revision 4 next',
      ],
    ],
    [
      'a pause and its end',
      'solve',
      [normal, '03-03 10:00 ticket.waiting', '03-04 10:00 ticket.resumed'],
      '03-04 11:00',
      [
        'solve#1 verdict.opened, running since 03-02 10:00, revision 1 first',
        'solve#1 verdict.paused, paused since 03-03 10:00, revision 2 next',
        'solve#1 verdict.resumed, running since 03-04 10:00, revision 3 next',
      ],
    ],
    [
      'a change of priority',
      'solve',
      [normal, '03-02 11:00 ticket.ranked urgency=high'],
      '03-03 10:00',
      [
        'solve#1 verdict.opened, running since 03-02 10:00, revision 1 first',
        'solve#1 verdict.rescheduled, running since 03-02 10:00, revision 2 next',
      ],
    ],
    [
      'a cancellation',
      'solve',
      [normal, '03-02 11:00 ticket.dropped'],
      '03-03 10:00',
      [
        'solve#1 verdict.opened, running since 03-02 10:00, revision 1 first',
        'solve#1 verdict.cancelled, cancelled since 03-02 11:00, revision 2 next',
      ],
    ],
    [
      'a reopening within its period, and one after it',
      'solve',
      [
        normal,
        '03-03 10:00 ticket.solved',
        '03-04 10:00 ticket.reopened',
        '03-04 11:00 ticket.solved',
        '03-25 10:00 ticket.reopened',
      ],
      '03-25 11:00',
      [
        'solve#1 verdict.opened, running since 03-02 10:00, revision 1 first',
        'solve#1 verdict.met, met since 03-03 10:00, revision 2 next',
        'solve#1 verdict.resumed, running since 03-04 10:00, revision 3 next',
        'solve#1 verdict.met, met since 03-04 11:00, revision 4 next',
        'solve#2 verdict.opened, running since 03-25 10:00, revision 1 first',
      ],
    ],
    [
      'a breach when the grace is over, from the due instant on',
      'pack',
      ['03-02 10:00 order.placed'],
      '03-02 13:00',
      [
        'pack#1 verdict.opened, running since 03-02 10:00, revision 1 first',
        'pack#1 breach.declared, breached since 03-02 12:00, revision 2 next',
      ],
    ],
    [
      'no breach where the answer came within the grace, though it happened in time',
      'pack',
      ['03-02 10:00 order.placed', '03-02 11:59 order.packed came=03-02T12:10'],
      '03-02 13:00',
      [
        'pack#1 verdict.opened, running since 03-02 10:00, revision 1 first',
        'pack#1 verdict.met, met since 03-02 11:59, revision 2 next',
      ],
    ],
    [
      'nothing where only the time goes on',
      'report',
      ['03-02 10:00 batch.closed batch=B-1', '03-03 10:00 ticket.replied'],
      '03-09 10:00',
      ['report#1 verdict.opened, running since 03-02 10:00, revision 1 first'],
    ],
  ])('is %s', (_, rule, given, until, then) => {
    expect(decisions(rule, given, until)).toEqual(then);
  });

  it('is numbered in the order of the log and of the instants, each naming what it supersedes', () => {
    const { decisions: made } = judged(log([normal, '03-02 16:00 ticket.answered'], '03-09 00:00'));
    expect(
      made.map(
        ({ number, type, verdict, supersedes }) => `${number} ${type} ${verdict.obligation} after ${supersedes ?? 0}`,
      ),
    ).toEqual([
      '1 compliance.verdict.opened answer after 0',
      '2 compliance.verdict.opened solve after 0',
      '3 compliance.deadline.warned answer after 1',
      '4 compliance.deadline.warned answer after 1',
      '5 compliance.breach.declared answer after 1',
      '6 compliance.breach.revised answer after 5',
      '7 compliance.deadline.warned solve after 2',
      '8 compliance.breach.declared solve after 2',
    ]);
    expect(made.map(({ cause }) => causeOf(cause))).toEqual([
      'f1',
      'f1',
      '03-02 12:00',
      '03-02 14:42',
      '03-02 15:30',
      'f2',
      '03-05 14:00',
      '03-05 18:00',
    ]);
  });
});

describe('the contract’s clock', () => {
  const item = (one: JudgeItem): JudgeItem => one;
  const history = (line: string, offset: number): JudgeItem => {
    const [fact = aFact({ id: 'none', type: 'none', occurredAt: 0 })] = facts([line]);
    return item({ kind: 'fact', fact, at: at('11-02 10:00'), stamped: true, importId: 'I-1', offset });
  };
  const begun = item({
    kind: 'import-begun',
    contract: desk.id,
    importId: 'I-1',
    alerts: 'summary',
    at: at('11-02 09:00'),
    offset: 0,
  });
  const completed = item({
    kind: 'import-completed',
    contract: desk.id,
    importId: 'I-1',
    at: at('11-02 11:00'),
    offset: 9,
  });

  it('is read before a record is: an answer that comes after the due instant is late, and one that comes before is not', () => {
    const [before, after] = ['03-02 15:30', '03-02 15:31'].map((came) =>
      decisions('answer', [normal, `03-02 15:00 ticket.answered came=${came.replace(' ', 'T')}`], '03-09 00:00'),
    );
    expect(before?.at(-1)).toBe('answer#1 verdict.met, met since 03-02 15:00, revision 2 next');
    expect(after?.slice(-2)).toEqual([declared, 'answer#1 breach.withdrawn, met since 03-02 15:00, revision 3 next']);
  });

  it('is not moved by stamped records, which say when they came elsewhere', () => {
    const [open, late] = facts([normal, '03-02 10:30 ticket.replied id=f2']);
    if (open === undefined || late === undefined) throw new Error('two facts were given');
    const judge = judged([
      { kind: 'fact', fact: open, at: open.appendedAt, stamped: false, importId: null, offset: 0 },
      { kind: 'fact', fact: late, at: at('03-06 10:00'), stamped: true, importId: null, offset: 1 },
    ]);
    expect(local(judge.clock)).toBe('03-02 10:00');
  });

  it('goes back for an import of a contract without facts, and then with its records: history is judged as it went', () => {
    const judge = judged([
      begun,
      history('03-02 10:00 ticket.opened urgency=normal id=f1', 1),
      history('03-02 11:00 ticket.answered id=f2', 2),
      history('03-03 10:00 ticket.replied id=f3', 3),
    ]);
    expect(local(judge.clock)).toBe('03-03 10:00');
    expect(judge.decisions.map(({ type, verdict }) => `${type} ${verdict.obligation}`)).toEqual([
      'compliance.verdict.opened answer',
      'compliance.verdict.opened solve',
      'compliance.verdict.met answer',
      'compliance.verdict.opened reply',
    ]);
    expect(judge.decisions.every(({ backfill }) => backfill?.import === 'I-1' && backfill.alerts === 'summary')).toBe(
      true,
    );
  });

  it('goes to the end of an import with all that fell due by then, which is history too', () => {
    const judge = judged([begun, history('03-02 10:00 ticket.opened urgency=normal id=f1', 1), completed]);
    expect(local(judge.clock)).toBe('11-02 11:00');
    const [summary] = judge.outcomes.flatMap((one) => one.summaries);
    expect(summary?.import).toMatchObject({ decisions: 7, breaches: { 'answer/provider': 1, 'solve/provider': 1 } });
    expect([summary?.import.from, summary?.import.to].map((one) => local(one ?? null))).toEqual([
      '03-02 10:00',
      '03-02 10:00',
    ]);
    expect(judge.decisions.filter(({ backfill }) => backfill === undefined)).toEqual([]);
  });

  it('refuses what is dated more than five minutes ahead of it, and waits for what is dated less', () => {
    const judge = judged(
      log(
        [
          '03-02 10:05:00 ticket.opened urgency=normal came=03-02T10:00',
          '03-02 10:05:01 order.placed came=03-02T10:00',
        ],
        '03-02 10:06',
      ),
    );
    expect(
      judge.outcomes.flatMap((one) => one.refused).map(({ refusal }) => `${refusal.id} ${refusal.reason}`),
    ).toEqual(['f2 TIME_IMPLAUSIBLE']);
    expect(judge.decisions.map(({ verdict, cause }) => [verdict.obligation, causeOf(cause)])).toEqual([
      ['answer', '03-02 10:05'],
      ['solve', '03-02 10:05'],
    ]);
  });
});

describe('what cannot be judged', () => {
  it('is an id that already stands for something else: the content that came first stands', () => {
    const judge = judged(
      log(
        [normal, '03-02 10:00 ticket.opened urgency=urgent id=f1 came=03-02T10:01', `${normal} id=f1 came=03-02T10:02`],
        '03-02 11:00',
      ),
    );
    expect(
      judge.outcomes.flatMap((one) => one.refused).map(({ refusal, offset }) => [refusal.reason, refusal.id, offset]),
    ).toEqual([['ID_REUSE', 'f1', 1]]);
    expect(judge.outcomes.map((one) => one.counts)).toEqual([{ accepted: 1, duplicate: 1, refused: 1 }]);
    expect(judge.decisions.map(({ verdict }) => verdict.allowed)).toEqual(['PT4H', 'P3D']);
  });

  it('is a replacement that does not fit, also where it came before what it replaces', () => {
    const replacing = '03-02 09:30 fact.corrected corrects=f1 action=replace data={"urgency":"soon"}';
    for (const came of ['03-02T09:30', '03-02T10:30']) {
      const judge = judged(log([normal, `${replacing} came=${came}`], '03-02 11:00'));
      expect(
        judge.outcomes
          .flatMap((one) => one.refused)
          .map(({ refusal }) => `${refusal.id} ${refusal.reason} ${refusal.detail}`),
      ).toEqual([
        expect.stringMatching(
          /^f2 SCHEMA data\.data\.urgency is not allowed: 'soon' \(allowed: urgent, high, normal\)$/,
        ),
      ]);
      expect(judge.decisions.map(({ verdict }) => verdict.allowed)).toEqual(['PT4H', 'P3D']);
    }
  });

  it('is a contract that nobody published', () => {
    const [fact] = facts([normal]);
    if (fact === undefined) throw new Error('a fact was given');
    const judge = judged([
      {
        kind: 'fact',
        fact: { ...fact, contract: 'DESK-9' },
        at: fact.appendedAt,
        stamped: false,
        importId: null,
        offset: 0,
      },
    ]);
    expect(judge.outcomes.flatMap((one) => one.refused).map(({ refusal }) => refusal.reason)).toEqual([
      'UNKNOWN_CONTRACT',
    ]);
  });
});
