import type { Fact } from '#libs/contract';
import { aFact, at, desk, facts, local } from '../test/desk.js';
import { evaluateFacts } from './fact-set.js';

/** `solve#1 met, due 03-05 18:00, stopped 03-04 10:00, took P2D, late P0D`; a dash where there is none. */
function outcome(obligation: string, lines: readonly string[], asOf: string): string[] {
  return evaluateFacts([desk], facts(lines), at(asOf))
    .map(({ verdict }) => verdict)
    .filter((verdict) => verdict.obligation === obligation)
    .map(({ instance, state, dueAt, stoppedAt, elapsed, overdueBy }) => {
      const [due, stopped] = [local(dueAt), local(stoppedAt)];
      return `${obligation}#${instance} ${state}, due ${due}, stopped ${stopped}, took ${elapsed}, late ${overdueBy}`;
    });
}

type Row = [what: string, obligation: string, given: string[], asOf: string, then: string[]];

// March 2026: the 2nd is a Monday. Open 09:00-12:00 and 13:30-18:00 from Monday to Friday.
const normal = '03-02 10:00 ticket.opened urgency=normal';
const high = '03-02 10:00 ticket.opened urgency=high';
const urgent = '03-02 10:00 ticket.opened urgency=urgent';
const tuesday = '03-03 10:00 ticket.opened urgency=normal';

describe('a clock of working time', () => {
  it.each<Row>([
    ['runs', 'answer', [normal], '03-02 11:00', ['answer#1 running, due 03-02 15:30, stopped -, took PT1H, late PT0S']],
    [
      'is met over the lunch break',
      'answer',
      [normal, '03-02 12:30 ticket.answered'],
      '03-09 00:00',
      ['answer#1 met, due 03-02 15:30, stopped 03-02 12:30, took PT2H, late PT0S'],
    ],
    [
      'is met at its due instant',
      'answer',
      [normal, '03-02 15:30 ticket.answered'],
      '03-09 00:00',
      ['answer#1 met, due 03-02 15:30, stopped 03-02 15:30, took PT4H, late PT0S'],
    ],
    [
      'is breached after it',
      'answer',
      [normal, '03-02 15:30:01 ticket.answered'],
      '03-09 00:00',
      ['answer#1 breached, due 03-02 15:30, stopped 03-02 15:30:01, took PT4H1S, late PT1S'],
    ],
    [
      'is late by no working time where it was stopped before the next opening',
      'answer',
      ['03-02 14:00 ticket.opened urgency=normal', '03-02 20:00 ticket.answered'],
      '03-09 00:00',
      ['answer#1 breached, due 03-02 18:00, stopped 03-02 20:00, took PT4H, late PT0S'],
    ],
    [
      'still runs at its due instant',
      'answer',
      [normal],
      '03-02 15:30',
      ['answer#1 running, due 03-02 15:30, stopped -, took PT4H, late PT0S'],
    ],
    [
      'is breached when that has passed, open as it is',
      'answer',
      [normal],
      '03-03 09:30',
      ['answer#1 breached, due 03-02 15:30, stopped -, took PT7H, late PT3H'],
    ],
    [
      'goes round the clock where the target says so',
      'answer',
      ['03-01 23:00 ticket.opened urgency=urgent', '03-01 23:45 ticket.answered'],
      '03-09 00:00',
      ['answer#1 breached, due 03-01 23:30, stopped 03-01 23:45, took PT45M, late PT15M'],
    ],
    [
      'is stopped by a solution too',
      'answer',
      [high, '03-02 11:00 ticket.solved'],
      '03-09 00:00',
      ['answer#1 met, due 03-02 12:00, stopped 03-02 11:00, took PT1H, late PT0S'],
    ],
  ])('%s', (_, obligation, given, asOf, then) => {
    expect(outcome(obligation, given, asOf)).toEqual(then);
  });

  it('does not begin before the term or after it', () => {
    const opened = (occurredAt: number): Fact[] => [
      aFact({ id: 'f1', type: 'ticket.opened', occurredAt, data: { urgency: 'urgent' } }),
    ];
    const seen = [desk.term.from - 1, desk.term.from, desk.term.to - 1, desk.term.to].map(
      (instant) => evaluateFacts([desk], opened(instant), instant).length,
    );
    expect(seen).toEqual([0, 2, 2, 0]);
  });
});

describe('a clock of counted days', () => {
  it.each<Row>([
    [
      'is met at the close of its last day',
      'solve',
      [normal, '03-05 18:00 ticket.solved'],
      '03-09 00:00',
      ['solve#1 met, due 03-05 18:00, stopped 03-05 18:00, took P3D, late P0D'],
    ],
    [
      'is late by the started day: the evening of the due day',
      'solve',
      [tuesday, '03-06 20:00 ticket.solved'],
      '03-20 00:00',
      ['solve#1 breached, due 03-06 18:00, stopped 03-06 20:00, took P3D, late P1D'],
    ],
    [
      'the morning of the next working day',
      'solve',
      [tuesday, '03-09 08:00 ticket.solved'],
      '03-20 00:00',
      ['solve#1 breached, due 03-06 18:00, stopped 03-09 08:00, took P4D, late P1D'],
    ],
    [
      'its evening',
      'solve',
      [tuesday, '03-09 19:00 ticket.solved'],
      '03-20 00:00',
      ['solve#1 breached, due 03-06 18:00, stopped 03-09 19:00, took P4D, late P1D'],
    ],
    [
      'and the day after that',
      'solve',
      [tuesday, '03-10 10:00 ticket.solved'],
      '03-20 00:00',
      ['solve#1 breached, due 03-06 18:00, stopped 03-10 10:00, took P5D, late P2D'],
    ],
    [
      'counts a stop at midnight to the day that it ends',
      'solve',
      [high, '03-05 00:00 ticket.solved'],
      '03-20 00:00',
      ['solve#1 breached, due 03-03 18:00, stopped 03-05 00:00, took P2D, late P1D'],
    ],
    [
      'grows while nobody stops it',
      'solve',
      [high],
      '03-06 12:00',
      ['solve#1 breached, due 03-03 18:00, stopped -, took P4D, late P3D'],
    ],
    [
      'ends at 24:00 where all days count, moved off the rest days',
      'report',
      ['03-04 10:00 batch.closed batch=T-1', '03-17 00:00 report.sent batch=T-1'],
      '03-20 00:00',
      ['report#1 met, due 03-17 00:00, stopped 03-17 00:00, took P12D, late P0D'],
    ],
    [
      'and is late by calendar days there',
      'report',
      ['03-04 10:00 batch.closed batch=T-1', '03-21 00:00 report.sent batch=T-1'],
      '03-30 00:00',
      ['report#1 breached, due 03-17 00:00, stopped 03-21 00:00, took P16D, late P4D'],
    ],
  ])('%s', (_, obligation, given, asOf, then) => {
    expect(outcome(obligation, given, asOf)).toEqual(then);
  });
});

describe('a pause', () => {
  it.each<Row>([
    [
      'hides the due instant',
      'solve',
      [tuesday, '03-06 17:00 ticket.waiting'],
      '03-07 12:00',
      ['solve#1 paused, due -, stopped -, took P3D, late P0D'],
    ],
    [
      'does not let a period end inside it',
      'solve',
      [tuesday, '03-06 17:00 ticket.waiting', '03-09 10:00 ticket.resumed'],
      '03-09 10:00',
      ['solve#1 running, due 03-09 18:00, stopped -, took P4D, late P0D'],
    ],
    [
      'leaves out the days whose working time it takes up',
      'solve',
      [normal, '03-03 09:00 ticket.waiting', '03-04 18:00 ticket.resumed'],
      '03-05 10:00',
      ['solve#1 running, due 03-09 18:00, stopped -, took P1D, late P0D'],
    ],
    [
      'and no others',
      'solve',
      [normal, '03-03 10:00 ticket.waiting', '03-04 10:00 ticket.resumed'],
      '03-05 10:00',
      ['solve#1 running, due 03-05 18:00, stopped -, took P3D, late P0D'],
    ],
    [
      'counts wall time where the clock goes round the clock',
      'solve',
      [urgent, '03-02 12:00 ticket.waiting', '03-02 16:00 ticket.resumed', '03-03 14:00 ticket.solved'],
      '03-09 00:00',
      ['solve#1 met, due 03-03 14:00, stopped 03-03 14:00, took PT24H, late PT0S'],
    ],
    [
      'ends with the stop',
      'solve',
      [urgent, '03-02 12:00 ticket.waiting', '03-05 10:00 ticket.solved'],
      '03-09 00:00',
      ['solve#1 met, due 03-06 08:00, stopped 03-05 10:00, took PT2H, late PT0S'],
    ],
    [
      'holds from the first until it is over',
      'solve',
      [urgent, '03-02 12:00 ticket.waiting', '03-02 14:00 ticket.waiting', '03-02 16:00 ticket.resumed'],
      '03-02 17:00',
      ['solve#1 running, due 03-03 14:00, stopped -, took PT3H, late PT0S'],
    ],
    [
      'after the due instant leaves the breach, and stops its growth',
      'solve',
      [urgent, '03-03 11:00 ticket.waiting'],
      '03-04 10:00',
      ['solve#1 breached, due 03-03 10:00, stopped -, took PT25H, late PT1H'],
    ],
    [
      'stops the clocks that name it, and no other',
      'answer',
      [normal, '03-02 10:30 ticket.waiting'],
      '03-02 15:00',
      ['answer#1 running, due 03-02 15:30, stopped -, took PT3H30M, late PT0S'],
    ],
  ])('%s', (_, obligation, given, asOf, then) => {
    expect(outcome(obligation, given, asOf)).toEqual(then);
  });
});

describe('a change of priority', () => {
  it.each<Row>([
    [
      'counts the new target from the start',
      'solve',
      [normal, '03-03 12:00 ticket.ranked urgency=high'],
      '03-03 13:00',
      ['solve#1 running, due 03-03 18:00, stopped -, took P1D, late P0D'],
    ],
    [
      'is due at once where the new target has passed',
      'solve',
      [normal, '03-04 12:00 ticket.ranked urgency=high'],
      '03-04 12:00',
      ['solve#1 running, due 03-04 12:00, stopped -, took P2D, late P0D'],
    ],
    [
      'and is a breach from then on',
      'solve',
      [normal, '03-04 12:00 ticket.ranked urgency=high'],
      '03-05 12:00',
      ['solve#1 breached, due 03-04 12:00, stopped -, took P3D, late P1D'],
    ],
    [
      'comes too late for what is overdue',
      'solve',
      [high, '03-04 09:00 ticket.ranked urgency=normal'],
      '03-04 12:00',
      ['solve#1 breached, due 03-03 18:00, stopped -, took P2D, late P1D'],
    ],
    [
      'comes too late for what is stopped',
      'answer',
      [normal, '03-02 15:00 ticket.answered', '03-02 16:00 ticket.ranked urgency=urgent'],
      '03-04 12:00',
      ['answer#1 met, due 03-02 15:30, stopped 03-02 15:00, took PT3H30M, late PT0S'],
    ],
  ])('%s', (_, obligation, given, asOf, then) => {
    expect(outcome(obligation, given, asOf)).toEqual(then);
  });

  it('keeps the pauses', () => {
    const paused = [urgent, '03-02 12:00 ticket.waiting', '03-02 16:00 ticket.resumed'];
    expect(outcome('solve', [...paused, '03-02 17:00 ticket.ranked urgency=high'], '03-02 17:00')).toEqual([
      'solve#1 running, due 03-03 18:00, stopped -, took P0D, late P0D',
    ]);
    // Back to 24 hours from Monday 10:00, and four of the pause.
    const back = ['03-02 17:00 ticket.ranked urgency=high', '03-02 18:00 ticket.ranked urgency=urgent'];
    expect(outcome('solve', [...paused, ...back], '03-02 20:00')).toEqual([
      'solve#1 running, due 03-03 14:00, stopped -, took PT6H, late PT0S',
    ]);
  });
});

describe('a reopening', () => {
  const solved = [normal, '03-03 10:00 ticket.solved'];

  it.each<Row>([
    [
      'within its period goes on, the gap being a pause',
      'solve',
      [...solved, '03-06 10:00 ticket.reopened'],
      '03-06 11:00',
      // Tuesday and Friday count, Wednesday and Thursday lie in the gap.
      ['solve#1 running, due 03-09 18:00, stopped -, took P2D, late P0D'],
    ],
    [
      'at 24:00 of the last day is within',
      'solve',
      [...solved, '03-11 00:00 ticket.reopened'],
      '03-11 00:00',
      ['solve#1 running, due 03-12 18:00, stopped -, took P1D, late P0D'],
    ],
    [
      'after it begins a second instance',
      'solve',
      [...solved, '03-11 00:01 ticket.reopened'],
      '03-11 09:00',
      [
        'solve#1 met, due 03-05 18:00, stopped 03-03 10:00, took P1D, late P0D',
        'solve#2 running, due 03-16 18:00, stopped -, took P0D, late P0D',
      ],
    ],
    [
      'after it begins a first answer too, with the priority then in force',
      'answer',
      [...solved, '03-10 10:00 ticket.ranked urgency=high', '03-11 00:01 ticket.reopened'],
      '03-11 10:00',
      [
        'answer#1 breached, due 03-02 15:30, stopped 03-03 10:00, took PT7H30M, late PT3H30M',
        'answer#2 running, due 03-11 11:00, stopped -, took PT1H, late PT0S',
      ],
    ],
    [
      'within it begins no first answer',
      'answer',
      [...solved, '03-06 10:00 ticket.reopened'],
      '03-06 11:00',
      ['answer#1 breached, due 03-02 15:30, stopped 03-03 10:00, took PT7H30M, late PT3H30M'],
    ],
    [
      'of what is not solved changes nothing',
      'solve',
      [normal, '03-03 10:00 ticket.reopened'],
      '03-03 11:00',
      ['solve#1 running, due 03-05 18:00, stopped -, took P1D, late P0D'],
    ],
    [
      'of what was solved late leaves the breach',
      'solve',
      [high, '03-04 10:00 ticket.solved', '03-05 10:00 ticket.reopened'],
      '03-05 11:00',
      ['solve#1 breached, due 03-03 18:00, stopped -, took P3D, late P2D'],
    ],
    [
      'takes up a change of priority of the gap',
      'solve',
      [...solved, '03-04 10:00 ticket.ranked urgency=high', '03-05 10:00 ticket.reopened'],
      '03-05 10:00',
      // One working day: Tuesday, on which it ran for an hour; its end lay in the gap, so it moves to the day after it.
      ['solve#1 running, due 03-05 18:00, stopped -, took P2D, late P0D'],
    ],
  ])('%s', (_, obligation, given, asOf, then) => {
    expect(outcome(obligation, given, asOf)).toEqual(then);
  });
});

describe('turns', () => {
  it.each<Row>([
    [
      'begin with the first unanswered message and end with the next answer',
      'reply',
      [
        normal,
        '03-02 10:30 ticket.answered',
        '03-02 11:00 ticket.replied',
        '03-02 11:30 ticket.replied',
        '03-02 14:00 ticket.answered',
        '03-02 15:00 ticket.replied',
      ],
      '03-02 16:00',
      [
        'reply#1 met, due 03-03 11:30, stopped 03-02 14:00, took PT1H30M, late PT0S',
        'reply#2 running, due 03-03 15:30, stopped -, took PT1H, late PT0S',
      ],
    ],
    ['do not begin before the first answer', 'reply', [normal, '03-02 11:00 ticket.replied'], '03-02 12:00', []],
    [
      'do not begin while the ticket is solved',
      'reply',
      [normal, '03-02 11:00 ticket.solved', '03-02 11:30 ticket.replied'],
      '03-02 12:00',
      [],
    ],
    [
      'begin again once it is reopened',
      'reply',
      [normal, '03-02 11:00 ticket.solved', '03-02 11:15 ticket.reopened', '03-02 11:30 ticket.replied'],
      '03-02 12:00',
      ['reply#1 running, due 03-03 12:00, stopped -, took PT30M, late PT0S'],
    ],
  ])('%s', (_, obligation, given, asOf, then) => {
    expect(outcome(obligation, given, asOf)).toEqual(then);
  });
});

describe('a due instant that the fact carries', () => {
  const placed = '03-02 10:00 order.placed promised=2026-03-05T12:00:00+08:00';

  it.each<Row>([
    [
      'is kept',
      'ship',
      [placed, '03-05 11:00 order.shipped'],
      '03-09 00:00',
      ['ship#1 met, due 03-05 12:00, stopped 03-05 11:00, took PT23H30M, late PT0S'],
    ],
    [
      'is not kept',
      'ship',
      [placed, '03-05 14:30 order.shipped'],
      '03-09 00:00',
      ['ship#1 breached, due 03-05 12:00, stopped 03-05 14:30, took PT25H30M, late PT1H'],
    ],
    [
      'is 24:00 where it is a date',
      'ship',
      ['03-02 10:00 order.placed promised=2026-03-05', '03-06 00:00 order.shipped'],
      '03-09 00:00',
      ['ship#1 met, due 03-06 00:00, stopped 03-06 00:00, took PT29H, late PT0S'],
    ],
    [
      'never comes where nobody says one',
      'ship',
      ['03-02 10:00 order.placed'],
      '12-31 23:00',
      ['ship#1 running, due -, stopped -, took PT1641H30M, late PT0S'],
    ],
    [
      'is that of the latest fact which carries one',
      'ship',
      [placed, '03-03 10:00 order.promised promised=2026-03-09T12:00:00+08:00'],
      '03-06 12:00',
      ['ship#1 running, due 03-09 12:00, stopped -, took PT32H, late PT0S'],
    ],
  ])('%s', (_, obligation, given, asOf, then) => {
    expect(outcome(obligation, given, asOf)).toEqual(then);
  });

  it.each([
    ['the day of the due instant', 'promised=2026-03-05T12:00:00+08:00', '03-05 18:00', 'met'],
    ['the day after it', 'promised=2026-03-05T12:00:00+08:00', '03-06 00:00', 'breached'],
    ['the day that a due date ends', 'promised=2026-03-05', '03-05 00:00', 'met'],
    ['the day after it', 'promised=2026-03-05', '03-06 00:01', 'breached'],
  ])('is compared by local date with a source that knows dates only: %s', (_, promised, when, state) => {
    const given = [`03-02 10:00 order.placed ${promised}`, `${when} order.shipped from=/post`];
    expect(outcome('ship', given, '03-09 00:00').map((line) => line.split(',')[0])).toEqual([`ship#1 ${state}`]);
  });

  it.each([
    ['03-02 18:00', 'met'],
    ['03-03 00:00', 'breached'],
  ])('and so is one that goes round the clock: %s', (when, state) => {
    const given = ['03-02 10:00 order.placed', `${when} order.packed from=/post`];
    expect(outcome('pack', given, '03-09 00:00').map((line) => line.split(',')[0])).toEqual([`pack#1 ${state}`]);
  });
});

describe('a clock that is set anew, and one with grace', () => {
  const placed = '03-02 10:00 order.placed';

  it.each<Row>([
    [
      'starts from there',
      'pack',
      [placed, '03-02 11:00 order.unpacked'],
      '03-02 12:00',
      ['pack#1 running, due 03-02 13:00, stopped -, took PT1H, late PT0S'],
    ],
    [
      'is not declared a breach within the grace',
      'pack',
      [placed],
      '03-02 12:10',
      ['pack#1 running, due 03-02 12:00, stopped -, took PT2H10M, late PT0S'],
    ],
    [
      'but when that has passed',
      'pack',
      [placed],
      '03-02 12:10:01',
      ['pack#1 breached, due 03-02 12:00, stopped -, took PT2H10M1S, late PT10M1S'],
    ],
    [
      'and is one where it was stopped within the grace',
      'pack',
      [placed, '03-02 12:05 order.packed'],
      '03-02 12:06',
      ['pack#1 breached, due 03-02 12:00, stopped 03-02 12:05, took PT2H5M, late PT5M'],
    ],
  ])('%s', (_, obligation, given, asOf, then) => {
    expect(outcome(obligation, given, asOf)).toEqual(then);
  });
});

describe('a cancellation', () => {
  it.each<Row>([
    [
      'in time ends the clock without a breach',
      'answer',
      [normal, '03-02 11:00 ticket.dropped'],
      '03-09 00:00',
      ['answer#1 cancelled, due 03-02 15:30, stopped 03-02 11:00, took PT1H, late PT0S'],
    ],
    [
      'at the due instant too',
      'answer',
      [normal, '03-02 15:30 ticket.dropped'],
      '03-09 00:00',
      ['answer#1 cancelled, due 03-02 15:30, stopped 03-02 15:30, took PT4H, late PT0S'],
    ],
    [
      'after it leaves the breach and ends its lateness',
      'answer',
      [normal, '03-02 16:00 ticket.dropped'],
      '03-09 00:00',
      ['answer#1 breached, due 03-02 15:30, stopped 03-02 16:00, took PT4H30M, late PT30M'],
    ],
    [
      'is the last that counts',
      'solve',
      [normal, '03-02 11:00 ticket.dropped', '03-02 12:00 ticket.reopened', '03-02 13:00 ticket.solved'],
      '03-09 00:00',
      ['solve#1 cancelled, due 03-05 18:00, stopped 03-02 11:00, took P0D, late P0D'],
    ],
  ])('%s', (_, obligation, given, asOf, then) => {
    expect(outcome(obligation, given, asOf)).toEqual(then);
  });
});

describe('a stray', () => {
  it.each<Row>([
    [
      'dated before the opening counts for nothing',
      'answer',
      ['03-02 09:30 ticket.answered', normal],
      '03-02 11:00',
      ['answer#1 running, due 03-02 15:30, stopped -, took PT1H, late PT0S'],
    ],
    [
      'is a second opening',
      'answer',
      [normal, '03-02 11:00 ticket.opened urgency=urgent'],
      '03-02 11:00',
      ['answer#1 running, due 03-02 15:30, stopped -, took PT1H, late PT0S'],
    ],
    ['without an opening is a ticket without clocks', 'answer', ['03-02 11:00 ticket.answered'], '03-02 11:00', []],
  ])('%s', (_, obligation, given, asOf, then) => {
    expect(outcome(obligation, given, asOf)).toEqual(then);
  });
});

describe('a correction', () => {
  const answered = [normal, '03-02 12:30 ticket.answered'];
  const running = ['answer#1 running, due 03-02 15:30, stopped -, took PT3H, late PT0S'];
  const met = ['answer#1 met, due 03-02 15:30, stopped 03-02 12:30, took PT2H, late PT0S'];

  it.each<Row>([
    [
      'takes a stop back',
      'answer',
      [...answered, '03-05 10:00 fact.corrected corrects=f2 action=withdraw'],
      '03-02 14:30',
      running,
    ],
    [
      'takes the opening back and all with it',
      'answer',
      [...answered, '03-05 10:00 fact.corrected corrects=f1 action=withdraw'],
      '03-02 14:30',
      [],
    ],
    [
      'gives a fact other data',
      'answer',
      [...answered, '03-05 10:00 fact.corrected corrects=f1 action=replace data={"urgency":"high"}'],
      '03-05 10:00',
      ['answer#1 breached, due 03-02 12:00, stopped 03-02 12:30, took PT2H, late PT0S'],
    ],
    [
      'can be corrected itself',
      'answer',
      [
        ...answered,
        '03-05 10:00 fact.corrected corrects=f2 action=withdraw',
        '03-05 11:00 fact.corrected corrects=f3 action=withdraw',
      ],
      '03-02 14:30',
      met,
    ],
    [
      'can be corrected into another',
      'answer',
      [
        ...answered,
        '03-05 10:00 fact.corrected corrects=f1 action=replace data={"urgency":"urgent"}',
        '03-05 11:00 fact.corrected corrects=f3 action=replace data={"corrects":"f1","action":"replace","data":{"urgency":"high"}}',
      ],
      '03-02 13:00',
      ['answer#1 breached, due 03-02 12:00, stopped 03-02 12:30, took PT2H, late PT0S'],
    ],
    [
      'holds until a later one, whatever came first',
      'answer',
      [
        ...answered,
        '03-05 11:00 fact.corrected corrects=f1 action=replace data={"urgency":"high"}',
        '03-05 10:00 fact.corrected corrects=f1 action=replace data={"urgency":"urgent"}',
      ],
      '03-02 13:00',
      ['answer#1 breached, due 03-02 12:00, stopped 03-02 12:30, took PT2H, late PT0S'],
    ],
    [
      'of a fact of another source names it',
      'answer',
      [...answered, '03-05 10:00 fact.corrected corrects=f2 source=/desk action=withdraw from=/phone'],
      '03-02 14:30',
      running,
    ],
    [
      'of a fact that nobody knows waits',
      'answer',
      [...answered, '03-05 10:00 fact.corrected corrects=f2 action=withdraw from=/phone'],
      '03-02 14:30',
      met,
    ],
  ])('%s', (_, obligation, given, asOf, then) => {
    expect(outcome(obligation, given, asOf)).toEqual(then);
  });
});

describe('facts of one instant', () => {
  const [opened] = facts([normal]);
  const told = (id: string, type: string, more: { source?: string; sequence?: string } = {}): Fact =>
    aFact({ id, type: `ticket.${type}`, occurredAt: at('03-02 11:00'), ...more });
  const solve = (...more: Fact[]): string | undefined =>
    evaluateFacts([desk], [...(opened === undefined ? [] : [opened]), ...more], at('03-02 12:00'))
      .map(({ verdict }) => verdict)
      .find(({ obligation }) => obligation === 'solve')?.state;

  // Solved and then reopened it runs; reopened (which changes nothing) and then solved it is met.
  it.each<[string, Fact[], string]>([
    ['by their ids', [told('a', 'solved'), told('b', 'reopened')], 'running'],
    ['by their ids, the other way round', [told('b', 'solved'), told('a', 'reopened')], 'met'],
    [
      'by the numbers of their source before that',
      [told('b', 'solved', { sequence: '9' }), told('a', 'reopened', { sequence: '10' })],
      'running',
    ],
    [
      'by no numbers of two sources',
      [told('b', 'solved', { sequence: '1' }), told('a', 'reopened', { sequence: '2', source: '/phone' })],
      'met',
    ],
    [
      'by code points, not by the halves of which some are written',
      [told('\u{1F600}', 'solved'), told('\uFF5E', 'reopened')],
      'met',
    ],
  ])('are read %s', (_, told, state) => {
    expect(solve(...told)).toBe(state);
    expect(solve(...[...told].reverse())).toBe(state);
  });
});

describe('a correction of the field that names the subject', () => {
  const closed = '03-02 10:00 batch.closed batch=B-1';
  const moved = '03-05 10:00 fact.corrected corrects=f1 action=replace data={"batch":"B-2"}';
  const subjects = (lines: readonly string[]): string[] =>
    evaluateFacts([desk], facts(lines), at('03-09 00:00')).map(({ verdict }) => verdict.subject);

  it('moves the fact from the one to the other', () => {
    expect(subjects([closed])).toEqual(['B-1']);
    expect(subjects([closed, moved])).toEqual(['B-2']);
    expect(subjects([moved.replace('f1', 'f2'), closed])).toEqual(['B-2']);
  });

  it('does so by the latest, whichever comes first', () => {
    const before = '03-04 10:00 fact.corrected corrects=f1 action=replace data={"batch":"B-3"}';
    expect(subjects([closed, moved, before])).toEqual(['B-2']);
    expect(subjects([closed, before, moved])).toEqual(['B-2']);
  });

  it('and back where it is withdrawn', () => {
    expect(subjects([closed, moved, '03-06 10:00 fact.corrected corrects=f2 action=withdraw'])).toEqual(['B-1']);
  });
});

describe('why it is so', () => {
  it('names the facts with what they did, the spans with their sums, and the calendar', () => {
    const given = [
      urgent,
      '03-02 12:00 ticket.waiting',
      '03-02 16:00 ticket.resumed',
      '03-02 17:00 ticket.solved',
      '03-02 18:00 ticket.reopened',
      '03-04 10:00 fact.corrected corrects=f1 action=replace data={"urgency":"high","team":"blue"}',
    ];
    const [verdict] = evaluateFacts([desk], facts(given), at('03-02 19:00'))
      .map((one) => one.verdict)
      .filter((one) => one.obligation === 'solve');
    expect(verdict?.dimensions).toEqual({ team: 'blue' });
    expect(verdict?.because).toMatchObject({
      version: 1,
      contractHash: desk.hash,
      clauses: ['1.3'],
      rule: 'solve',
      priority: 'high',
      calendar: { id: 'desk-hours', hash: desk.calendar.hash, data: '' },
      counting: 'working-days, ends at close',
    });
    expect(verdict?.because.facts.map(({ id, role }) => `${id} ${role}`)).toEqual([
      'f1 start',
      'f6 correction',
      'f2 pause',
      'f3 resume',
      'f4 stop',
      'f5 reopen',
    ]);
    expect(verdict?.because.spans).toEqual([
      { kind: 'running', from: '2026-03-02T02:00:00Z', to: '2026-03-02T04:00:00Z' },
      { kind: 'paused', from: '2026-03-02T04:00:00Z', to: '2026-03-02T08:00:00Z' },
      { kind: 'running', from: '2026-03-02T08:00:00Z', to: '2026-03-02T09:00:00Z' },
      { kind: 'paused', from: '2026-03-02T09:00:00Z', to: '2026-03-02T10:00:00Z' },
      { kind: 'running', from: '2026-03-02T10:00:00Z', to: '2026-03-02T11:00:00Z' },
    ]);
    // Of nine hours three were worked, five paused (two of them over lunch and at work alike), one closed.
    expect(verdict?.because.sums).toEqual({ running: 'PT3H', paused: 'PT5H', closed: 'PT1H' });
  });
});
