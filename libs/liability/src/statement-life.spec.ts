import fc from 'fast-check';
import type { Instant } from '#libs/calendar';
import type { Limit, Remedy } from '#libs/contract';
import { ALife } from '../test/a-life.js';
import { aBreach, aContract, at } from '../test/a-world.js';
import { Decimal } from './decimal.js';
import type { LiveStatement } from './live-statement.js';
import { makeStatements } from './make-statements.js';

const yuan = (amount: string) => ({ by: 'amount', amount }) as const;
const perBreach: Remedy = { remedy: 'per-breach', sum: yuan('100.00'), byPriority: {} };
const perDay = (cap: string | null = null): Remedy => ({
  remedy: 'per-day-late',
  sum: yuan('200.00'),
  unit: 'calendar-days',
  per: 1,
  counted: 'started',
  cap: cap === null ? null : yuan(cap),
});
const cap = (over: Limit['over'], amount: string): Limit => ({
  kind: 'cap',
  about: `cap-${over}`,
  clause: '9',
  party: 'provider',
  over,
  sum: yuan(amount),
  feeMonths: null,
  except: [],
});

const REPORT = 'provider/per-breach/9.2.3/report/S-1/1';

describe('the life of a statement', () => {
  const life = () => new ALife(aContract({ remedies: [perBreach] })).until('2026-03-20');
  const withBreach = () => life().breach(aBreach(life().contract));

  it('is provisional until its cycle is over and the longest agreed delay has passed', () => {
    const one = withBreach().until('2026-04-04');
    expect(one.statement('2026-03').state).toBe('provisional');
    expect(one.until('2026-04-04T00:01').statement('2026-03').state).toBe('frozen');
    expect(one.revisions('2026-03')).toEqual(['frozen frozen 100.00']);
  });

  it('is final ten working days after it was frozen, where nothing is disputed', () => {
    const one = withBreach().until('2026-04-17T18:00');
    expect(one.statement('2026-03').state).toBe('frozen');
    expect(one.until('2026-04-17T18:01').revisions('2026-03')).toEqual(['frozen frozen 100.00', 'final final 100.00']);
  });

  it('is final at once when both parties have signed', () => {
    const one = withBreach().until('2026-04-06').sign('client', '2026-03', 1).sign('provider', '2026-03', 1);
    expect(one.revisions('2026-03')).toEqual(['frozen frozen 100.00', 'revised frozen 100.00', 'final final 100.00']);
  });

  it.each<[string, (one: ALife) => ALife]>([
    ['one party signs twice', (one) => one.sign('client', '2026-03', 1).sign('client', '2026-03', 1)],
    [
      'one signs a revision whose lines have changed since',
      (one) => one.sign('client', '2026-03', 1).withdraw('S-1').sign('provider', '2026-03', 3),
    ],
    ['one signs what is not there yet', (one) => one.sign('client', '2026-03', 1).sign('provider', '2026-03', 9)],
  ])('stays frozen where %s', (_, say) => {
    expect(say(withBreach().until('2026-04-06')).statement('2026-03').state).toBe('frozen');
  });

  it('waits with an open dispute, and is final when it is decided', () => {
    const one = withBreach().until('2026-04-06').dispute('d', '2026-03', REPORT).until('2026-05-01');
    expect(one.statement('2026-03').state).toBe('frozen');
    one.decide('d', 'upheld');
    expect(one.revisions('2026-03')).toEqual(['frozen frozen 100.00', 'revised frozen 100.00', 'final final 100.00']);
  });

  it('is final on its day where a dispute was decided before', () => {
    const one = withBreach().until('2026-04-06').dispute('d', '2026-03', REPORT).decide('d', 'upheld');
    expect(one.until('2026-04-18').statement('2026-03').finalAt).toBe(at('2026-04-17T18:00'));
  });

  it.each([
    ['the line’s name', REPORT],
    ['its place', 1],
  ])('is disputed by %s', (_, line) => {
    const one = withBreach().until('2026-04-06').dispute('d', '2026-03', line).decide('d', 'waived');
    expect(one.lines('2026-03')).toEqual(['per-breach 1 100.00', 'waiver 1 -100.00']);
  });

  it('is held up by no dispute about a line that is not there', () => {
    const one = withBreach().until('2026-04-06').dispute('d', '2026-03', 'no such line').until('2026-04-18');
    expect(one.statement('2026-03')).toMatchObject({ state: 'final', disputes: [{ state: 'moot' }] });
  });

  it('takes an adjusted line to the amount decided', () => {
    const one = withBreach().until('2026-04-06').dispute('d', '2026-03', REPORT).decide('d', 'adjusted', '30');
    expect(one.lines('2026-03')).toEqual(['per-breach 1 100.00', 'adjustment 1 -70.00']);
  });

  it('never adjusts a line above the cap of its item', () => {
    const contract = aContract({ remedies: [perDay('1000.00')] });
    const one = new ALife(contract).until('2026-03-20').breach(aBreach(contract)).until('2026-04-06');
    one.dispute('d', '2026-03', 1, 'client').decide('d', 'adjusted', '5000');
    expect(one.statement('2026-03').totals.provider.toFixed(2)).toBe('1000.00');
  });

  it('waives a line together with the cap of its item', () => {
    const contract = aContract({ remedies: [perDay('500.00')] });
    const one = new ALife(contract).until('2026-03-20').breach(aBreach(contract)).until('2026-04-06');
    one.dispute('d', '2026-03', 1).decide('d', 'waived');
    expect(one.lines('2026-03')).toEqual(['per-day-late 3 600.00', 'cap 1 -100.00', 'waiver 1 -500.00']);
  });

  it('lets nobody dispute what a cap takes back', () => {
    const contract = aContract({ remedies: [perBreach], limits: [cap('cycle', '60.00')] });
    const one = new ALife(contract).until('2026-03-20').breach(aBreach(contract)).until('2026-04-06');
    one.dispute('d', '2026-03', 2, 'client').decide('d', 'waived');
    expect(one.lines('2026-03')).toEqual(['per-breach 1 100.00', 'cap 1 -40.00']);
  });

  describe('what grows by time alone', () => {
    const late = () => {
      const contract = aContract({ remedies: [perDay()] });
      // Due Monday 30 March 18:00 and not stopped.
      const open = aBreach(contract, { at: at('2026-03-30T18:00'), stoppedAt: null });
      return { one: new ALife(contract).until('2026-03-31').breach(open), open };
    };

    it('stands as it was at the freezing until the breach stops', () => {
      const { one, open } = late();
      expect(one.until('2026-04-10').revisions('2026-03')).toEqual(['frozen frozen 800.00']);
      one.breach({ ...open, stoppedAt: at('2026-04-10') });
      expect(one.revisions('2026-03')).toEqual(['frozen frozen 800.00', 'revised frozen 2000.00']);
    });

    it('is measured once more when the statement becomes final, and afterwards stands on the next one', () => {
      const { one, open } = late();
      one.until('2026-04-20');
      expect(one.revisions('2026-03')).toEqual(['frozen frozen 800.00', 'final final 3600.00']);
      one.until('2026-04-25').breach({ ...open, stoppedAt: at('2026-04-24T12:00') });
      expect(one.lines('2026-04')).toEqual(['adjustment 1 1400.00']);
      expect(one.revisions('2026-03')).toHaveLength(2);
    });
  });

  it('carries what shows after it is final on the next one, naming cycle and line', () => {
    const one = withBreach().until('2026-04-20').withdraw('S-1');
    expect(one.lines('2026-03')).toEqual(['per-breach 1 100.00']);
    expect(one.statement('2026-04').lines).toMatchObject([
      { remedy: 'adjustment', amount: new Decimal(-100), adjusts: { cycle: '2026-03', line: REPORT } },
    ]);
  });

  it('carries a dispute that is decided after both have signed', () => {
    const one = withBreach().until('2026-04-06').dispute('d', '2026-03', REPORT);
    one.sign('client', '2026-03', 2).sign('provider', '2026-03', 2).decide('d', 'waived');
    expect(one.statement('2026-03').lines).toHaveLength(1);
    expect(one.lines('2026-04')).toEqual(['adjustment 1 -100.00']);
    expect(one.statement('2026-03').disputes).toMatchObject([{ state: 'waived' }]);
  });

  it('lets an adjustment be disputed like any line', () => {
    const one = withBreach().until('2026-04-20').withdraw('S-1').until('2026-05-05');
    one.dispute('d', '2026-04', 1, 'client').decide('d', 'waived');
    expect(one.lines('2026-04')).toEqual(['adjustment 1 100.00', 'adjustment 1 -100.00']);
    expect(one.until('2026-05-20').until('2026-06-20').lines('2026-05')).toEqual([]);
  });

  describe('an adjustment that is disputed', () => {
    // Due on Friday 27 March, known on 20 April when March is final, stopped after 21 days: 4,200.00 before any cap.
    const carried = (remedies: readonly Remedy[], limits: readonly Limit[] = []) => {
      const contract = aContract({ remedies, limits });
      const breach = aBreach(contract, { at: at('2026-03-27T18:00'), stoppedAt: at('2026-04-17T12:00') });
      return new ALife(contract).until('2026-04-20').breach(breach).until('2026-05-06');
    };
    const LINE = 'adjustment/2026-03/provider/per-day-late/9.2.3/report/S-1/1';
    const CAP = 'adjustment/2026-03/provider/cap/9.2.3/report/S-1/1';
    const owed = (one: ALife): string[] =>
      ['2026-03', '2026-04'].map((cycle) => one.statement(cycle).totals.provider.toFixed(2));

    it.each([
      ['by the cap of its item', carried([perDay('500.00')]), CAP],
      [
        'by the cap of its cycle',
        carried([perDay()], [cap('cycle', '500.00')]),
        'adjustment/2026-03/provider/cap/9/cap-cycle/2026-03',
      ],
    ])('cannot be one that is taken back %s', (_, one, line) => {
      expect(owed(one)).toEqual(['0.00', '500.00']);
      one.dispute('d', '2026-04', line, 'client').decide('d', 'waived');
      expect(one.statement('2026-04').disputes).toMatchObject([{ state: 'moot' }]);
      expect(owed(one)).toEqual(['0.00', '500.00']);
    });

    it.each([
      ['the cap of its item', carried([perDay('500.00')])],
      ['the cap of its cycle', carried([perDay()], [cap('cycle', '500.00')])],
      ['nothing', carried([perDay()])],
    ])('is waived together with what is taken back by %s', (_, one) => {
      one.dispute('d', '2026-04', LINE).decide('d', 'waived');
      expect(owed(one)).toEqual(['0.00', '0.00']);
      expect(one.until('2026-07-01').statement('2026-05').lines).toEqual([]);
    });

    it.each([
      ['the cap of its item', carried([perDay('500.00')]), '500.00'],
      ['the cap of its cycle', carried([perDay()], [cap('cycle', '500.00')]), '500.00'],
      ['nothing', carried([perDay()]), '5000.00'],
    ])('comes to the amount decided, as far as is allowed by %s', (_, one, most) => {
      one.dispute('d', '2026-04', LINE, 'client').decide('d', 'adjusted', '5000');
      expect(owed(one)).toEqual(['0.00', most]);
      one.decide('d', 'adjusted', '300');
      expect(owed(one)).toEqual(['0.00', '300.00']);
    });

    it('costs nothing more where its breach proves to be none', () => {
      const one = carried([perDay('500.00')])
        .dispute('d', '2026-04', LINE)
        .decide('d', 'adjusted', '300');
      expect(owed(one.until('2026-06-01').withdraw('S-1'))).toEqual(['0.00', '300.00']);
      expect(one.statement('2026-05').totals.provider.toFixed(2)).toBe('-300.00');
    });

    it.each(['waived', 'adjusted'] as const)('and %s costs nothing where its breach is let go', (outcome) => {
      const one = carried([perDay('500.00')])
        .dispute('d', '2026-04', LINE)
        .decide('d', outcome, '300')
        .until('2026-06-01');
      one.breach({ ...[...one.breaches.values()][0]!, waived: true });
      const owing = ['2026-03', '2026-04', '2026-05'].map((cycle) => one.statement(cycle).totals.provider.toNumber());
      expect(owing.reduce((sum, amount) => sum + amount)).toBe(0);
    });

    it('and disputed again on a later statement comes to what was decided there, beside what stood before', () => {
      const contract = aContract({ remedies: [perDay()] });
      const breach = aBreach(contract, { at: at('2026-03-27T18:00'), stoppedAt: at('2026-04-17T12:00') });
      const one = new ALife(contract).until('2026-04-20').breach(breach).until('2026-05-06');
      one.dispute('d', '2026-04', LINE).decide('d', 'adjusted', '300').until('2026-05-25');
      one.breach({ ...breach, stoppedAt: at('2026-04-19T12:00') }).until('2026-06-04');
      // It grew by two days; what was decided holds until it is disputed again.
      expect(one.lines('2026-05')).toEqual(['adjustment 1 400.00', 'adjustment 1 -400.00']);
      one.dispute('e', '2026-05', LINE, 'client').decide('e', 'adjusted', '50');
      expect(['2026-03', '2026-04', '2026-05'].map((c) => one.statement(c).totals.provider.toFixed(2))).toEqual([
        '0.00',
        '300.00',
        '50.00',
      ]);
    });
  });

  it('takes no dispute once it is final', () => {
    const one = withBreach().until('2026-04-20').dispute('d', '2026-03', REPORT).decide('d', 'waived');
    expect(one.statement('2026-03').disputes).toMatchObject([{ state: 'moot' }]);
    expect(one.lines('2026-04')).toEqual([]);
  });

  it('revises the last cycle itself with what shows after it is final', () => {
    const one = new ALife(life().contract).until('2027-02-01');
    one.breach(aBreach(one.contract, { at: at('2027-01-20T18:00'), stoppedAt: at('2027-01-21T18:00') }));
    expect(one.revisions('2026-12')).toEqual(['frozen frozen 0.00', 'final final 0.00', 'revised final 100.00']);
    expect(one.lines('2026-12')).toEqual(['adjustment 1 100.00']);
  });

  it('catches up with every closing that fell into a standstill', () => {
    const one = withBreach().until('2026-07-01');
    expect(one.history.map(({ cycle, change }) => `${cycle} ${change}`)).toEqual([
      '2026-01 frozen',
      '2026-01 final',
      '2026-02 frozen',
      '2026-02 final',
      '2026-03 frozen',
      '2026-03 final',
      '2026-04 frozen',
      '2026-04 final',
      '2026-05 frozen',
      '2026-05 final',
    ]);
  });
});

describe('the statements of any life', () => {
  const DAY = 86_400_000;
  const ITEM_CAP = 700;
  const CYCLE_CAP = 1_500;
  const CONTRACT_CAP = 1_700;
  const contract = aContract({
    remedies: [perBreach, perDay(`${ITEM_CAP}.00`)],
    limits: [cap('cycle', `${CYCLE_CAP}.00`), cap('contract', `${CONTRACT_CAP}.00`)],
  });
  const start = at('2026-01-01');

  /** A breach of one of eight subjects, which may stop, be let go or prove to be none, or something said about a statement. */
  const step = fc.record({
    days: fc.integer({ min: 0, max: 25 }),
    subject: fc.integer({ min: 1, max: 8 }),
    what: fc.constantFrom('breach', 'stop', 'waive', 'withdraw', 'dispute', 'upheld', 'waived', 'adjusted', 'sign'),
    ago: fc.integer({ min: 1, max: 60 }),
    cycle: fc.integer({ min: 1, max: 6 }),
    line: fc.integer({ min: 1, max: 12 }),
    amount: fc.integer({ min: 1, max: 3_000 }),
  });
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
  const steps = fc.array(step, { minLength: 1, maxLength: 30 });
  const saysNothing = ({ what }: Step): boolean => !['dispute', 'upheld', 'waived', 'adjusted', 'sign'].includes(what);

  function take(life: ALife, { subject, what, ago, cycle, line, amount }: Step, now: Instant, place: number): void {
    const name = `S-${subject}`;
    const known = life.breaches.get(`report/${name}/1`);
    const cycleName = `2026-0${cycle}`;
    switch (what) {
      case 'breach':
        if (known === undefined)
          life.breach(aBreach(contract, { subject: name, at: now - ago * DAY, stoppedAt: null }));
        return;
      case 'stop':
        if (known !== undefined) life.breach({ ...known, stoppedAt: Math.max(known.at + 1, now - (ago % 5) * DAY) });
        return;
      case 'waive':
        if (known !== undefined) life.breach({ ...known, waived: !known.waived });
        return;
      case 'withdraw':
        life.withdraw(name);
        return;
      case 'dispute': {
        // Mostly a line of a statement that can still be disputed, adjustments among them; sometimes one that is not there.
        const open = life.statements().filter(({ state, lines }) => state === 'frozen' && lines.length > 0);
        const one = open[cycle % (open.length + 1)];
        const by = ago % 3 === 0 ? 'client' : 'provider';
        if (one === undefined) life.dispute(`d${place}`, cycleName, line, by);
        else life.dispute(`d${place}`, one.cycle.name, one.lines[line % one.lines.length]!.id, by);
        return;
      }
      case 'sign': {
        const last = life.history.findLast((one) => one.cycle === cycleName);
        if (last !== undefined) life.sign(place % 2 === 0 ? 'client' : 'provider', cycleName, last.revision);
        return;
      }
      default: {
        const open = life.statements().flatMap(({ disputes }) => disputes.filter(({ state }) => state === 'open'));
        if (open[0] !== undefined) life.decide(open[0].id, what, what === 'adjusted' ? String(amount) : null);
      }
    }
  }

  function lifeOf(given: readonly Step[], look: (life: ALife) => void = () => undefined): ALife {
    const life = new ALife(contract);
    let now = start;
    given.forEach((one, place) => {
      now += one.days * DAY;
      life.untilInstant(now);
      take(life, one, now, place);
      look(life);
    });
    return life;
  }

  /** What the provider owes in all. */
  const inAll = (statements: readonly LiveStatement[]): number =>
    statements.reduce((sum, { totals }) => sum.plus(totals.provider), new Decimal(0)).toNumber();

  it('never exceed a cap of an item, a cycle or the contract, and no item is ever paid for, wherever what they cost is carried', () => {
    fc.assert(
      fc.property(steps, (given) => {
        lifeOf(given, (life) => {
          const statements = life.statements();
          const byCycle = new Map<string, number>();
          const byItem = new Map<string, number>();
          for (const { cycle, lines, totals } of statements) {
            const sum = lines.reduce((left, line) => left.plus(line.amount), new Decimal(0));
            expect(sum.toNumber()).toBe(totals.provider.plus(totals.client).toNumber());
            for (const { adjusts, amount, about, subject } of lines) {
              const home = adjusts?.cycle ?? cycle.name;
              byCycle.set(home, (byCycle.get(home) ?? 0) + amount.toNumber());
              if (about === 'report') byItem.set(subject, (byItem.get(subject) ?? 0) + amount.toNumber());
            }
          }
          for (const sum of byCycle.values()) expect(sum).toBeLessThanOrEqual(CYCLE_CAP);
          for (const sum of byItem.values()) {
            expect(sum).toBeGreaterThanOrEqual(0);
            expect(sum).toBeLessThanOrEqual(100 + ITEM_CAP + 3_000);
          }
          expect(inAll(statements)).toBeLessThanOrEqual(CONTRACT_CAP);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('never change what was final: each of its lines stands in every later revision', () => {
    fc.assert(
      fc.property(steps, (given) => {
        const finals = new Map<string, unknown>();
        for (const { cycle, state, lines } of lifeOf(given).history) {
          const own = lines.filter(({ adjusts }) => adjusts === null);
          if (finals.has(cycle)) expect(own).toEqual(finals.get(cycle));
          if (state === 'final') finals.set(cycle, own);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('come to the same in all, however late and in whatever order the breaches showed', () => {
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.nat()), (given, places) => {
        const life = lifeOf(given.filter(saysNothing));
        life.untilInstant(at('2026-11-20'));
        for (const one of [...life.breaches.values()])
          if (one.stoppedAt === null) life.breach({ ...one, stoppedAt: at('2026-11-20') });
        const other = new ALife(contract).untilInstant(at('2026-11-20'));
        const shuffled = [...life.breaches.values()].sort(() => (places.next().value! % 2 === 0 ? 1 : -1));
        for (const breach of shuffled) other.breach(breach);
        expect(inAll(life.statements())).toBe(inAll(other.statements()));
        const offline = makeStatements([contract], { breaches: shuffled, standards: [] }, at('2026-11-20'));
        expect(inAll(other.statements())).toBe(inAll(offline as unknown as LiveStatement[]));
      }),
      { numRuns: 60 },
    );
  });

  it('take back exactly what a breach had cost when it proves to be none', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 100 }), (given, comes, stays) => {
        const quiet = given.filter(saysNothing);
        const without = lifeOf(quiet);
        const life = new ALife(contract);
        const from = start + comes * DAY;
        const to = from + stays * DAY;
        const extra = aBreach(contract, { subject: 'S-9', at: from - DAY, stoppedAt: null });
        const events: [Instant, (now: Instant) => void][] = [
          [from, () => life.breach(extra)],
          [to, () => life.withdraw('S-9')],
        ];
        let now = start;
        quiet.forEach((one, place) => {
          now += one.days * DAY;
          events.push([now, (instant) => take(life, one, instant, place)]);
        });
        const end = Math.max(now, to);
        for (const [instant, happens] of events.sort(([a], [b]) => a - b)) {
          life.untilInstant(instant);
          happens(instant);
        }
        life.untilInstant(end);
        without.untilInstant(end);
        expect(inAll(life.statements())).toBe(inAll(without.statements()));
      }),
      { numRuns: 60 },
    );
  });
});
