import { careAmended, exemption, outcomes, verdictsOf } from '../test/care.js';

type Row = [what: string, rule: string, given: string[], asOf: string, then: string[]];

/** Those of one period. */
function about(period: string, rule: string, given: readonly string[], asOf: string): string[] {
  return outcomes(rule, given, asOf).filter((line) => line.startsWith(`${period}#`));
}

const bill = '02-20 10:00 bill.received from=/ours of=B-1 cycle=2026-03 amount=300.00';
const pay = (when: string, amount: string) =>
  `${when} money.received of=P-${when.slice(0, 5)} cycle=2026-03 amount=${amount}`;

// March 2026 begins on a Sunday; its first working days are the 2nd to the 6th.
describe('a duty of a period', () => {
  it.each<Row>([
    ['shows at the end of the period', 'report', [], '02-28 23:59', []],
    [
      'at that very instant',
      'report',
      [],
      '03-01 00:00',
      ['2026-02#1 running, due 03-07 00:00, stopped -, took P0D, late P0D'],
    ],
    [
      'is met by the fact that names the period',
      'report',
      ['03-04 10:00 report.sent of=X kind=monthly period=2026-02'],
      '03-09 00:00',
      ['2026-02#1 met, due 03-07 00:00, stopped 03-04 10:00, took P3D, late P0D'],
    ],
    [
      'also by one that came before the end',
      'report',
      ['02-27 10:00 report.sent of=X kind=monthly period=2026-02'],
      '03-09 00:00',
      ['2026-02#1 met, due 03-07 00:00, stopped 02-27 10:00, took P0D, late P0D'],
    ],
    [
      'not by one of another kind, or after the instant asked for',
      'report',
      [
        '03-04 10:00 report.sent of=X kind=other period=2026-02',
        '03-10 10:00 report.sent of=X kind=monthly period=2026-02',
      ],
      '03-09 00:00',
      ['2026-02#1 breached, due 03-07 00:00, stopped -, took P5D, late P2D'],
    ],
    [
      'goes by the local date where the source knows only dates',
      'report',
      ['03-06 00:00 report.sent of=X kind=monthly period=2026-02 from=/post'],
      '03-09 00:00',
      ['2026-02#1 met, due 03-07 00:00, stopped 03-06 00:00, took P5D, late P0D'],
    ],
    [
      'and is late on the date after the last, whatever hour was written',
      'report',
      ['03-07 00:00 report.sent of=X kind=monthly period=2026-02 from=/post'],
      '03-09 00:00',
      ['2026-02#1 breached, due 03-07 00:00, stopped 03-07 00:00, took P5D, late P1D'],
    ],
    [
      'counts late days in its own unit',
      'report',
      ['03-09 10:00 report.sent of=X kind=monthly period=2026-02'],
      '03-20 00:00',
      ['2026-02#1 breached, due 03-07 00:00, stopped 03-09 10:00, took P6D, late P3D'],
    ],
    [
      'stands still in an exempted span',
      'report',
      exemption('report', '03-03 00:00', '03-05 00:00', '03-03 10:00 excuse.accepted from=/court'),
      '03-06 10:00',
      ['2026-02#1 running, due 03-11 00:00, stopped -, took P3D, late P0D'],
    ],
  ])('%s', (_, rule, given, asOf, then) => {
    expect(about('2026-02', rule, given, asOf)).toEqual(then);
  });

  it.each<Row>([
    [
      'shows at its start',
      'survey',
      [],
      '04-01 00:00',
      ['2026-Q2#1 running, due 07-01 00:00, stopped -, took -, late P0D'],
    ],
    [
      'is due when it ends',
      'survey',
      ['07-01 00:00 survey.closed of=S quarter=2026-Q2'],
      '07-02 00:00',
      ['2026-Q2#1 met, due 07-01 00:00, stopped 07-01 00:00, took -, late P0D'],
    ],
    [
      'is late in calendar days',
      'survey',
      ['07-02 09:00 survey.closed of=S quarter=2026-Q2'],
      '07-09 00:00',
      ['2026-Q2#1 breached, due 07-01 00:00, stopped 07-02 09:00, took -, late P2D'],
    ],
    [
      'is due later by an exempted span',
      'survey',
      exemption('survey', '05-01 00:00', '05-03 00:00', '05-02 10:00 excuse.accepted from=/court'),
      '05-04 00:00',
      ['2026-Q2#1 running, due 07-03 00:00, stopped -, took -, late P0D'],
    ],
  ])('to its end %s', (_, rule, given, asOf, then) => {
    expect(about('2026-Q2', rule, given, asOf)).toEqual(then);
  });

  it('is there for every period of the term, and for no other', () => {
    const given = ['03-04 10:00 report.sent of=X kind=monthly period=2025-12'];
    expect(outcomes('report', given, '12-31 00:00').map((line) => line.slice(0, 7))).toEqual([
      ...['2026-01', '2026-02', '2026-03', '2026-04', '2026-05', '2026-06'],
    ]);
  });

  it('is that of the version in force when the period begins', () => {
    const longer = careAmended('2026-03-01', ['within: 5 working days ending', 'within: 10 working days ending']);
    expect(outcomes('report', [], '04-01 00:00', longer).map((line) => line.split(',')[1])).toEqual([
      ...[' due 02-07 00:00', ' due 03-07 00:00', ' due 04-15 00:00'],
    ]);
  });
});

describe('a duty to pay', () => {
  it.each<Row>([
    ['is not there without a bill', 'fee', [pay('04-02 10:00', '300')], '06-01 00:00', []],
    ['nor before the cycle has ended', 'fee', [bill], '03-31 23:59', []],
    // 15 April is a Wednesday.
    [
      'counts from the end of the cycle',
      'fee',
      [bill],
      '04-01 00:00',
      ['2026-03#1 running, due 04-16 00:00, stopped -, took P0D, late P0D'],
    ],
    [
      'or from the bill, whichever is later, moved off rest days',
      'fee',
      [bill.replace('02-20', '04-03')],
      '04-04 00:00',
      ['2026-03#1 running, due 04-21 00:00, stopped -, took P0D, late P0D'],
    ],
    [
      'of a bill at the instant the cycle ends from the day that begins',
      'fee',
      [bill.replace('02-20 10:00', '04-01 00:00')],
      '04-01 00:00',
      ['2026-03#1 running, due 04-17 00:00, stopped -, took P0D, late P0D'],
    ],
    [
      'is met when the parts add up, earlier ones too',
      'fee',
      [
        bill,
        pay('02-25 10:00', '100'),
        pay('04-14 10:00', '199.99'),
        pay('04-15 10:00', '0.01'),
        pay('04-20 10:00', '50'),
      ],
      '05-01 00:00',
      ['2026-03#1 met, due 04-16 00:00, stopped 04-15 10:00, took P15D, late P0D'],
    ],
    [
      'is late until they do',
      'fee',
      [bill, pay('04-14 10:00', '299.99'), pay('04-17 10:00', '0.01')],
      '05-01 00:00',
      ['2026-03#1 breached, due 04-16 00:00, stopped 04-17 10:00, took P17D, late P2D'],
    ],
    [
      'owes what the first bill says',
      'fee',
      [bill, bill.replace('02-20', '02-21').replace('300.00', '900.00'), pay('04-14 10:00', '300')],
      '05-01 00:00',
      ['2026-03#1 met, due 04-16 00:00, stopped 04-14 10:00, took P14D, late P0D'],
    ],
    [
      'goes by a corrected bill',
      'fee',
      [
        bill,
        pay('04-14 10:00', '300'),
        '04-20 10:00 fact.corrected from=/ours corrects=f1 action=replace data={"cycle":"2026-03","amount":"301"}',
      ],
      '04-20 10:00',
      ['2026-03#1 breached, due 04-16 00:00, stopped -, took P20D, late P5D'],
    ],
  ])('%s', (_, rule, given, asOf, then) => {
    expect(about('2026-03', rule, given, asOf)).toEqual(then);
  });

  it('also about a cycle that begins within the term and is billed after it', () => {
    const late = '07-20 10:00 bill.received from=/ours of=B-6 cycle=2026-06 amount=300.00';
    expect(about('2026-06', 'fee', [late], '08-01 00:00')).toEqual([
      '2026-06#1 running, due 08-05 00:00, stopped -, took P11D, late P0D',
    ]);
  });

  it('says what was owed and paid', () => {
    const [fee] = verdictsOf('fee', [bill, pay('04-14 10:00', '199.99')], '04-15 00:00');
    expect(fee?.because).toMatchObject({
      facts: [
        { id: 'f1', role: 'start' },
        { id: 'f2', role: 'payment' },
      ],
      sum: { owed: '300.00', payments: [{ id: 'f2', amount: '199.99' }] },
      counting: 'calendar-days, ends at 24:00, from the day before',
    });
  });
});

describe('a prohibition', () => {
  const told = (when: string, by: string, subject = 'S-1') => `${when} secret.told of=${subject} by=${by}`;
  const breaches = (rule: string, given: readonly string[]) =>
    verdictsOf(rule, given, '12-31 00:00').map(
      ({ subject, instance, party, state, dueAt, stoppedAt, elapsed, allowed, overdueBy }) =>
        [`${subject}#${instance}`, party, state, dueAt, stoppedAt, elapsed, allowed, overdueBy].join(' '),
    );
  it.each<[what: string, rule: string, given: string[], then: string[]]>([
    [
      'is broken by each matching fact, by whom it names',
      'secrecy',
      [told('03-02 10:00', 'provider'), told('03-03 10:00', 'client')],
      ['S-1#1 provider breached   PT0S PT0S PT0S', 'S-1#2 client breached   PT0S PT0S PT0S'],
    ],
    [
      'also after the term, where it outlives it',
      'secrecy',
      [told('09-02 10:00', 'client')],
      ['S-1#1 client breached   PT0S PT0S PT0S'],
    ],
    ['by one side only, where it binds one', 'lawfulness', ['03-02 10:00 law.broken of=L by=client'], []],
    ['not after the term, where it does not', 'lawfulness', ['07-01 00:00 law.broken of=L by=provider'], []],
  ])('%s', (_, rule, given, then) => {
    expect(breaches(rule, given)).toEqual(then);
  });
});
