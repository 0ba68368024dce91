import fc from 'fast-check';
import { anyCareLog, endOfCare } from '../test/any-care.js';
import { anyCut } from '../test/any-log.js';
import { care } from '../test/care.js';
import { at, facts } from '../test/desk.js';
import { LogJudge } from '../test/judge-log.js';
import { bearingKinds } from './bearing.js';
import { deriveCircumstances } from './derive-circumstances.js';
import { packCircumstances } from './packed-circumstances.js';
import { unpackState, packState } from './subject-state.js';
import { evaluateFacts } from './fact-set.js';
import { verdictId } from './to-record.js';

const generous = { firings: 1_000, heldStates: 20_000 };

/** The same logs every time; another seed and more runs look further. */
const SEED = 20_260_302;

/** What was decided about each instance, in order; the numbers may fall differently around a sweep. */
function decided(judge: LogJudge): Record<string, unknown[]> {
  const byInstance: Record<string, unknown[]> = {};
  for (const { number: _, supersedes: __, ...decision } of judge.decisions)
    (byInstance[verdictId(decision.verdict)] ??= []).push(decision);
  return byInstance;
}

/** State, due and stop of each instance that is there in the end. */
function current(judge: LogJudge): unknown[][] {
  const rows = judge.states().flatMap(({ key, state }) =>
    state.recorded
      .filter((one) => one.state !== 'withdrawn')
      .map((one) => {
        const id = `${care.id}/${one.obligation}/${key.slice(key.indexOf('/') + 1)}/${one.instance}`;
        return [id, one.state, one.dueAt, one.stoppedAt];
      }),
  );
  return byId(rows);
}

function byId(rows: unknown[][]): unknown[][] {
  return rows.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}

function acceptedBy({ outcomes }: LogJudge): string[] {
  return outcomes.flatMap(({ facts }) => facts.map(({ fact }) => `${fact.source} ${fact.id}`)).sort();
}

const cutLog = anyCareLog.chain(({ told, log }) =>
  fc.record({
    told: fc.constant(told),
    log: fc.constant(log),
    batches: anyCut(log),
    limits: fc.record({ firings: fc.constantFrom(1, 2, 1_000), heldStates: fc.constantFrom(0, 2, 20_000) }),
    sweeps: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 }),
    takeovers: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  }),
);

describe('the stream', () => {
  it('comes to the verdicts of the same facts, whatever bears on them and whenever a sweep comes to its subjects', () => {
    fc.assert(
      fc.property(cutLog, ({ told, batches, limits, sweeps, takeovers }) => {
        const judge = new LogJudge([care], limits);
        batches.forEach((batch, i) => {
          judge.take(batch);
          if (takeovers[i % takeovers.length] === true) judge.takeOver();
          for (let slice = 0; slice < sweeps[i % sweeps.length]!; slice++) judge.sweep();
        });
        while (judge.sweep());
        const known = new Set(acceptedBy(judge));
        const accepted = told.filter(({ source, id }) => known.has(`${source} ${id}`));
        const expected = evaluateFacts([care], accepted, endOfCare).map(({ verdict }) => [
          verdictId(verdict),
          verdict.state,
          verdict.dueAt,
          verdict.stoppedAt,
        ]);
        expect(current(judge)).toEqual(byId(expected));
      }),
      { numRuns: 300, seed: SEED },
    );
  });

  it('comes to the same verdicts in twenty orders in which the same facts come', () => {
    const inOrders = anyCareLog.chain(({ log }) => {
      const [published, ...facts] = log.slice(0, -1);
      const order = fc.shuffledSubarray(facts, { minLength: facts.length });
      return fc.record({
        published: fc.constant(published!),
        end: fc.constant(log[log.length - 1]!),
        orders: fc.array(order, { minLength: 20, maxLength: 20 }),
        sweepEvery: fc.integer({ min: 1, max: 5 }),
      });
    });
    fc.assert(
      fc.property(inOrders, ({ published, end, orders, sweepEvery }) => {
        const outcomes = orders.map((facts) => {
          const judge = new LogJudge([care], generous);
          [published, ...facts, end].forEach((item, offset) => {
            judge.take([{ ...item, offset }]);
            if (offset % sweepEvery === 0) judge.sweep();
          });
          while (judge.sweep());
          return { current: current(judge), accepted: acceptedBy(judge) };
        });
        for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
      }),
      { numRuns: 30 },
    );
  });

  it('decides the same about each instance, however it is cut and whenever a sweep comes to it', () => {
    fc.assert(
      fc.property(cutLog, ({ log, batches, limits, sweeps, takeovers }) => {
        const whole = new LogJudge([care], generous);
        for (const item of log) {
          whole.take([item]);
          while (whole.sweep());
        }
        const cut = new LogJudge([care], limits);
        batches.forEach((batch, i) => {
          cut.take(batch);
          if (takeovers[i % takeovers.length] === true) cut.takeOver();
          for (let slice = 0; slice < sweeps[i % sweeps.length]!; slice++) cut.sweep();
        });
        while (cut.sweep());
        expect(decided(cut)).toEqual(decided(whole));
        expect(cut.decisions.map(({ number }) => number)).toEqual(cut.decisions.map((_, i) => i + 1));
      }),
      { numRuns: 300, seed: SEED },
    );
  });
});

describe('what bears on others', () => {
  it('is the same in whatever order the states are held that say so', () => {
    fc.assert(
      fc.property(anyCareLog, ({ log }) => {
        const judge = new LogJudge([care], generous);
        judge.take(log);
        const bearing = judge.states().filter(({ key }) => bearingKinds([care]).has(key.slice(0, key.indexOf('/'))));
        const states = bearing.map(({ state }) => state);
        const derived = (of: typeof states) =>
          packCircumstances(deriveCircumstances([care], of, { at: endOfCare, passed: true }));
        expect(derived([...states].reverse())).toEqual(derived(states));
      }),
      { numRuns: 200 },
    );
  });
});

describe('a subject that a sweep has gone over', () => {
  it('says so when it is packed', () => {
    const state = { kind: 'job', subject: 'J-1', facts: [], corrections: [], recorded: [], swept: 3 };
    expect(unpackState('job/J-1', packState(state))).toEqual(state);
  });
});

describe('a clock that stands still when its priority changes', () => {
  it.each([
    ['since the other party is late', '03-02 00:00 supply.asked of=R-2 for=["J-1"]'],
    ['since the case waits', '03-04 18:00 job.waiting of=J-1'],
  ])('is due at the change where the new target lies before it, %s', (_, line) => {
    const told = facts(
      ['03-02 00:00 job.opened of=J-1 urgency=normal', line, '03-05 00:00 job.ranked of=J-1 urgency=high'],
      care,
    );
    const judge = new LogJudge([care], generous);
    told.forEach((fact, offset) =>
      judge.take([{ kind: 'fact', fact, at: fact.appendedAt, stamped: false, importId: null, offset }]),
    );
    judge.take([{ kind: 'tick', at: endOfCare, offset: told.length }]);
    while (judge.sweep());
    const last = judge.decisions.findLast(({ verdict }) => verdict.obligation === 'finish')?.verdict;
    expect([last?.state, last?.dueAt]).toEqual(['breached', at('03-05 00:00')]);
  });
});

describe('an acceptance of late evidence that is taken back by a correction', () => {
  it('counts no longer, though the evidence is no longer at hand', () => {
    const told = facts(
      [
        '03-02 00:00 evidence.accepted of=V from=/theirs fact={"source":"/desk","id":"f2"}',
        '03-05 12:00 report.sent kind=monthly period=2026-02 came=03-07T04:00',
        '03-07 06:00 fact.corrected source=/theirs corrects=f1 action=withdraw',
      ],
      care,
    );
    const published = {
      kind: 'published' as const,
      contract: care.id,
      version: { version: 1, hash: care.hash, calendars: {}, from: care.inForceFrom },
      versions: [care] as const,
      at: at('03-02 00:00') - 1,
      offset: 0,
    };
    const judge = new LogJudge([care], { firings: 1_000, heldStates: 0 });
    judge.take([published]);
    told.forEach((fact, i) =>
      judge.take([{ kind: 'fact', fact, at: fact.appendedAt, stamped: false, importId: null, offset: i + 1 }]),
    );
    while (judge.sweep());
    const said = judge.decisions.filter(
      ({ verdict }) => verdict.subject === '2026-02' && verdict.obligation === 'report',
    );
    expect(said.map(({ type }) => type.replace('compliance.', ''))).toEqual([
      'verdict.opened',
      'breach.declared',
      'breach.withdrawn',
      'breach.reinstated',
    ]);
  });
});
