import fc from 'fast-check';
import { ShopLog } from '../test/shop-log.js';
import { StatementCloser } from './statement-closer.js';

const DISPATCH = 'provider/per-breach/1/dispatch/O-1/1';

/** An order of Monday 2 March that is sent two days late, and one that is sent in time: the standard is missed too. */
function lateOrder(log = new ShopLog()): ShopLog {
  return log
    .fact('2026-03-02 10:00', 'order.placed', { of: 'O-1' })
    .fact('2026-03-05 10:00', 'order.sent', { of: 'O-1' })
    .fact('2026-03-09 10:00', 'order.placed', { of: 'O-2' })
    .fact('2026-03-09 11:00', 'order.sent', { of: 'O-2' });
}

const march = (log: ShopLog): string[] => log.told().filter((text) => text.startsWith('2026-03'));

/** Reckons everything anew behind each record and each firing. */
class LooksAtAll extends StatementCloser {
  override settle(...given: Parameters<StatementCloser['settle']>): void {
    this.swept(given[0]);
    super.settle(...given);
  }
}

const order = fc.integer({ min: 1, max: 6 }).map((n) => `O-${n}`);
const cycle = fc.constantFrom('2026-01', '2026-02', '2026-03');
const party = fc.constantFrom('/owner', '/keeper', '/judge');
const word = fc.oneof(
  fc.record({ type: fc.constantFrom('order.placed', 'order.sent', 'order.sent'), of: order }),
  fc
    .integer({ min: 0, max: 12 })
    .map((n) => ({ type: 'fact.corrected', data: { corrects: `f${n}`, action: 'withdraw' } })),
  fc
    .tuple(fc.constantFrom('waiver.agreed', 'waiver.revoked'), order)
    .map(([type, of]) => ({ type, from: '/owner', data: { instance: `dispatch/${of}/1` } })),
  fc
    .tuple(party, cycle, fc.integer({ min: 1, max: 3 }))
    .map(([from, of, line]) => ({ type: 'statement.disputed', from, data: { cycle: of, line } })),
  fc
    .tuple(party, fc.integer({ min: 0, max: 20 }))
    .map(([from, n]) => ({ type: 'dispute.decided', from, data: { dispute: `f${n}`, outcome: 'waived' } })),
  fc
    .tuple(party, cycle, fc.integer({ min: 1, max: 3 }))
    .map(([from, of, revision]) => ({ type: 'statement.signed', from, data: { cycle: of, revision } })),
);

describe('statements on the stream', () => {
  it('are those of one who reckons all of them anew behind each record, whatever happens', () => {
    const steps = fc.array(fc.record({ hours: fc.integer({ min: 1, max: 400 }), late: fc.nat(900), word }), {
      minLength: 5,
      maxLength: 25,
    });
    const localTime = (hours: number): string =>
      new Date(Date.UTC(2026, 0, 1) + hours * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
    fc.assert(
      fc.property(steps, (told) => {
        const recorded = [new ShopLog(), new ShopLog(() => new LooksAtAll())].map((log) => {
          let now = 0;
          for (const { hours, late, word } of told) {
            now += hours;
            const { type, ...fields } = word;
            log.fact(localTime(now), type, { ...fields, time: localTime(Math.max(0, now - late)) });
          }
          return log.tick('2026-09-01 00:00').followed;
        });
        expect(recorded[0]).toEqual(recorded[1]);
      }),
      { numRuns: 20 },
    );
  });

  it('are frozen when the clock has passed the end of the cycle and the longest delay, and final ten working days later', () => {
    const log = lateOrder().tick('2026-04-03 00:00');
    expect(march(log)).toEqual([]);
    // 100 + 2 days, 5 % of the fee; both together are below the cap of the cycle.
    expect(march(log.tick('2026-04-03 00:01'))).toEqual(['2026-03 frozen 620.00']);
    expect(march(log.tick('2026-05-01 00:00'))).toEqual(['2026-03 frozen 620.00', '2026-03 final 620.00']);
  });

  it('close once for each cycle, in order, however long nothing was read', () => {
    const log = lateOrder().tick('2026-06-01 00:00');
    expect(log.told()).toEqual([
      '2026-01 frozen 0.00',
      '2026-01 final 0.00',
      '2026-02 frozen 0.00',
      '2026-02 final 0.00',
      '2026-03 frozen 620.00',
      '2026-03 final 620.00',
      '2026-04 frozen 0.00',
      '2026-04 final 0.00',
    ]);
  });

  it('number what they decide in one row with all other decisions', () => {
    const { numbers } = lateOrder().tick('2026-06-01 00:00');
    expect(numbers).toEqual(numbers.map((_, place) => place + 1));
  });

  it('take late evidence as a revision, and take back exactly what the breach had cost', () => {
    const log = lateOrder().tick('2026-04-06 00:00');
    log.fact('2026-04-06 10:00', 'fact.corrected', { id: 'c', data: { corrects: 'f0', action: 'withdraw' } });
    const revisions = log.recorded().filter(({ cycle }) => cycle === '2026-03');
    expect(revisions.at(-1)).toMatchObject({ state: 'frozen', totals: { provider: '0.00' }, lines: [] });
    expect(revisions[0]!.totals.provider).toBe('620.00');
  });

  it.each([
    ['the other party waives it', '/owner', 'waived', '520.00'],
    ['the arbiter adjusts it', '/judge', 'adjusted', '550.00'],
    ['its own side decides', '/keeper', 'waived', '620.00'],
  ])('bring a disputed line to what was decided where %s', (_, from, outcome, total) => {
    const log = lateOrder().tick('2026-04-06 00:00');
    log.fact('2026-04-06 10:00', 'statement.disputed', {
      from: '/keeper',
      id: 'd1',
      data: { cycle: '2026-03', line: DISPATCH, reason: 'sent by courier' },
    });
    log.fact('2026-04-07 10:00', 'dispute.decided', {
      from,
      data: { dispute: 'd1', outcome, ...(outcome === 'adjusted' ? { amount: '30' } : {}) },
    });
    expect(log.statement('2026-03').totals.provider.toFixed(2)).toBe(total);
  });

  it('say who changed them, when and why', () => {
    const log = lateOrder().tick('2026-04-06 00:00');
    log.fact('2026-04-06 10:00', 'statement.signed', {
      from: '/owner',
      id: 's1',
      data: { cycle: '2026-03', revision: 1 },
    });
    log.fact('2026-04-06 11:00', 'statement.signed', {
      from: '/keeper',
      id: 's2',
      data: { cycle: '2026-03', revision: 1 },
    });
    expect(log.recorded().filter(({ cycle }) => cycle === '2026-03')).toMatchObject([
      {
        revision: 1,
        state: 'frozen',
        who: null,
        cause: { kind: 'deadline', at: '2026-04-02T16:00:00Z' },
        supersedes: null,
      },
      { revision: 2, state: 'frozen', who: 'client', cause: { kind: 'fact', source: '/owner', id: 's1' } },
      {
        revision: 3,
        state: 'final',
        who: 'provider',
        linesRevision: 1,
        signatures: [{ counts: true }, { counts: true }],
      },
    ]);
  });

  it('are signed by nobody for the other side, and not by the arbiter', () => {
    const log = lateOrder().tick('2026-04-06 00:00');
    for (const from of ['/owner', '/judge', '/till'])
      log.fact('2026-04-06 10:00', 'statement.signed', {
        from,
        id: `by ${from}`,
        data: { cycle: '2026-03', revision: 1 },
      });
    expect(log.statement('2026-03')).toMatchObject({ state: 'frozen', signatures: [{ party: 'client' }] });
  });

  it('carry what shows after they are final on the next one', () => {
    const log = lateOrder().tick('2026-05-01 00:00');
    log.fact('2026-05-01 10:00', 'waiver.agreed', { from: '/owner', data: { instance: 'dispatch/O-1/1' } });
    expect(march(log)).toEqual(['2026-03 frozen 620.00', '2026-03 final 620.00']);
    expect(
      log.statement('2026-04').lines.map(({ remedy, amount, adjusts }) => [remedy, amount.toFixed(2), adjusts?.cycle]),
    ).toEqual([
      ['adjustment', '-120.00', '2026-03'],
      // Without the breach the standard was kept, too.
      ['adjustment', '-500.00', '2026-03'],
    ]);
  });

  it('raise a right once, when the period that completes it has closed', () => {
    const log = lateOrder()
      .fact('2026-04-13 10:00', 'order.placed', { of: 'O-3' })
      .fact('2026-04-16 10:00', 'order.sent', { of: 'O-3' })
      .tick('2026-05-02 00:00');
    expect(log.told().filter((text) => text.startsWith('right'))).toEqual([]);
    log.tick('2026-05-04 00:00').takeOver().tick('2026-05-05 00:00');
    expect(log.told().filter((text) => text.startsWith('right'))).toEqual(['right dispatched']);
  });

  it('come to the same whoever takes the partition over in between', () => {
    const told = (between: (log: ShopLog) => ShopLog): string[] => {
      const log = between(lateOrder()).tick('2026-04-06 00:00');
      between(log).fact('2026-04-06 10:00', 'statement.disputed', {
        from: '/keeper',
        id: 'd1',
        data: { cycle: '2026-03', line: 1 },
      });
      between(log).tick('2026-05-01 00:00');
      between(log).fact('2026-05-01 10:00', 'dispute.decided', {
        from: '/owner',
        data: { dispute: 'd1', outcome: 'waived' },
      });
      return between(log).tick('2026-06-01 00:00').told();
    };
    expect(told((log) => log.takeOver())).toEqual(told((log) => log));
  });
});
