import type { Budget, Limit, Right, RightCondition, Trigger } from '#libs/contract';
import { readCalendar } from '#libs/calendar';
import { aBreach, aContract, aMonth, at, calendar } from '../test/a-world.js';
import { findRights, raisedRights } from './find-rights.js';
import { makeStatements } from './make-statements.js';
import { toRightRecord } from './to-record.js';

const right = (when: RightCondition, party: Right['party'] = null, expires: Budget | null = null): Right => ({
  id: 'end',
  right: 'terminate',
  clause: '13',
  party,
  when,
  expires,
});
const thirtyDays: Budget = {
  counting: 'calendar-days',
  count: 30,
  calendar,
  endsAt: '24:00',
  text: '30 calendar days',
};
const served: Trigger = { on: 'notice.served', where: null, holds: () => true };

type Input = Partial<Parameters<typeof findRights>[1]>;

function rights(when: RightCondition, input: Input, now = at('2027-02-01')) {
  const contract = aContract({ rights: [right(when)] });
  const full = { breaches: [], standards: [], notices: [], statements: [], ...input };
  return findRights([contract], full, now)
    .map(toRightRecord)
    .map(({ party, about, since }) => [party, about, since].join(' '));
}

describe('a standard missed running', () => {
  const when: RightCondition = { by: 'missed-running', standards: ['quality'], periods: 3 };
  const months = (...states: ('missed' | 'met' | 'not-judged')[]) =>
    states.map((state, i) => aMonth(`2026-0${i + 1}`, '0.9', state));

  it.each([
    ['three times', months('missed', 'missed', 'missed'), ['client quality 2026-03-31T16:00:00Z']],
    ['with a month not judged between', months('missed', 'missed', 'not-judged', 'missed'), []],
    [
      'six times: one run, one right',
      months('missed', 'missed', 'missed', 'missed', 'missed', 'missed'),
      ['client quality 2026-03-31T16:00:00Z'],
    ],
    [
      'in two runs',
      months('missed', 'missed', 'missed', 'met', 'missed', 'missed', 'missed'),
      ['client quality 2026-03-31T16:00:00Z', 'client quality 2026-07-31T16:00:00Z'],
    ],
  ])('%s', (_, standards, expected) => {
    expect(rights(when, { standards })).toEqual(expected);
  });

  it('is no right before the third period has ended', () => {
    expect(rights(when, { standards: months('missed', 'missed', 'missed') }, at('2026-04-01') - 1)).toEqual([]);
  });
});

describe('a limit reached again', () => {
  const cap: Limit = {
    kind: 'cap',
    about: 'cap-cycle',
    clause: '9',
    party: 'provider',
    over: 'cycle',
    sum: { by: 'amount', amount: '50.00' },
    feeMonths: null,
    except: [],
  };

  it.each([
    ['twice within six months', ['2026-01-10', '2026-06-10', '2026-07-10'], ['client cap-cycle 2026-06-30T16:00:00Z']],
    ['with more than six months between', ['2026-01-10', '2026-07-10'], []],
  ])('%s', (_, dates, expected) => {
    const contract = aContract({
      remedies: [{ remedy: 'per-breach', sum: { by: 'amount', amount: '100.00' }, byPriority: {} }],
      limits: [cap],
      rights: [right({ by: 'capped', limit: 'cap-cycle', times: 2, of: 6 })],
    });
    const now = at('2027-02-01');
    const statements = makeStatements(
      [contract],
      { breaches: dates.map((date) => aBreach(contract, { at: at(date) })), standards: [] },
      now,
    );
    const found = findRights([contract], { breaches: [], standards: [], notices: [], statements }, now);
    expect(found.map(toRightRecord).map(({ party, about, since }) => [party, about, since].join(' '))).toEqual(
      expected,
    );
  });
});

describe('breaches', () => {
  const contract = aContract({});

  it('of a prohibition raise a right of the other side each, unless waived', () => {
    const breaches = [
      aBreach(contract, { subject: 'D-1', at: at('2026-04-16') }),
      aBreach(contract, { subject: 'D-2', at: at('2026-04-19'), party: 'client' }),
      aBreach(contract, { subject: 'D-3', at: at('2026-04-20'), waived: true }),
    ];
    expect(rights({ by: 'breach', rule: 'report' }, { breaches })).toEqual([
      'client report/D-1/1 2026-04-15T16:00:00Z',
      'provider report/D-2/1 2026-04-18T16:00:00Z',
    ]);
  });

  it('raise one right when enough of them fall within so many cycles', () => {
    const when: RightCondition = { by: 'breaches', rules: ['report'], times: 3, cycles: 2 };
    const on = (...dates: string[]) => ({ breaches: dates.map((date) => aBreach(contract, { at: at(date) })) });
    expect(rights(when, on('2026-01-10', '2026-02-10', '2026-03-10'))).toEqual([]);
    expect(rights(when, on('2026-01-10', '2026-02-10', '2026-02-11', '2026-02-12'))).toEqual([
      'client end 2026-02-10T16:00:00Z',
    ]);
  });

  const unpaid: RightCondition = {
    by: 'uncured',
    rule: 'report',
    notice: [served],
    aboutField: 'about',
    within: thirtyDays,
  };
  const notice = (date: string) => ({
    about: 'report/S-1',
    type: 'notice.served',
    at: at(date),
    source: '/provider/ops',
    id: 'n',
    data: {},
  });
  const fee = (stopped: string | null) =>
    aBreach(contract, {
      party: 'client',
      at: at('2026-04-20T18:00'),
      stoppedAt: stopped === null ? null : at(stopped),
    });

  it.each([
    // 30 Civil Code days after 7 May: 6 June is a Saturday, so Monday the 8th, 24:00.
    ['thirty days after a notice', '2026-05-07T09:00', null, ['provider report/S-1 2026-06-08T16:00:00Z']],
    ['nothing where the notice came before due', '2026-04-20T17:00', null, []],
    ['nothing where it was made good in time', '2026-05-07T09:00', '2026-06-08T23:00', []],
    [
      'still where it was made good later',
      '2026-05-07T09:00',
      '2026-06-09T09:00',
      ['provider report/S-1 2026-06-08T16:00:00Z'],
    ],
  ])('unpaid: %s', (_, noticed, stopped, expected) => {
    expect(rights(unpaid, { breaches: [fee(stopped)], notices: [notice(noticed)] })).toEqual(expected);
  });

  it('unpaid: from the first notice that is one of those agreed', () => {
    const holds: Trigger['holds'] = (data) => data['kind'] === 'cure';
    const toCure = { ...unpaid, notice: [{ ...served, where: "data.kind == 'cure'", holds }] };
    const notices = [
      { ...notice('2026-05-06T09:00'), data: { kind: 'reminder' } },
      { ...notice('2026-05-07T09:00'), data: { kind: 'cure' } },
    ];
    expect(rights(toCure, { breaches: [fee(null)], notices })).toEqual(['provider report/S-1 2026-06-08T16:00:00Z']);
  });
});

describe('a right that is to be exercised within a period', () => {
  const read = readCalendar(
    'shut.yaml',
    "id: shut\nzone: Asia/Shanghai\nyears: { first: 2026, last: 2026 }\nweekly: { monday-friday: ['09:00-18:00'], saturday-sunday: closed }\n",
  );
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const of2026 = read.value;
  const days = (count: number, counting: 'working-days' | 'calendar-days' | 'months' | 'years'): Budget => ({
    counting,
    count,
    calendar: of2026,
    endsAt: counting === 'working-days' ? 'close' : '24:00',
    text: `${count} ${counting}`,
  });
  const listed = (expires: Budget | null, now: number): string[] => {
    const contract = aContract({ rights: [right({ by: 'breach', rule: 'report' }, null, expires)] });
    const breaches = [aBreach(contract, { at: at('2026-03-13T18:00') })];
    return findRights([contract], { breaches, standards: [], notices: [], statements: [] }, now)
      .map(toRightRecord)
      .map((one) => [one.since, ...(one.expiredAt === undefined ? [] : [one.expiredAt])].join(' '));
  };
  const since = '2026-03-13T10:00:00Z';

  it.each<[string, Budget | null, number, string[]]>([
    ['does not lapse where none is agreed', null, at('2030-01-01'), [since]],
    // Thirty days after 13 March: 12 April is a Sunday, so Monday the 13th, 24:00.
    ['is open until the period has ended', days(30, 'calendar-days'), at('2026-04-14'), [since]],
    ['has lapsed then', days(30, 'calendar-days'), at('2026-04-14') + 1, [`${since} 2026-04-13T16:00:00Z`]],
    ['lapses at close of business', days(1, 'working-days'), at('2026-03-16T18:01'), [`${since} 2026-03-16T10:00:00Z`]],
    [
      'lapses after hours too',
      { counting: 'elapsed-time', millis: 3_600_000, text: 'PT1H round the clock' },
      at('2026-03-13T19:01'),
      [`${since} 2026-03-13T11:00:00Z`],
    ],
    ['is not there before it is raised', days(30, 'calendar-days'), at('2026-03-13T17:59'), []],
    ['is open in the years of the calendar, wherever it ends', days(1, 'years'), at('2026-12-31'), [since]],
    ['is open where working days go beyond them', days(250, 'working-days'), at('2026-12-31'), [since]],
    ['is open beyond them before it can have ended', days(1, 'years'), at('2027-03-12'), [since]],
  ])('%s', (_, expires, now, expected) => {
    expect(listed(expires, now)).toEqual(expected);
  });

  it('is not guessed about beyond the years of the calendar', () => {
    expect(() => listed(days(1, 'years'), at('2027-03-20'))).toThrow('covers the years 2026 to 2026');
  });

  it('is raised whenever that is found', () => {
    const contract = aContract({
      rights: [right({ by: 'breach', rule: 'report' }, null, days(30, 'calendar-days'))],
    });
    const input = { breaches: [aBreach(contract)], standards: [], notices: [], statements: [] };
    expect(raisedRights([contract], input, Infinity).map(({ expiredAt }) => expiredAt)).toEqual([null]);
  });
});
