import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { readCalendar, type Calendar } from '#libs/calendar';
import { compareDecimals, percentOfShare, shareOfPercent } from './decimal-text.js';
import type { Fact, JsonValue } from './fact.js';
import type { Contract, Trigger } from './model.js';
import { readContract } from './read-contract.js';
import { periodsOf, startOf } from './service-periods.js';

const calendars = new Map(['cn-office', 'cn-staffed'].map((id) => [id, shippedCalendar(id)]));

function shippedCalendar(id: string): Calendar {
  const file = `config/calendars/${id}.yaml`;
  const read = readCalendar(file, readFileSync(file, 'utf8'));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.value;
}

const ORDINARY = readFileSync('libs/contract/test/desk-with-everything.yaml', 'utf8');

type Change = readonly [was: string, is: string];

/** A contract with one of each kind of rule; a test states what differs: text that stands in it, and what stands there instead. */
function written(...changes: readonly Change[]): string {
  return changes.reduce((text, [was, is]): string => {
    if (!text.includes(was)) throw new Error(`'${was}' does not stand in the ordinary contract`);
    return text.replace(was, is);
  }, ORDINARY);
}

function contract(...changes: readonly Change[]): Contract {
  const read = readContract('desk.yaml', written(...changes), calendars);
  if (!read.ok)
    throw new Error(read.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`).join('\n'));
  return read.value;
}

function problems(text: string): string[] {
  const read = readContract('desk.yaml', text, calendars);
  return read.ok ? [] : read.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

const at = (text: string): number => Date.parse(`${text}+08:00`);

/** What failures cost, whose target is at most 2.5. */
const failing = (tiers: string): Change => [
  'target: at most 2.5\n',
  `target: at most 2.5\n    remedies: [{ remedy: tier, tiers: [${tiers.replace(/(above|below): ([\d.]+)/g, "$1: '$2'")}] }]\n`,
];

const PLANTED: readonly Change[] = [
  ['every: month # report', 'every: week # report'],
  ['within: 5 working days # report', 'within: 5 workdays # report'],
  ["where: data.kind == 'month', period", "where: data.kynd == 'month', period"],
  ['period: cycle, amount: amount } # paid', 'period: amount, amount: amount } # paid'],
  ['period: cycle, amount: amount } # billed', 'period: cycle } # billed'],
  ['within: 15 calendar days # fee', '# no time for the fee'],
  ['[2026-06-30, 2026-12-31]', '[2026-06-30, 2027-06-30]'],
  ['party: { field: by }', 'party: { field: level }'],
  ['survives: P3Y # secrecy', 'survives: P4Y # secrecy'],
  ['instancesOf: solve,', 'instancesOf: slove,'],
  ['target: at least 98% # solved', 'target: at least 198% # solved'],
  ['below: 98%, sum: 1%', 'below: 99%, sum: 101%'],
  ['below: 95%, sum: 3%', 'below: 99.5%, sum: 3%'],
  ['challenge: at least 4.80', 'challenge: at least 4.20'],
  ['field: score', 'field: scor'],
  ['figure: count', 'figure: number'],
  ["at.time < '12:00'", "case.priority == 'high'"],
  ['to: 2026-06-20', 'to: 2026-06-10'],
  ["remedy: per-day-late, sum: '1000.00', unit: calendar-days,", "remedy: per-point, sum: '1000.00',"],
  ["byPriority: { high: '500.00' }", "byPriority: { hihg: '500.00' }"],
  ["cap: '2000.00'", "cap: '20.00'"],
  ['dailyRate: 0.05%', "dailyRate: '0.05'"],
  ['remedy: per-step, step', 'remedy: per-stepp, step'],
  ['affects: affects', 'affects: from'],
  ['revoked: waiver.revoked', 'revoked: waiver.agreed'],
  ['standstill: [solve]', 'standstill: [data-provision]'],
  ["to: '04:00'", "to: '01:00'"],
  ['except: [secrecy]', 'except: [secrecy, sekrecy]'],
  ['sum: 30%, feeMonths: 12', 'sum: 30%'],
  ['limit: cap-cycle, times: 2', 'limit: cap-cycel, times: 9'],
  ['standards: [solved-in-time, rating]', 'standards: [solve, rating]'],
  ["clause: '13' # uncured", "clause: '31' # uncured"],
  ['signed: statement.signed', 'signed: statement.singed'],
  ['arbiter: true', 'arbiter: true, party: client'],
];

const EXPECTED: readonly string[] = [
  '17:38: /court decides for both sides and is on one of them (allowed: a trusted source without party)',
  "60:60: 'hihg' is no priority (allowed: high, low)",
  '61:91: the cap 20.00 is smaller than the sum that it bounds (allowed: at least that sum)',
  '74:12: every is not allowed: "week" (allowed: month, quarter, year, cycle)',
  "76:13: '5 workdays' is no period (allowed: 'PT24H round the clock', 'PT4H working time', '3 working days', '7 calendar days', '1 month', '3 years', each with 'of CALENDAR', days also with 'ending at close' or 'ending at 24:00')",
  "77:49: where 'data.kynd == 'month'' on report.sent: 'kynd' is no field of data; did you mean kind? (allowed: kind, period)",
  '78:26: per-point does not fit report (allowed: per-breach, per-day-late, per-unit-late, service-extension)',
  '82:25: 2027-06-30 lies outside the term (allowed: 2026-01-01 to 2026-12-31)',
  '85:3: fee opens when its period has ended and has no time to be done in (needed: within, or opens: period start)',
  '89:5: fee names an amount on one side only (needed: amount of the fact that opens it and of those that fulfil it, or neither)',
  '91:50: payment.received does not declare amount as a month or a period (allowed: a field that is a month or a period)',
  '92:47: dailyRate is not allowed: "0.05" (allowed: a percentage such as 0.05%)',
  '96:21: secret.disclosed does not declare level as [client, provider] (allowed: a field that is [client, provider])',
  '98:15: secrecy outlives the term by P4Y, and no duty does so for longer than P3Y (allowed: up to survives of the term)',
  "106:48: 'slove' is no obligation (allowed: data-provision, solve)",
  '107:13: 198% is more than the whole (allowed: up to 100%)',
  '113:52: a share of 101% is out of range (allowed: above 0%, up to 100%)',
  '113:69: the tier below 99.5% does not lie under the one before it (allowed: from the highest down)',
  '118:55: ticket.rated does not declare the field scor; did you mean score? (allowed: a number; declared: score)',
  '120:16: at least 4.20 does not lie beyond the target at least 4.50 (allowed: at least a greater value)',
  '121:54: the days end on 2026-06-10, before they begin (allowed: 2026-06-16 or later)',
  '124:22: remedy is not allowed: "per-stepp" (allowed: per-breach, per-day-late, per-unit-late, per-point, per-step, tier, fee-share, bonus, interest, service-extension)',
  '130:24: figure is not allowed: "number" (allowed: share-met, share, mean, sum, count, percentile, rate)',
  "139:45: where 'data.waited > 10 && case.priority == 'high'': on call.made: 'case' is no variable (allowed: at, data)",
  '147:14: exemption.claimed does not declare from as a list of id (allowed: a field that is a list of id)',
  '147:14: exemption.accepted does not declare from as a list of id (allowed: a field that is a list of id)',
  '149:46: waiver.agreed is agreed and revoked at once (allowed: a type for each)',
  '151:23: data-provision holds up data-provision: a duty cannot wait for itself (allowed: waits without a circle)',
  '156:44: the window ends at 01:00, before it begins at 02:00 (allowed: later times up to 24:00; a night is two windows)',
  "160:104: 'sekrecy' is no rule; did you mean secrecy? (allowed: calls, data-provision, failures, failures.morning, fee, guarantees, rating, report, secrecy, solve, solved-in-time, solved-in-time.evening and 1 more)",
  '162:5: cap-contract is a share of the fees of how many months? (needed: feeMonths)',
  "164:69: 'statement.singed' is no event type; did you mean statement.signed? (allowed: call.made, data.provided, data.requested, desk.alive, dispute.decided, evidence.accepted, evidence.rejected, exemption.accepted, exemption.claimed, exemption.rejected, fact.corrected, guarantee.renewed and 12 more)",
  "170:48: 'solve' is no standard (allowed: calls, failures, failures.morning, rating, solved-in-time, solved-in-time.evening, solved-in-time.north)",
  "172:75: 'cap-cycel' is no cap under limits; did you mean cap-cycle? (allowed: cap-contract, cap-cycle)",
  '172:93: a cap is not reached 9 times in 6 cycles (allowed: at most 6)',
  "177:13: '31' is no clause that is quoted under clauses; did you mean 1? (allowed: 1, 13, 9)",
];

describe('a contract file with more than thirty mistakes in its rules', () => {
  it('has none where none is planted', () => {
    expect(problems(written())).toEqual([]);
  });

  it('has each of them reported in one run, in order, with line, column and what is allowed', () => {
    expect(problems(written(...PLANTED))).toEqual(EXPECTED);
  });
});

describe('a single mistake in a rule', () => {
  it.each<[string, Change, string]>([
    [
      'an id that two kinds of rules have',
      ['  calls:\n', '  solve:\n'],
      'solve stands under obligations too (allowed: each id once)',
    ],
    [
      'an id that a segment makes',
      ['  calls:\n', '  failures.morning:\n'],
      'failures.morning stands under standards too (allowed: each id once)',
    ],
    [
      'a share of the fee where no fee is agreed',
      ["fees: [{ from: 2026-01-01, amount: '480000.00' }]\n", ''],
      '20% of the fee, and no fee is agreed (needed: fees)',
    ],
    ['a sum of no currency', ['currency: CNY\n', ''], '100.00 of no currency (needed: currency, such as CNY)'],
    [
      'a sum of nothing',
      ["sum: '100.00', byPriority", "sum: '0.00', byPriority"],
      'a sum of 0.00 is none (allowed: above 0)',
    ],
    [
      'a bonus without a challenge',
      ['    challenge: at least 4.80\n', ''],
      'bonus does not fit rating (allowed: per-step, tier, fee-share, per-breach, service-extension)',
    ],
    [
      'a challenge without a bonus',
      [', { remedy: bonus, sum: 1% }', ''],
      'nothing rises to the challenge value at least 4.80 (needed: a bonus)',
    ],
    [
      'a tier above the target',
      ['below: 98%, sum: 1%', 'below: 99%, sum: 1%'],
      'the tier below 99% begins above the target at least 98% (allowed: up to the target)',
    ],
    [
      'a tier under a target of at most',
      failing('{ above: 2.4, sum: 1% }'),
      'the tier above 2.4 begins below the target at most 2.5 (allowed: from the target up)',
    ],
    [
      'tiers out of order under a target of at most',
      failing('{ above: 4, sum: 1% }, { above: 3, sum: 2% }'),
      'the tier above 3 does not lie over the one before it (allowed: from the lowest up)',
    ],
    [
      'a tier on the wrong side of a target of at most',
      failing('{ below: 4, sum: 1% }'),
      'below does not fit a target of at most a figure (allowed: above)',
    ],
    [
      'a tier on the wrong side of a target of at least',
      ['below: 95%, sum: 3%', 'above: 95%, sum: 3%'],
      'above does not fit a target of at least a figure (allowed: below)',
    ],
    ['a tier without a bound', ['below: 95%, sum: 3%', 'sum: 3%'], 'the tier has no bound (needed: below)'],
    [
      'tiers for segments on both sides',
      ["at.time >= '18:00', target: at least 99%", "at.time >= '18:00', target: at most 99%"],
      'tiers do not fit targets of at least and of at most a figure (allowed: one of these)',
    ],
    [
      'so many units of delay that are none',
      ['unit: working-days, counted', 'unit: working-days, per: 0, counted'],
      'per is not allowed: 0 (allowed: a number of units from 1 to 1000)',
    ],
    [
      'a percentage of something that is no share',
      ['target: at least 4.50', 'target: at least 90%'],
      '90% is no mean (allowed: a number without %, such as 4.50)',
    ],
    [
      'a minimum of a count',
      ['target: at least 50', 'target: at least 50\n    minimumSample: 3'],
      'a count is judged however small it is (allowed: no minimumSample)',
    ],
    [
      'rolling days longer than the term',
      ['rolling: 30 days', 'rolling: 400 days'],
      '400 days do not fit the term of the standards (allowed: fewer days)',
    ],
    [
      'two kinds of period',
      ['rolling: 30 days', 'rolling: 30 days\n    every: month'],
      'rating is judged over two kinds of period (needed: one of every, rolling)',
    ],
    [
      'a quality term outside the term',
      ['survives: P3Y }', 'survives: P3Y, qualityTerm: { from: 2025-12-01, to: 2026-12-31 } }'],
      'the quality term from 2025-12-01 to 2026-12-31 does not lie in the term (allowed: 2026-01-01 to 2026-12-31, in order)',
    ],
    [
      'dates out of order',
      ['[2026-06-30, 2026-12-31]', '[2026-12-31, 2026-06-30]'],
      '2026-06-30 does not come after 2026-12-31 (allowed: dates in order, once each)',
    ],
    [
      'lateness in another unit than the remedy counts',
      ['within: 5 working days # report', 'within: 5 working days\n    overdueIn: working-days'],
      'lateness in working-days does not fit per-day-late, which counts calendar-days (allowed: calendar-days)',
    ],
    [
      'a fact that opens and fulfils a duty',
      ['{ on: payment.received,', '{ on: invoice.received,'],
      'invoice.received opens and fulfils fee at once (allowed: another type, or a condition)',
    ],
    [
      'a share of a period that is none',
      ['every: [2026-06-30', 'warnings: [50%]\n    every: [2026-06-30'],
      '50% of no period is no instant (allowed: a duration before due such as P3D, or within)',
    ],
    [
      'a wait for one’s own lateness',
      ['party: client\n    subject: data-request', 'party: provider\n    subject: data-request'],
      'solve is owed by the provider, who is late with data-provision (allowed: obligations of the other party)',
    ],
    [
      'a window outside the term',
      ["from: '2026-01-04T05:00:00+08:00'", "from: '2025-01-04T05:00:00+08:00'"],
      'the window lies outside the term (allowed: 2026-01-01 to 2026-12-31)',
    ],
    [
      'a heartbeat that is measured',
      ['of: call.made }', 'of: desk.alive }'],
      'desk.alive is about no subject (allowed: types that are neither correction nor heartbeat)',
    ],
    [
      'a good fact that is none of those counted',
      ['{ figure: count, of: call.made }', '{ figure: share, of: call.made, good: ticket.solved }'],
      'ticket.solved is none of the facts that are counted (allowed: call.made)',
    ],
    [
      'the same remedy twice',
      ['of: [{ remedy: per-step', 'of: [{ remedy: bonus, sum: 2% }, { remedy: per-step'],
      'bonus is there twice (allowed: each remedy once per rule)',
    ],
    [
      'the same limit twice',
      ['id: floor-cycle', 'id: cap-cycle'],
      'the limit cap-cycle is there twice (allowed: each id once)',
    ],
    [
      'months of a limit over one cycle',
      ['over: cycle, sum: 20%', 'over: cycle, feeMonths: 2, sum: 20%'],
      'feeMonths of cap-cycle says nothing (allowed: with a share over more than one cycle)',
    ],
    [
      'a silence that nothing shows',
      ['delay: PT10M', 'delay: PT10M, whenSilent: not-kept'],
      '/desk promises no heartbeat, so nothing shows that it is silent (needed: heartbeat)',
    ],
    [
      'a delay that is none',
      ['delay: PT10M', 'delay: P1M'],
      "'P1M' is no delay (allowed: such as PT10M, P3D, 1 working day)",
    ],
    [
      'a term of centuries',
      ['to: 2026-12-31, survives', 'to: 2926-12-31, survives'],
      'the term ends on 2926-12-31 (allowed: at most 100 years)',
    ],
  ])('%s is reported', (_, change, message) => {
    expect(problems(written(change))).toEqual(expect.arrayContaining([expect.stringContaining(message)]));
  });

  it('a type that the product itself records is reported', () => {
    const declared: Change = ['  data.provided:\n', '  data.provided:\n  feed.silent:\n'];
    expect(problems(written(declared))).toEqual([
      expect.stringContaining(
        'feed.silent is what the product itself records of a silent feed (allowed: another name)',
      ),
    ]);
  });
});

describe('rules that are read', () => {
  const read = contract();
  const standard = (id: string) => read.standards.find((one) => one.id === id);
  const feeds = (type: string, fact: Partial<Pick<Fact, 'subject' | 'data'>>) =>
    read.eventTypes
      .get(type)
      ?.feeds.map(({ kind, keyOf }) => [kind, keyOf({ source: '/desk', id: 'e1', subject: 'S', data: {}, ...fact })]);

  it('have cycles that are named after the month they begin in, cut by the term', () => {
    expect(read.cycles.map(({ name }) => name)).toEqual([
      '2025-12',
      ...Array.from({ length: 12 }, (_, month) => `2026-${String(month + 1).padStart(2, '0')}`),
    ]);
    expect(read.cycles[0]).toEqual({ name: '2025-12', from: at('2026-01-01T00:00'), to: at('2026-01-16T00:00') });
    expect(read.cycles.at(-1)).toEqual({ name: '2026-12', from: at('2026-12-16T00:00'), to: at('2027-01-01T00:00') });
  });

  it('follow each other without a gap, whatever the cycle and the term', () => {
    const words = fc.record({
      every: fc.constantFrom('month', 'quarter', 'year'),
      startsOn: fc.integer({ min: 1, max: 28 }),
      from: fc.integer({ min: 0, max: 700 }),
      days: fc.integer({ min: 0, max: 900 }),
    });
    fc.assert(
      fc.property(words, ({ every, startsOn, from, days }) => {
        const first = Temporal.PlainDate.from('2025-01-01').add({ days: from });
        const term = { from: first, end: first.add({ days: days + 1 }) };
        const periods = periodsOf('cycle', term, { every: every as 'month', startsOn }, 'America/New_York');
        const edges = [term.from, term.end].map((day) => startOf(day, 'America/New_York'));
        expect([periods[0]?.from, periods.at(-1)?.to]).toEqual(edges);
        expect(periods.slice(1).map(({ from: start }) => start)).toEqual(periods.slice(0, -1).map(({ to }) => to));
        expect(new Set(periods.map(({ name }) => name)).size).toBe(periods.length);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['report', '2026-03', '2026-03-01', '2026-04-01'],
    ['guarantees', '2026-06-30', '2026-06-30', '2026-07-01'],
    ['fee', '2026-03', '2026-03-16', '2026-04-16'],
  ])('owe %s for %s', (id, name, from, to) => {
    const period = read.duties.find((one) => one.id === id)?.periods.find((one) => one.name === name);
    expect(period).toEqual({ name, from: at(`${from}T00:00`), to: at(`${to}T00:00`) });
  });

  it('count lateness in the unit of the remedy, where the rule counts other days', () => {
    const unit = (id: string) => [...read.duties, ...read.obligations].find((one) => one.id === id)?.overdueUnit;
    expect(['report', 'fee', 'solve'].map(unit)).toEqual(['calendar-days', null, null]);
  });

  it('outlive the term as far as each says', () => {
    expect(read.prohibitions[0]?.until).toBe(at('2030-01-01T00:00'));
    expect(contract(['    survives: P3Y # secrecy\n', '']).prohibitions[0]?.until).toBe(at('2027-01-01T00:00'));
  });

  it('are judged by segment, each with its own target or that of the whole', () => {
    expect(
      ['solved-in-time.north', 'solved-in-time.evening', 'failures.morning'].map((id) => {
        const { title, target, comparison, minimumSample } = standard(id)!;
        return [title.en, target, comparison, minimumSample];
      }),
    ).toEqual([
      ['Solved in time: north', '0.98', 'at-least', 20],
      ['Solved in time: evening', '0.99', 'at-least', 5],
      ['failures: morning', '2.5', 'at-most', 1],
    ]);
    expect(standard('solved-in-time')).toBeUndefined();
  });

  it('have tiers from the mildest on, on the side of the target that is worse', () => {
    const { money } = contract(failing('{ above: 2.5, sum: 1% }, { above: 4, sum: 2% }'));
    const tiers = (rule: string) =>
      money.rules
        .find((one) => one.rule === rule)
        ?.remedies.flatMap((one) => (one.remedy === 'tier' ? one.tiers.map(({ bound }) => bound) : []));
    expect(['failures.morning', 'solved-in-time.north'].map(tiers)).toEqual([
      ['2.5', '4'],
      ['0.98', '0.95'],
    ]);
  });

  it('narrow a segment by dimension, and by the local time of the start', () => {
    const holds = (id: string, team: Record<string, string>, time: string) => {
      const measure = standard(id)?.measure;
      return measure?.by === 'instances' ? measure.where?.(team, 'high', at(`2026-03-02T${time}`)) : undefined;
    };
    expect([
      holds('solved-in-time.north', { team: 'north' }, '09:00'),
      holds('solved-in-time.north', { team: 'south' }, '09:00'),
      holds('solved-in-time.north', {}, '09:00'),
      holds('solved-in-time.evening', {}, '17:59'),
      holds('solved-in-time.evening', {}, '18:00'),
    ]).toEqual([true, false, false, false, true]);
  });

  it('narrow a segment of facts on both sides of its rate', () => {
    const measure = standard('failures.morning')?.measure;
    if (measure?.by !== 'facts' || measure.figure !== 'rate') throw new Error('failures is no rate');
    const standing = { answered: false, solved: false, cancelled: false, priority: '' };
    const holds = (side: readonly Trigger[], data: Record<string, JsonValue>, time: string) =>
      side[0]?.holds(data, standing, at(`2026-03-02T${time}`));
    expect([
      holds(measure.of, { waited: 11, failed: true }, '09:00'),
      holds(measure.of, { waited: 11, failed: false }, '09:00'),
      holds(measure.of, { waited: 11, failed: true }, '12:00'),
      holds(measure.per, { waited: 11, failed: false }, '09:00'),
      holds(measure.per, { waited: 10, failed: false }, '09:00'),
    ]).toEqual([true, false, false, true, false]);
    expect(measure.of[0]?.where).toBe("(data.failed) && (data.waited > 10 && at.time < '12:00')");
  });

  it('mean every segment where another part of the file names the standard', () => {
    const [missed] = read.rights;
    const segments = ['solved-in-time.north', 'solved-in-time.evening'];
    expect(missed?.when).toEqual({ by: 'missed-running', standards: [...segments, 'rating'], periods: 3 });
    expect(read.excuses.windows[0]?.affects).toEqual(['solve', ...segments]);
    expect(read.money.rules.map(({ rule }) => rule)).toEqual(expect.arrayContaining(segments));
  });

  it('roll over as many days as agreed, one period for each day on which so many have passed', () => {
    const { periods, rollingDays, every } = standard('rating')!;
    expect([every, rollingDays, periods.length]).toEqual(['rolling-days', 30, 336]);
    expect(periods[0]).toEqual({ name: '2026-01-30', from: at('2026-01-01T00:00'), to: at('2026-01-31T00:00') });
  });

  it('leave out whole days', () => {
    expect(standard('rating')?.excluded).toEqual([
      { title: { 'zh-CN': '618', en: '618' }, from: at('2026-06-16T00:00'), to: at('2026-06-21T00:00') },
    ]);
  });

  it('merge windows that touch or overlap, in order', () => {
    const { spans } = read.excuses.windows[0]!;
    expect(spans.length).toBe(52);
    expect(spans.slice(0, 2)).toEqual([
      { from: at('2026-01-04T02:00'), to: at('2026-01-04T06:00') },
      { from: at('2026-01-11T02:00'), to: at('2026-01-11T05:00') },
    ]);
  });

  it.each<[string, Partial<Pick<Fact, 'subject' | 'data'>>, unknown]>([
    ['report.sent', { data: { period: '2026-03' } }, [['duty:report', '2026-03']]],
    ['invoice.received', { data: { cycle: '2026-03' } }, [['duty:fee', '2026-03']]],
    ['payment.received', { data: { cycle: '2026-03' } }, [['duty:fee', '2026-03']]],
    ['secret.disclosed', {}, [['prohibition:secrecy', 'S']]],
    ['ticket.rated', {}, [['measured:rating', '/desk e1']]],
    [
      'call.made',
      {},
      [
        ['measured:calls', '/desk e1'],
        ['measured:failures.morning', '/desk e1'],
      ],
    ],
    ['exemption.claimed', {}, [['exemption:', 'S']]],
    ['waiver.agreed', { data: { instance: 'solve/T-1/1' } }, [['waiver:', 'solve/T-1/1']]],
    ['evidence.accepted', { data: { fact: { source: '/a', id: 'x' } } }, [['evidence:', '/a x']]],
    ['notice.served', { data: { about: 'fee/2026-03' } }, [['notice:', 'fee/2026-03']]],
    ['statement.signed', { data: { cycle: '2026-03' } }, [['statement:', '2026-03']]],
  ])('are fed by %s', (type, fact, expected) => {
    expect(feeds(type, fact)).toEqual(expected);
  });

  it.each([
    ['report.sent', ['kind', 'period']],
    ['payment.received', ['amount', 'cycle']],
    ['secret.disclosed', ['by', 'level']],
    ['call.made', ['failed', 'waited']],
    ['data.requested', ['for']],
    ['exemption.accepted', ['affects', 'from', 'to']],
    ['dispute.decided', ['amount', 'dispute', 'outcome']],
  ])('read the fields of %s that they need', (type, fields) => {
    expect([...(read.eventTypes.get(type)?.fieldsRead ?? [])].sort()).toEqual(fields);
  });

  it('have the calendars of every period', () => {
    expect(Object.keys(read.calendarHashes)).toEqual(['cn-office', 'cn-staffed']);
  });

  it('hear what people enter as the source of their party, with its delay', () => {
    const source = (uri: string) => {
      const { trust, party, arbiter, delayPeriod } = read.sources.get(uri)!;
      return [trust, party, arbiter, delayPeriod?.text];
    };
    expect(['/pactwatch/client', '/pactwatch/provider', '/pactwatch/arbiter'].map(source)).toEqual([
      ['asserted', 'client', false, '1 working day'],
      ['asserted', 'provider', false, undefined],
      ['trusted', null, true, undefined],
    ]);
    const own = contract(['  /court:', '  /pactwatch/client: { trust: trusted }\n  /court:']).sources;
    expect(own.get('/pactwatch/client')?.trust).toBe('trusted');
  });
});

describe('decimals as text', () => {
  it('turn percentages into shares and back, exactly', () => {
    expect(['2%', '0.05%', '100%', '98%', '90%', '12.50%', '0.000001%'].map(shareOfPercent)).toEqual([
      '0.02',
      '0.0005',
      '1',
      '0.98',
      '0.9',
      '0.125',
      '0.00000001',
    ]);
    const percents = fc
      .tuple(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 999_999 }))
      .map(
        ([whole, fraction]) =>
          `${whole}${fraction === 0 ? '' : `.${String(fraction).padStart(6, '0')}`.replace(/0+$/, '')}%`,
      );
    fc.assert(fc.property(percents, (percent) => percentOfShare(shareOfPercent(percent)) === percent));
  });

  it('compare by value', () => {
    const pairs = [
      ['4.50', '4.5'],
      ['0.98', '0.950'],
      ['2', '10'],
    ] as const;
    expect(pairs.map(([a, b]) => compareDecimals(a, b))).toEqual([0, 1, -1]);
  });
});
