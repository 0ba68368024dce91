import { care, careAmended, exemption, outcomes, verdictsOf } from '../test/care.js';
import { at, facts } from '../test/desk.js';
import { FactSet } from './fact-set.js';

type Row = [what: string, rule: string, given: string[], asOf: string, then: string[]];

// March 2026: the 2nd is a Monday. Open 09:00-12:00 and 13:30-18:00 from Monday to Friday.
const job = '03-02 10:00 job.opened of=J-1 urgency=normal';
const yes = '03-02 20:00 excuse.accepted from=/theirs';
const morning = (...said: string[]) => exemption('answer', '03-02 11:00', '03-02 14:00', ...said);
const claimedOn = (when: string) =>
  morning('03-10 10:00 excuse.accepted from=/court').map((line) => line.replace('03-02 11:00', when));
const tuesday = (...said: string[]) => exemption('finish', '03-03 00:00', '03-04 00:00', ...said);

describe('an exempted span', () => {
  it.each<Row>([
    [
      'stops the clock of working time',
      'answer',
      [job, ...morning(yes)],
      '03-02 21:00',
      ['J-1#1 breached, due 03-02 17:00, stopped -, took PT5H, late PT1H'],
    ],
    [
      'does nothing before it is accepted',
      'answer',
      [job, ...morning(yes)],
      '03-02 19:00',
      ['J-1#1 breached, due 03-02 15:30, stopped -, took PT6H30M, late PT2H30M'],
    ],
    [
      'does nothing where the claimant accepts it',
      'answer',
      [job, ...morning('03-02 20:00 excuse.accepted from=/ours')],
      '03-02 21:00',
      ['J-1#1 breached, due 03-02 15:30, stopped -, took PT6H30M, late PT2H30M'],
    ],
    [
      'goes by the last decision',
      'answer',
      [job, ...morning(yes, '03-03 10:00 excuse.rejected from=/court')],
      '03-03 10:00',
      ['J-1#1 breached, due 03-02 15:30, stopped -, took PT7H30M, late PT3H30M'],
    ],
    [
      'counts where the claim came on the last day of its notice',
      'answer',
      [job, ...claimedOn('03-09 23:59')],
      '03-10 10:00',
      ['J-1#1 breached, due 03-02 17:00, stopped -, took PT43H30M, late PT39H30M'],
    ],
    [
      'does not count where the claim came after it',
      'answer',
      [job, ...claimedOn('03-10 00:01')],
      '03-10 10:00',
      ['J-1#1 breached, due 03-02 15:30, stopped -, took PT45H, late PT41H'],
    ],
    [
      'shows as a pause while it lasts',
      'answer',
      [job, ...morning('03-02 11:30 excuse.accepted from=/theirs')],
      '03-02 13:45',
      ['J-1#1 paused, due -, stopped -, took PT1H, late PT0S'],
    ],
    [
      'ends with the stop',
      'answer',
      [job, '03-02 11:30 job.answered of=J-1', ...morning(yes)],
      '03-03 00:00',
      ['J-1#1 met, due 03-02 16:00, stopped 03-02 11:30, took PT1H, late PT0S'],
    ],
    [
      'takes a day that it covers out of days',
      'finish',
      [job, ...tuesday(yes)],
      '03-05 10:00',
      ['J-1#1 running, due 03-06 18:00, stopped -, took P2D, late P0D'],
    ],
    [
      'and no day of which something is left',
      'finish',
      [job, ...exemption('finish', '03-03 10:00', '03-04 00:00', yes)],
      '03-05 10:00',
      ['J-1#1 running, due 03-05 18:00, stopped -, took P3D, late P0D'],
    ],
    [
      'takes its days out of the delay',
      'finish',
      [job, '03-10 10:00 job.done of=J-1', ...exemption('finish', '03-06 00:00', '03-07 00:00', yes)],
      '03-10 10:00',
      ['J-1#1 breached, due 03-05 18:00, stopped 03-10 10:00, took P5D, late P2D'],
    ],
    [
      'does not undo a breach before it',
      'answer',
      [job, ...exemption('answer', '03-02 16:00', '03-03 16:00', yes)],
      '03-03 10:00',
      ['J-1#1 breached, due 03-02 15:30, stopped -, took PT4H30M, late PT30M'],
    ],
    [
      'joins a pause of the case',
      'finish',
      [job, '03-03 17:00 job.waiting of=J-1', '03-05 11:00 job.resumed of=J-1', ...tuesday(yes)],
      '03-06 10:00',
      ['J-1#1 running, due 03-09 18:00, stopped -, took P2D, late P0D'],
    ],
    [
      'of an agreed window needs nobody',
      'answer',
      ['04-01 09:30 job.opened of=J-1 urgency=normal'],
      '04-01 11:30',
      ['J-1#1 running, due 04-01 16:00, stopped -, took PT1H, late PT0S'],
    ],
  ])('%s', (_, rule, given, asOf, then) => {
    expect(outcomes(rule, given, asOf)).toEqual(then);
  });
});

describe('while the other party is late', () => {
  const later = '03-03 10:00 job.opened of=J-1 urgency=normal';
  const asked = '03-02 09:00 supply.asked from=/ours of=R-1 for=["J-1","J-3"]';
  const given = '03-09 10:00 supply.given from=/theirs of=R-1';
  it.each<Row>([
    [
      'what waits for it stands still from its due instant to its stop',
      'finish',
      [asked, later, given],
      '03-10 12:00',
      ['J-1#1 running, due 03-10 18:00, stopped -, took P3D, late P0D'],
    ],
    [
      'and shows as paused',
      'finish',
      [asked, later],
      '03-06 10:00',
      ['J-1#1 paused, due -, stopped -, took P1D, late P0D'],
    ],
    [
      'not before it is late',
      'finish',
      [asked, later, given],
      '03-04 18:00',
      ['J-1#1 running, due 03-06 18:00, stopped -, took P1D, late P0D'],
    ],
    [
      'not where its start does not list the case',
      'finish',
      [asked, later.replace('J-1', 'J-2'), given],
      '03-06 10:00',
      ['J-2#1 running, due 03-06 18:00, stopped -, took P3D, late P0D'],
    ],
    [
      'not where its start lists nothing',
      'finish',
      [asked.replace(' for=["J-1","J-3"]', ''), later, given],
      '03-06 10:00',
      ['J-1#1 running, due 03-06 18:00, stopped -, took P3D, late P0D'],
    ],
    [
      'not while an exemption gives it more time',
      'finish',
      [asked, later, ...exemption('supply', '03-03 00:00', '03-05 00:00', '03-03 12:00 excuse.accepted from=/court')],
      '03-06 10:00',
      ['J-1#1 running, due 03-06 18:00, stopped -, took P3D, late P0D'],
    ],
    [
      'also where its breach was waived',
      'finish',
      [asked, later, '03-05 09:00 breach.forgiven from=/ours of=W-1 instance=supply/R-1/1'],
      '03-06 10:00',
      ['J-1#1 paused, due -, stopped -, took P1D, late P0D'],
    ],
  ])('%s', (_, rule, lines, asOf, then) => {
    expect(outcomes(rule, lines, asOf)).toEqual(then);
  });
});

describe('a waived breach', () => {
  const late = '03-02 16:00 job.answered of=J-1';
  const forgiven = '03-03 10:00 breach.forgiven from=/theirs of=W-1 instance=answer/J-1/1';
  const recalled = '03-04 10:00 breach.recalled from=/court of=W-1 instance=answer/J-1/1';
  const said = (state: string) => [`J-1#1 ${state}, due 03-02 15:30, stopped 03-02 16:00, took PT4H30M, late PT30M`];
  it.each<[what: string, given: string[], asOf: string, state: string]>([
    ['is excused', [job, late, forgiven], '03-03 10:00', 'excused'],
    ['is a breach before', [job, late, forgiven], '03-03 09:00', 'breached'],
    ['and again when it is recalled', [job, late, forgiven, recalled], '03-05 10:00', 'breached'],
    [
      'is one still where whoever breached lets it go',
      [job, late, forgiven.replace('theirs', 'ours')],
      '03-05 10:00',
      'breached',
    ],
    ['or a source of neither side', [job, late, forgiven.replace('theirs', 'desk')], '03-05 10:00', 'breached'],
    ['or another instance is named', [job, late, forgiven.replace('J-1/1', 'J-1/2')], '03-05 10:00', 'breached'],
  ])('%s', (_, given, asOf, state) => {
    expect(outcomes('answer', given, asOf)).toEqual(said(state));
  });

  it('can be one of a prohibition', () => {
    const given = [
      '03-02 10:00 secret.told of=S-1 by=provider',
      '03-03 10:00 breach.forgiven from=/theirs of=W-1 instance=secrecy/S-1/1',
    ];
    expect(verdictsOf('secrecy', given, '03-04 00:00').map(({ state }) => state)).toEqual(['excused']);
  });
});

it('decisions of nobody entitled are findings', () => {
  const set = new FactSet([care]);
  const given = [
    ...morning('03-02 20:00 excuse.accepted from=/ours'),
    '03-03 10:00 breach.forgiven from=/ours of=W-1 instance=answer/J-1/1',
    '03-03 11:00 breach.forgiven from=/desk of=W-2 instance=answer/J-2/1',
    '03-03 12:00 breach.forgiven from=/theirs of=W-3 instance=answer/J-3/1',
  ];
  for (const fact of facts(given, care)) set.add(fact);
  expect(set.circumstances(at('03-04 00:00')).findings.map(({ type, about }) => `${type} ${about}`)).toEqual([
    'excuse.accepted E-1',
    'breach.forgiven answer/J-1/1',
    'breach.forgiven answer/J-2/1',
  ]);
});

describe('an amendment', () => {
  const threeToFive = ['normal: 3 working days', 'normal: 5 working days'] as const;
  const toOne = ['normal: 3 working days', 'normal: 1 working day'] as const;
  const move = ['    pause: job.waiting', '    pause: job.waiting\n    onAmendment: move'] as const;
  const paused = ['03-03 08:00 job.waiting of=J-1', '03-03 19:00 job.resumed of=J-1'];
  it.each<[what: string, given: string[], versions: ReturnType<typeof careAmended>, asOf: string, then: string]>([
    ['leaves what runs', [job], careAmended('2026-03-04', threeToFive), '03-05 10:00', 'running, due 03-05 18:00'],
    [
      'moves it where it says so',
      [job],
      careAmended('2026-03-04', threeToFive, move),
      '03-05 10:00',
      'running, due 03-09 18:00',
    ],
    [
      'not before it takes effect',
      [job],
      careAmended('2026-03-04', threeToFive, move),
      '03-03 10:00',
      'running, due 03-05 18:00',
    ],
    [
      'with its pauses kept',
      [job, ...paused],
      careAmended('2026-03-04', threeToFive, move),
      '03-05 10:00',
      'running, due 03-10 18:00',
    ],
    [
      'and is not due before it',
      [job],
      careAmended('2026-03-04T12:00:00+08:00', toOne, move),
      '03-04 13:00',
      'breached, due 03-04 12:00',
    ],
    [
      'leaves what is overdue',
      [job],
      careAmended('2026-03-06', threeToFive, move),
      '03-06 10:00',
      'breached, due 03-05 18:00',
    ],
    [
      'leaves what has stopped',
      [job, '03-03 10:00 job.done of=J-1'],
      careAmended('2026-03-04', toOne, move),
      '03-06 10:00',
      'met, due 03-05 18:00',
    ],
    [
      'judges a later instance of an old case',
      [job, '03-03 10:00 job.done of=J-1', '03-16 10:00 job.reopened of=J-1'],
      careAmended('2026-03-04', toOne, move),
      '03-16 11:00',
      'running, due 03-17 18:00',
    ],
    [
      'counts a reopening from what it names, also where that came before it',
      [job, '03-03 10:00 job.answered of=J-1', '03-05 10:00 job.done of=J-1', '03-06 11:00 job.reopened of=J-1'],
      careAmended('2026-03-04', ['countedFrom: job.done', 'countedFrom: job.answered'], move),
      '03-06 12:00',
      'running, due',
    ],
  ])('%s', (_, given, versions, asOf, then) => {
    const [last] = outcomes('finish', given, asOf, versions).reverse();
    expect(last).toContain(then);
  });
});
