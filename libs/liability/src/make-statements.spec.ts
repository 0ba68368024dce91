import fc from 'fast-check';
import type { Limit, Remedy } from '#libs/contract';
import { aBreach, aContract, aMonth, at } from '../test/a-world.js';
import type { Breach } from '#libs/evaluation';
import { Decimal } from './decimal.js';
import { makeStatements } from './make-statements.js';
import { toStatementRecord } from './to-record.js';

const later = at('2027-02-01');
const yuan = (amount: string) => ({ by: 'amount', amount }) as const;
const ofFee = (share: string) => ({ by: 'fee-share', share }) as const;

function lines(
  contract: ReturnType<typeof aContract>,
  judged: Parameters<typeof makeStatements>[1],
  cycle = '2026-03',
  now = later,
) {
  const statement = makeStatements([contract], judged, now).find((one) => one.cycle.name === cycle)!;
  return toStatementRecord(statement).lines.map(({ party, remedy, quantity, amount }) =>
    [party, remedy, quantity, amount].join(' '),
  );
}

describe('what a breach costs', () => {
  const perDay = (different: Partial<Extract<Remedy, { unit: unknown }>> = {}): Remedy => ({
    remedy: 'per-day-late',
    sum: yuan('200.00'),
    unit: 'working-days',
    per: 1,
    counted: 'started',
    cap: null,
    ...different,
  });
  const perBreach: Remedy = { remedy: 'per-breach', sum: yuan('100.00'), byPriority: { urgent: yuan('500.00') } };

  it.each<[string, Remedy, Partial<Breach>, string[]]>([
    ['a fixed sum', perBreach, {}, ['provider per-breach 1 100.00']],
    [
      'the sum of the priority that set the due instant',
      perBreach,
      { priority: 'urgent' },
      ['provider per-breach 1 500.00'],
    ],
    // Due Friday 18:00, solved Monday 19:00: one started working day (readings 23).
    ['each started working day', perDay(), {}, ['provider per-day-late 1 200.00']],
    ['three calendar days over a weekend', perDay({ unit: 'calendar-days' }), {}, ['provider per-day-late 3 600.00']],
    ['at least one day', perDay(), { stoppedAt: at('2026-03-13T18:01') }, ['provider per-day-late 1 200.00']],
    ['no completed day yet', perDay({ counted: 'completed' }), {}, []],
    // Due Friday 18:00, solved Monday 24:00: Saturday, Sunday and Monday are over.
    [
      'each day that is over, one that ends with the delay too',
      perDay({ unit: 'calendar-days', counted: 'completed' }),
      { stoppedAt: at('2026-03-17') },
      ['provider per-day-late 3 600.00'],
    ],
    // Due Thursday 18:00, solved Sunday: Friday is over, and no other working day.
    [
      'a working day that is over when a rest day ends the delay',
      perDay({ counted: 'completed' }),
      { at: at('2026-03-12T18:00'), stoppedAt: at('2026-03-15T10:00') },
      ['provider per-day-late 1 200.00'],
    ],
    ['no working day of a weekend', perDay({ counted: 'completed' }), { stoppedAt: at('2026-03-16') }, []],
    [
      'no week before its seventh day is over',
      perDay({ unit: 'weeks', counted: 'completed' }),
      { stoppedAt: at('2026-03-20T18:00') },
      [],
    ],
    [
      'each week that is over',
      perDay({ unit: 'weeks', counted: 'completed' }),
      { stoppedAt: at('2026-03-21') },
      ['provider per-day-late 1 200.00'],
    ],
    [
      'no day on which the clock stood still',
      perDay(),
      { stoppedAt: at('2026-03-18T10:00'), suspended: [{ from: at('2026-03-16'), to: at('2026-03-18') }] },
      ['provider per-day-late 1 200.00'],
    ],
    [
      'started hours',
      perDay({ unit: 'hours' }),
      { stoppedAt: at('2026-03-13T20:01') },
      ['provider per-day-late 3 600.00'],
    ],
    // Due Friday 18:00, stopped Monday 19:00: 73 hours, of which 72 are six times twelve.
    ['each started twelve hours', perDay({ unit: 'hours', per: 12 }), {}, ['provider per-day-late 7 1400.00']],
    [
      'twelve hours that end with the delay, once',
      perDay({ unit: 'hours', per: 12 }),
      { stoppedAt: at('2026-03-14T06:00') },
      ['provider per-day-late 1 200.00'],
    ],
    [
      'each completed twelve hours',
      perDay({ unit: 'hours', per: 12, counted: 'completed' }),
      {},
      ['provider per-day-late 6 1200.00'],
    ],
    [
      'no twelve hours before they are over',
      perDay({ unit: 'hours', per: 12, counted: 'completed' }),
      { stoppedAt: at('2026-03-14T05:59') },
      [],
    ],
    // Twelve hours suspended of 73: 61.
    [
      'twelve hours without those on which the clock stood still',
      perDay({ unit: 'hours', per: 12, counted: 'completed' }),
      { suspended: [{ from: at('2026-03-14T00:00'), to: at('2026-03-14T12:00') }] },
      ['provider per-day-late 5 1000.00'],
    ],
    // Saturday to Monday: three days.
    ['each started two days', perDay({ unit: 'calendar-days', per: 2 }), {}, ['provider per-day-late 2 400.00']],
    // Saturday and Sunday are over.
    [
      'each completed two days',
      perDay({ unit: 'calendar-days', per: 2, counted: 'completed' }),
      {},
      ['provider per-day-late 1 200.00'],
    ],
    [
      'each started three working days',
      perDay({ per: 3 }),
      { stoppedAt: at('2026-03-19T10:00') },
      ['provider per-day-late 2 400.00'],
    ],
    [
      'no fortnight before its fourteenth day is over',
      perDay({ unit: 'weeks', per: 2, counted: 'completed' }),
      { stoppedAt: at('2026-03-27T23:59') },
      [],
    ],
    [
      'each fortnight that is over',
      perDay({ unit: 'weeks', per: 2, counted: 'completed' }),
      { stoppedAt: at('2026-03-28') },
      ['provider per-day-late 1 200.00'],
    ],
    [
      'what the cap takes back, as its own line',
      perDay({ cap: yuan('2000.00') }),
      { stoppedAt: at('2026-04-13T10:00') },
      ['provider per-day-late 21 4200.00', 'provider cap 1 -2200.00'],
    ],
    [
      'and a waiver all of it',
      perDay({ cap: yuan('2000.00') }),
      { stoppedAt: at('2026-04-13T10:00'), waived: true },
      ['provider per-day-late 21 4200.00', 'provider cap 1 -2200.00', 'provider waiver 1 -2000.00'],
    ],
    // 480,000 due 20 April, 180,000 paid on the 22nd, the rest on the 25th: 2 x 240 + 3 x 150 (readings 34).
    [
      'interest on what is unpaid when a day begins',
      { remedy: 'interest', dailyRate: '0.0005', cap: ofFee('0.20') },
      {
        party: 'client',
        subject: '2026-03',
        at: at('2026-03-21'),
        stoppedAt: at('2026-03-25T12:00'),
        owed: {
          sum: '480000',
          payments: [
            { at: at('2026-03-22T12:00'), amount: '180000' },
            { at: at('2026-03-25T12:00'), amount: '300000' },
          ],
        },
      },
      ['client interest 5 930.00'],
    ],
    [
      'interest up to a share of the fee of the cycle owed',
      { remedy: 'interest', dailyRate: '0.1', cap: ofFee('0.20') },
      {
        party: 'client',
        subject: '2026-03',
        at: at('2026-03-21'),
        stoppedAt: null,
        owed: { sum: '10000', payments: [] },
      },
      // Unpaid on 1 February: 11 + 275 + 31 days of 1,000, and 20 % of 480,000 at most.
      ['client interest 317 317000.00', 'client cap 1 -221000.00'],
    ],
    ['extra service, no money', { remedy: 'service-extension', days: 2 }, {}, ['provider service-extension 2 0.00']],
  ])('%s', (_, remedy, different, expected) => {
    const contract = aContract({ remedies: [remedy] });
    expect(lines(contract, { breaches: [aBreach(contract, different)], standards: [] })).toEqual(expected);
  });

  it('belongs to the cycle of its due instant; 24:00 of the last day is the next month', () => {
    const contract = aContract({ remedies: [perBreach] });
    const breaches = [aBreach(contract, { at: at('2026-04-01') })];
    expect(lines(contract, { breaches, standards: [] }, '2026-03')).toEqual([]);
    expect(lines(contract, { breaches, standards: [] }, '2026-04')).toHaveLength(1);
  });

  it('stands in the last cycle where it falls after the term', () => {
    const contract = aContract({ remedies: [perBreach] });
    expect(
      lines(contract, { breaches: [aBreach(contract, { at: at('2027-01-09') })], standards: [] }, '2026-12'),
    ).toHaveLength(1);
  });

  it('is the greater or the smaller of two remedies where the contract says either-or', () => {
    const remedies = [perBreach, perDay()];
    for (const [combine, expected] of [
      ['greatest', 'per-day-late'],
      ['smallest', 'per-breach'],
    ] as const) {
      const contract = aContract({ remedies, combine });
      expect(lines(contract, { breaches: [aBreach(contract)], standards: [] })).toEqual([
        expect.stringContaining(expected),
      ]);
    }
  });
});

describe('what a standard costs or earns', () => {
  const perPoint: Remedy = { remedy: 'per-point', sum: ofFee('0.02'), counted: 'completed', cap: null };
  const perStep: Remedy = { remedy: 'per-step', sum: ofFee('0.02'), step: '0.10', counted: 'started', cap: null };
  const tiers: Remedy = {
    remedy: 'tier',
    tiers: [
      { bound: '0.98', sum: ofFee('0.01') },
      { bound: '0.95', sum: ofFee('0.03') },
      { bound: '0.90', sum: ofFee('0.08') },
    ],
  };
  const worse: Remedy = {
    remedy: 'tier',
    tiers: [
      { bound: '5', sum: ofFee('0.01') },
      { bound: '7', sum: ofFee('0.03') },
      { bound: '10', sum: ofFee('0.08') },
    ],
  };
  const complaints = { comparison: 'at-most', target: '5' } as const;
  const bonus: Remedy = { remedy: 'bonus', sum: ofFee('0.01') };
  const score = { target: '4.50', challenge: '4.80' };

  it.each<[string, Remedy, object, string, 'met' | 'missed', string[]]>([
    ['each full point below: 5.94 are five', perPoint, {}, '0.8906', 'missed', ['provider per-point 5 48000.00']],
    ['less than a point costs nothing', perPoint, {}, '0.9401', 'missed', []],
    ['each started step below', perStep, score, '4.3999', 'missed', ['provider per-step 2 19200.00']],
    ['exactly one step below', perStep, score, '4.40', 'missed', ['provider per-step 1 9600.00']],
    ['only the lowest tier reached', tiers, { target: '0.98' }, '0.9016', 'missed', ['provider tier 1 14400.00']],
    ['a bound itself is not below it', tiers, { target: '0.98' }, '0.95', 'missed', ['provider tier 1 4800.00']],
    ['only the highest tier reached', worse, complaints, '9.2', 'missed', ['provider tier 1 14400.00']],
    ['the highest tier of all', worse, complaints, '10.0001', 'missed', ['provider tier 1 38400.00']],
    ['a bound itself is not above it', worse, complaints, '7', 'missed', ['provider tier 1 4800.00']],
    ['no tier where the target is met', worse, complaints, '5', 'met', []],
    ['no bonus at the base', bonus, score, '4.50', 'met', []],
    ['a bonus in a straight line to the challenge', bonus, score, '4.65', 'met', ['client bonus 1 2400.00']],
    ['the whole bonus from the challenge on', bonus, score, '4.95', 'met', ['client bonus 1 4800.00']],
    [
      'a share of the fee',
      { remedy: 'fee-share', sum: ofFee('0.01') },
      {},
      '0.94',
      'missed',
      ['provider fee-share 1 4800.00'],
    ],
  ])('%s', (_, remedy, standard, value, state, expected) => {
    const contract = aContract({ remedies: [remedy], standard });
    expect(lines(contract, { breaches: [], standards: [aMonth('2026-03', value, state)] })).toEqual(expected);
  });

  it('is nothing while a period is open or was not judged', () => {
    const contract = aContract({ remedies: [perPoint] });
    const standards = [aMonth('2026-03', '0.5', 'open'), aMonth('2026-04', '0.5', 'not-judged')];
    expect(lines(contract, { breaches: [], standards })).toEqual([]);
    expect(lines(contract, { breaches: [], standards }, '2026-04')).toEqual([]);
  });
});

describe('limits', () => {
  const perBreach: Remedy = { remedy: 'per-breach', sum: yuan('60000.00'), byPriority: {} };
  const cap = (different: Partial<Limit>): Limit => ({
    kind: 'cap',
    about: 'cap-cycle',
    clause: '9',
    party: 'provider',
    over: 'cycle',
    sum: ofFee('0.20'),
    feeMonths: null,
    except: [],
    ...different,
  });
  const contractCap = cap({ about: 'cap-contract', over: 'contract', sum: ofFee('0.30'), feeMonths: 12 });
  const monthly = (contract: ReturnType<typeof aContract>, count: number) =>
    Array.from({ length: 12 }, (_, month) =>
      Array.from({ length: count }, (_, i) =>
        aBreach(contract, { subject: `S-${month}-${i}`, at: at(`2026-${String(month + 1).padStart(2, '0')}-10`) }),
      ),
    ).flat();

  it('cap a month at a share of its fee', () => {
    const contract = aContract({ remedies: [perBreach], limits: [cap({})] });
    expect(lines(contract, { breaches: monthly(contract, 2), standards: [] })).toContain('provider cap 1 -24000.00');
  });

  it('leave out the rules that the contract excepts', () => {
    const contract = aContract({ remedies: [perBreach], limits: [cap({ except: ['report'] })] });
    expect(lines(contract, { breaches: monthly(contract, 2), standards: [] }).join()).not.toContain('cap');
  });

  it('cap the whole contract in order of time, after the month', () => {
    const contract = aContract({
      remedies: [perBreach],
      fee: '100000.00',
      limits: [cap({ sum: ofFee('0.50') }), contractCap],
    });
    const totals = makeStatements([contract], { breaches: monthly(contract, 1), standards: [] }, later).map(
      ({ totals }) => totals.provider.toFixed(0),
    );
    // 12 x 100,000 x 30 % = 360,000: seven months of 50,000, then 10,000.
    expect(totals).toEqual([
      '50000',
      '50000',
      '50000',
      '50000',
      '50000',
      '50000',
      '50000',
      '10000',
      '0',
      '0',
      '0',
      '0',
    ]);
  });

  it('cap any twelve months running', () => {
    const rolling = cap({ about: 'cap-rolling', over: 'rolling-12-months', sum: yuan('100000.00') });
    const contract = aContract({ remedies: [perBreach], limits: [rolling] });
    const totals = makeStatements([contract], { breaches: monthly(contract, 1), standards: [] }, later).map(
      ({ totals }) => totals.provider.toFixed(0),
    );
    expect(totals.slice(0, 3)).toEqual(['60000', '40000', '0']);
  });

  it('cap the contract at a share of so many months’ fees, however long a cycle is', () => {
    const bounds = (['month', 'quarter', 'year'] as const).map((every) => {
      const limits = [cap({ about: 'cap-contract', over: 'contract', sum: ofFee('0.01'), feeMonths: 18 })];
      const contract = {
        ...aContract({ remedies: [perBreach], limits, fee: '100000.00' }),
        cycle: { every, startsOn: 1 },
      };
      const [statement] = makeStatements([contract], { breaches: monthly(contract, 4), standards: [] }, later);
      return toStatementRecord(statement!).lines.find(({ remedy }) => remedy === 'cap')?.base;
    });
    // 18 months, six quarters, a year and a half.
    expect(bounds).toEqual(['1800000.00', '600000.00', '150000.00']);
  });

  it('cap any twelve months running where a cycle is a quarter or a year', () => {
    const rolling = cap({ about: 'cap-rolling', over: 'rolling-12-months', sum: yuan('100000.00') });
    const months = aContract({ remedies: [perBreach], limits: [rolling] });
    const totals = (every: 'quarter' | 'year'): string[] => {
      const contract = { ...months, cycle: { every, startsOn: 1 } };
      return makeStatements([contract], { breaches: monthly(contract, 1), standards: [] }, later).map(({ totals }) =>
        totals.provider.toFixed(0),
      );
    };
    // The cycles of this contract stand for quarters, then for years.
    expect(totals('quarter').slice(0, 6)).toEqual(['60000', '40000', '0', '0', '60000', '40000']);
    expect(totals('year').slice(0, 3)).toEqual(['60000', '60000', '60000']);
  });

  it('raise a small sum to a floor, and leave nothing as nothing', () => {
    const floor = cap({ kind: 'floor', about: 'floor-cycle', sum: yuan('70000.00') });
    const contract = aContract({ remedies: [perBreach], limits: [floor] });
    const breaches = [aBreach(contract)];
    expect(lines(contract, { breaches, standards: [] })).toContain('provider floor 1 10000.00');
    expect(lines(contract, { breaches, standards: [] }, '2026-04')).toEqual([]);
  });

  it('are never exceeded, lines add up to totals, and no order of breaches changes a statement', () => {
    const anyBreach = fc.record({
      subject: fc.integer({ min: 0, max: 30 }).map((n) => `S-${n}`),
      at: fc.integer({ min: at('2026-01-01'), max: at('2026-12-31') }),
      late: fc.integer({ min: 1, max: 20 * 86_400_000 }),
      waived: fc.boolean(),
    });
    const remedies: Remedy[] = [
      {
        remedy: 'per-day-late',
        sum: ofFee('0.0123'),
        unit: 'calendar-days',
        per: 1,
        counted: 'started',
        cap: ofFee('0.05'),
      },
    ];
    const contract = aContract({ remedies, limits: [cap({}), contractCap], fee: '123456.78' });
    fc.assert(
      fc.property(fc.uniqueArray(anyBreach, { selector: ({ subject }) => subject }), fc.integer(), (items, seed) => {
        const breaches = items.map(({ late, ...one }) => aBreach(contract, { ...one, stoppedAt: one.at + late }));
        const statements = makeStatements([contract], { breaches, standards: [] }, later);
        for (const { lines, totals } of statements) {
          expect(totals.provider.lessThanOrEqualTo(new Decimal('24691.36'))).toBe(true);
          const sum = lines.reduce((left, line) => left.plus(line.amount), new Decimal(0));
          expect(sum.equals(totals.provider.plus(totals.client))).toBe(true);
          for (const line of lines) expect(line.amount.decimalPlaces()).toBeLessThanOrEqual(2);
        }
        const all = statements.reduce((sum, { totals }) => sum.plus(totals.provider), new Decimal(0));
        expect(all.lessThanOrEqualTo(new Decimal('123456.78').times(12).times('0.3').toDecimalPlaces(2))).toBe(true);
        const turned = [...breaches].sort((a, b) => ((a.at * 7 + seed) % 101) - ((b.at * 7 + seed) % 101));
        const again = makeStatements([contract], { breaches: turned, standards: [] }, later);
        expect(again.map(toStatementRecord)).toEqual(statements.map(toStatementRecord));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a contract', () => {
  it('that agrees on no money has no statements', () => {
    const contract = aContract({});
    const silent = { ...contract, money: { ...contract.money, rules: [], limits: [] } };
    expect(makeStatements([silent], { breaches: [], standards: [] }, later)).toEqual([]);
  });
});

describe('the life of a cycle', () => {
  it('begins when the cycle begins and is frozen at its end', () => {
    const contract = aContract({});
    const states = makeStatements([contract], { breaches: [], standards: [] }, at('2026-03-01')).map(
      ({ cycle, state }) => `${cycle.name} ${state}`,
    );
    expect(states).toEqual(['2026-01 frozen', '2026-02 frozen', '2026-03 provisional']);
  });
});
