import fc from 'fast-check';
import type { Fact } from '#libs/contract';
import { anyArrival, anyFacts } from '../test/any-facts.js';
import { anyCut, anyLog, anyLogWithImport, endOfLog } from '../test/any-log.js';
import { aFact, at, desk } from '../test/desk.js';
import { LogJudge, type Commit } from '../test/judge-log.js';
import { deriveSubject } from './derive-subject.js';
import { evaluateFacts, FactSet } from './fact-set.js';
import type { JudgeItem } from './judge-item.js';
import { packState, unpackState, withFacts } from './subject-state.js';
import { toRecord, verdictId } from './to-record.js';
import type { Decision } from './verdict.js';

const instants = ['03-02 09:00', '03-03 12:00', '03-05 18:00', '03-09 00:00', '03-20 00:00'].map(at);

function verdicts(facts: readonly Fact[]): unknown[] {
  const set = new FactSet([desk]);
  for (const fact of facts) set.add(fact);
  return instants.map((asOf) => set.verdicts(asOf).map(({ verdict, revision }) => toRecord(verdict, revision)));
}

const told = anyFacts.chain((facts) => fc.record({ facts: fc.constant(facts), arrived: anyArrival(facts) }));

describe('the verdicts of a set of facts', () => {
  it('are the same in whatever order they arrive, and however often', () => {
    fc.assert(
      fc.property(told, ({ facts, arrived }) => {
        expect(verdicts(arrived)).toEqual(verdicts(facts));
      }),
      { numRuns: 400 },
    );
  });
});

const generous = { firings: 1_000, heldStates: 20_000 };

function judged(log: readonly JudgeItem[], limits = generous): LogJudge {
  const judge = new LogJudge([desk], limits);
  judge.take(log);
  return judge;
}

describe('the decisions of a log', () => {
  const slices = fc.constantFrom(1, 2, 5, 1_000);
  const cutLog = fc.tuple(fc.oneof(anyLog, anyLogWithImport), slices).chain(([log, firings]) =>
    fc.record({
      log: fc.constant(log),
      batches: anyCut(log),
      firings: fc.constant(firings),
      heldStates: fc.constantFrom(0, 1, 3, 20_000),
      commits: fc.array(
        fc.constantFrom<Commit>('before the load', 'seen before told', 'during the load', 'after judging'),
        {
          minLength: 1,
          maxLength: 5,
        },
      ),
      takeovers: fc.infiniteStream(fc.boolean()),
    }),
  );

  it('have the same numbers however it is cut, whatever is held between or still being saved, and whoever takes over', () => {
    fc.assert(
      fc.property(cutLog, ({ log, batches, takeovers, commits, ...limits }) => {
        const whole = judged(log);
        const cut = new LogJudge([desk], limits, commits);
        for (const batch of batches) {
          cut.take(batch);
          if (takeovers.next().value) cut.takeOver();
        }
        expect(cut.decisions).toEqual(whole.decisions);
        expect(cut.tables()).toEqual(whole.tables());
        expect(cut.outcomes.flatMap((one) => one.refused)).toEqual(whole.outcomes.flatMap((one) => one.refused));
        expect(cut.outcomes.flatMap((one) => one.facts)).toEqual(whole.outcomes.flatMap((one) => one.facts));
        expect(cut.outcomes.flatMap((one) => one.summaries)).toEqual(whole.outcomes.flatMap((one) => one.summaries));
        expect(openClocks(cut)).toEqual(openClocks(whole));
      }),
      { numRuns: 300 },
    );
  });

  it('are numbered without gaps, and each names the one before it about the same instance', () => {
    fc.assert(
      fc.property(fc.oneof(anyLog, anyLogWithImport), (log) => {
        const last = new Map<string, { number: number; revision: number }>();
        judged(log).decisions.forEach((decision, i) => {
          expect(decision.number).toBe(i + 1);
          const id = verdictId(decision.verdict);
          const before = last.get(id);
          expect(decision.supersedes).toBe(before?.number ?? null);
          if (decision.warning === undefined) {
            expect(decision.revision).toBe((before?.revision ?? 0) + 1);
            last.set(id, decision);
          } else {
            expect(decision.revision).toBe(before?.revision);
          }
        });
      }),
      { numRuns: 150 },
    );
  });

  it('are not changed by records that come again', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const seen = new Set<string>();
        const once = log.filter((item) => {
          if (item.kind !== 'fact') return true;
          const same = `${item.fact.source} ${item.fact.id} ${item.fact.contentHash}`;
          return !seen.has(same) && seen.add(same);
        });
        expect(judged(log).decisions).toEqual(judged(once).decisions);
      }),
      { numRuns: 200 },
    );
  });

  it('lead to what the set of accepted facts says about that instant', () => {
    fc.assert(
      fc.property(fc.oneof(anyLog, anyLogWithImport), (log) => {
        const judge = judged(log);
        const standing = new Map<string, Decision['verdict']>();
        for (const { type, verdict } of judge.decisions) {
          if (type === 'compliance.verdict.withdrawn') standing.delete(verdictId(verdict));
          else if (type !== 'compliance.deadline.warned') standing.set(verdictId(verdict), verdict);
        }
        const accepted = judge.outcomes.flatMap((one) => one.facts).map(({ fact }) => fact);
        const derived = evaluateFacts([desk], accepted, judge.clock ?? 0).map(({ verdict }) => verdict);
        expect([...standing.values()].map(decided).sort()).toEqual(derived.map(decided).sort());
      }),
      { numRuns: 300 },
    );
  });

  it('tell what was known at any record, when it was', () => {
    fc.assert(
      fc.property(anyLog, fc.nat(), (log, place) => {
        const known = log.slice(0, 1 + (place % log.length));
        const decisions = judged(known).decisions;
        expect(judged(log).decisions.slice(0, decisions.length)).toEqual(decisions);
      }),
      { numRuns: 150 },
    );
  });

  function decided({
    state,
    startedAt,
    dueAt,
    stoppedAt,
    allowed,
    dimensions,
    ...verdict
  }: Decision['verdict']): string {
    const dimension = Object.entries(dimensions).sort().join();
    return [verdictId(verdict), state, startedAt, dueAt, stoppedAt, allowed, dimension].join(' ');
  }

  function openClocks(judge: LogJudge): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const one of judge.outcomes.flatMap(({ openClocks: changes }) => [...changes.values()]))
      sums[one.obligation] = (sums[one.obligation] ?? 0) + one.change;
    return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0));
  }
});

describe('a case', () => {
  const cases = anyFacts.map((facts) => {
    const set = new LogJudge([desk], generous);
    set.take(
      [...facts, aFact({ id: 'end', type: 'x', occurredAt: endOfLog })].map((fact, offset) => ({
        kind: 'fact' as const,
        fact: { ...fact, appendedAt: endOfLog },
        at: endOfLog,
        stamped: false,
        importId: null,
        offset,
      })),
    );
    return set.states();
  });

  it('is the same when it comes back from its packed form', () => {
    fc.assert(
      fc.property(cases, (states) => {
        for (const { key, state } of states) expect(unpackState(key, packState(state))).toEqual(state);
      }),
      { numRuns: 200 },
    );
  });

  it('that takes up facts after it was kept is what it would be with all of them from the start', () => {
    fc.assert(
      fc.property(cases, fc.nat(), fc.nat(), fc.constantFrom(...instants), (states, a, b, asOf) => {
        for (const { key, state } of states) {
          const [facts, corrections] = [a % (state.facts.length + 1), b % (state.corrections.length + 1)];
          const early = {
            ...state,
            facts: state.facts.slice(0, facts),
            corrections: state.corrections.slice(0, corrections),
          };
          const kept = unpackState(key, packState(early));
          const now = { at: asOf, passed: false };
          deriveSubject([desk], kept, now);
          const later = withFacts(kept, state.facts.slice(facts), state.corrections.slice(corrections));
          expect(deriveSubject([desk], later, now)).toEqual(deriveSubject([desk], state, now));
        }
      }),
      { numRuns: 200 },
    );
  });
});
