import fc from 'fast-check';
import type { Contract, Fact } from '#libs/contract';
import { anyFacts } from '../test/any-facts.js';
import { anyCut, endOfLog } from '../test/any-log.js';
import { at, desk, deskOnLine, facts, local } from '../test/desk.js';
import { LogJudge } from '../test/judge-log.js';
import { explain } from './explain.js';
import { FactSet, evaluateFacts } from './fact-set.js';
import type { JudgeItem } from './judge-item.js';
import { toStandardRecord } from './judge-standard.js';
import { verdictId } from './to-record.js';

const limits = { firings: 1_000, heldStates: 20_000 };
const onLine = deskOnLine();

function live(fact: Fact): JudgeItem {
  return { kind: 'fact', fact, at: fact.appendedAt, stamped: false, importId: null, offset: 0 };
}

const tick = (when: string): JudgeItem => ({ kind: 'tick', at: at(when), offset: 0 });

/** Lines of facts, and `tick 03-02 10:00` between them. */
function log(lines: readonly string[], contract: Contract): JudgeItem[] {
  const told = facts(
    lines.filter((line) => !line.startsWith('tick')),
    contract,
  );
  return lines.map((line) => (line.startsWith('tick') ? tick(line.slice(5)) : live(told.shift()!)));
}

function judged(lines: readonly string[], contract = onLine): LogJudge {
  const judge = new LogJudge([contract], limits);
  for (const item of log(lines, contract)) {
    judge.take([item]);
    while (judge.sweep());
  }
  return judge;
}

function stored(judge: LogJudge): Fact[] {
  return judge.outcomes.flatMap((outcome) => outcome.facts.map(({ fact }) => fact));
}

/** What holds of a clock in the end, on the stream; the stored facts judged anew must say the same. */
function stateOf(judge: LogJudge, obligation: string, contract = onLine): string {
  const key = ({ obligation: of, instance }: { obligation: string; instance: number }) => `${of}/${instance}`;
  const recorded = judge
    .states()
    .flatMap(({ state }) => state.recorded)
    .map((one) => [key(one), one.state]);
  const anew = evaluateFacts([contract], stored(judge), judge.clock!).map(({ verdict }) => [
    key(verdict),
    verdict.state,
  ]);
  expect(recorded.sort()).toEqual(anew.sort());
  return new Map(recorded as [string, string][]).get(`${obligation}/1`) ?? 'none';
}

const told = (judge: LogJudge, obligation: string): string[] =>
  judge.decisions
    .filter(({ verdict }) => verdict.obligation === obligation)
    .map(({ type, effectiveAt }) => `${type.replace('compliance.', '')} ${local(effectiveAt)}`);

// The answer to an urgent ticket is due at 10:30; without a sign of life for a quarter of an hour the desk is silent.
const opened = ['03-02 10:00 ticket.opened urgency=urgent', '03-02 10:05 source.alive'];
const silent = [...opened, 'tick 03-02 10:21', 'tick 03-02 10:31'];
const heard = [...silent, '03-02 11:00 source.alive'];

describe('a clock that runs out while its source is silent', () => {
  it.each<[string, readonly string[], string]>([
    ['is unknown', silent, 'unknown'],
    [
      'is broken where the source had spoken as promised',
      [...opened, '03-02 10:19 source.alive', 'tick 03-02 10:31'],
      'breached',
    ],
    ['runs on as long as it is not due', [...opened, 'tick 03-02 10:30'], 'running'],
    ['stays unknown when the source only speaks again', heard, 'unknown'],
    [
      'is broken once the source says that it has sent all',
      [...silent, '03-02 11:00 source.alive completeSince=2026-03-02T10:05:00+08:00'],
      'breached',
    ],
    [
      'is broken also where it says so later',
      [...heard, '03-02 12:00 source.alive completeSince=2026-03-02T10:00:00+08:00'],
      'breached',
    ],
    [
      'stays unknown where that tells of later only',
      [...silent, '03-02 11:00 source.alive completeSince=2026-03-02T10:31:00+08:00'],
      'unknown',
    ],
    [
      'is broken where that tells of its own due instant',
      [...silent, '03-02 11:00 source.alive completeSince=2026-03-02T10:30:00+08:00'],
      'breached',
    ],
    [
      'stays unknown where it had said so before the due instant',
      [...silent, '03-02 10:20 source.alive completeSince=2026-03-02T10:05:00+08:00 came=03-02T11:00'],
      'unknown',
    ],
    [
      'is met when the answer of that time comes late',
      [...silent, '03-02 10:25 ticket.answered came=03-02T11:00'],
      'met',
    ],
    ['is broken when a late answer comes', [...silent, '03-02 11:00 ticket.answered'], 'breached'],
  ])('%s', (_, lines, state) => {
    expect(stateOf(judged(lines), 'answer')).toBe(state);
  });

  it('is broken for good where it ran out before the silence, and where another source answers', () => {
    const early = ['03-02 10:00 ticket.opened urgency=urgent', '03-02 10:30:01 source.alive', 'tick 03-02 11:00'];
    expect(stateOf(judged(early), 'answer')).toBe('breached');
    const others = deskOnLine(', sends: [ticket.waiting, order.shipped]');
    expect(stateOf(judged(silent, others), 'answer', others)).toBe('breached');
    const own = deskOnLine(', sends: [ticket.waiting, ticket.solved]');
    expect(stateOf(judged(silent, own), 'answer', own)).toBe('unknown');
  });

  it('is taken back where its breach was told before the silence showed, and told again when the gap is filled', () => {
    const lines = [...opened, 'tick 03-02 10:31', '03-02 11:00 source.alive completeSince=2026-03-02T10:05:00+08:00'];
    // The tick fires the deadline first; what it shows of the feed comes after.
    expect(told(judged(lines), 'answer').slice(-3)).toEqual([
      'breach.declared 03-02 10:30',
      'breach.withdrawn 03-02 10:30',
      'breach.reinstated 03-02 10:30',
    ]);
    expect(told(judged(silent), 'answer').at(-1)).toBe('verdict.unknown 03-02 10:30');
  });

  it('is broken where a correction makes a sign of life say that all is sent', () => {
    const says = 'data={"completeSince":"2026-03-02T10:05:00+08:00"}';
    const corrected = [...heard, `03-02 12:00 fact.corrected corrects=f3 action=replace ${says}`];
    expect(stateOf(judged(corrected), 'answer')).toBe('breached');
  });

  it('keeps of a source that says again and again that it has sent all only what fills a gap', () => {
    const says = (when: string) => `03-02 ${when} source.alive completeSince=2026-03-02T10:05:00+08:00`;
    const judge = judged([...opened, says('10:10'), ...silent.slice(2), says('11:00'), says('11:05'), says('11:10')]);
    expect(stateOf(judge, 'answer')).toBe('breached');
    const feed = judge.states().find(({ key }) => key === 'feed://desk');
    expect(feed?.state.facts.map(({ id, type }) => (type === 'source.alive' ? id : type))).toEqual([
      'feed.silent',
      'feed.heard',
      'f4',
    ]);
  });

  it('says which silence leaves it unknown', () => {
    const judge = judged(heard);
    const [answer] = evaluateFacts([onLine], stored(judge), judge.clock!).map(({ verdict }) => verdict);
    expect(answer!.because.gaps).toMatchObject([
      { source: '/desk', from: '2026-03-02T02:05:00Z', to: '2026-03-02T03:00:00Z', countsAs: 'unknown' },
    ]);
    expect(explain(answer!, onLine, 'en')).toContain(
      '/desk was silent from 2 March 2026, 10:05 to 2 March 2026, 11:00',
    );
    expect(explain(answer!, onLine, 'zh-CN')).toContain('/desk 自 2026年3月2日 10:05 起至 2026年3月2日 11:00 没有消息');
  });

  it('is broken where a later version, by which the source promises nothing, was in force when it ran out', () => {
    const judge = judged(silent);
    const outcome = (from: string) => {
      const versions = [onLine, { ...desk, version: 2, inForceFrom: at(from) }] as const;
      const all = evaluateFacts(versions, stored(judge), judge.clock!);
      return all.find(({ verdict }) => verdict.obligation === 'answer')!.verdict.state;
    };
    expect([outcome('03-02 10:30'), outcome('03-02 10:31')]).toEqual(['breached', 'unknown']);
  });

  it('owes no sign of life in what an import fills in', () => {
    const bracket = { contract: onLine.id, importId: 'I-1', offset: 0 };
    const history = facts([...opened, '03-02 12:00 ticket.solved'], onLine).map(
      (fact): JudgeItem => ({ ...live(fact), at: at('03-05 09:00'), stamped: true, importId: 'I-1' }) as JudgeItem,
    );
    const judge = new LogJudge([onLine], limits);
    judge.take([
      tick('03-05 08:00'),
      { kind: 'import-begun', alerts: 'summary', at: at('03-05 09:00'), ...bracket },
      ...history,
      { kind: 'import-completed', at: at('03-05 10:00'), ...bracket },
      tick('03-05 10:15'),
    ]);
    while (judge.sweep());
    expect(stateOf(judge, 'answer')).toBe('breached');
    expect(stored(judge).map(({ type }) => type)).not.toContain('feed.silent');
    judge.take([tick('03-05 10:16')]);
    expect(stored(judge).at(-1)).toMatchObject({ type: 'feed.silent', data: { since: '2026-03-05T02:00:00Z' } });
  });

  it('is the same on the stream as for the stored facts, however the log is cut and whoever takes over', () => {
    const beats = fc.array(
      fc.record({
        minute: fc.integer({ min: 0, max: 20_000 }),
        late: fc.constantFrom(0, 0, 0, 45),
        complete: fc.option(fc.integer({ min: 0, max: 3_000 }), { nil: undefined }),
      }),
      { maxLength: 12 },
    );
    const anyHeard = fc
      .tuple(anyFacts, beats)
      .map(([some, heartbeats]) => {
        const start = at('03-02 00:00');
        const signs = heartbeats.map(({ minute, late, complete }, i) => {
          const occurredAt = start + minute * 60_000;
          const data =
            complete === undefined ? {} : { completeSince: new Date(occurredAt - complete * 60_000).toISOString() };
          const [fact] = facts([`03-02 00:00 source.alive id=h${i}`], onLine);
          return { ...fact!, occurredAt, appendedAt: occurredAt + late * 60_000, data, contentHash: `h${i}` };
        });
        const records = [...some, ...signs].map(live).sort((a, b) => a.at - b.at);
        return [...records, { kind: 'tick', at: endOfLog, offset: 0 } satisfies JudgeItem];
      })
      .chain((records) => fc.record({ batches: anyCut(records), sweepEvery: fc.integer({ min: 1, max: 4 }) }));
    fc.assert(
      fc.property(anyHeard, fc.boolean(), ({ batches, sweepEvery }, takesOver) => {
        const judge = new LogJudge([onLine], { firings: 3, heldStates: 2 });
        batches.forEach((batch, i) => {
          judge.take(batch);
          if (takesOver && i % 3 === 0) judge.takeOver();
          if (i % sweepEvery === 0) judge.sweep();
        });
        while (judge.sweep());
        const standing = judge
          .states()
          .flatMap(({ key, state }) =>
            state.recorded
              .filter((one) => one.state !== 'withdrawn')
              .map((one) => `${one.obligation}/${key.slice(key.indexOf('/') + 1)}/${one.instance} ${one.state}`),
          );
        const anew = evaluateFacts([onLine], stored(judge), judge.clock!).map(
          ({ verdict }) => `${verdictId(verdict).slice(onLine.id.length + 1)} ${verdict.state}`,
        );
        expect(standing.sort()).toEqual(anew.sort());
      }),
      { numRuns: 150, seed: 20_260_302 },
    );
  });
});

describe('what is unknown', () => {
  const standards = `
standards:
  answered-in-time:
    clauses: ['1']
    party: provider
    every: month
    measure: { figure: share-met, instancesOf: answer, placedBy: start, undecided: leave-out }
    target: at least 90%
`;

  function outcome(source: string, lines: readonly string[]) {
    const contract = deskOnLine(source, standards);
    const set = new FactSet([contract]);
    for (const fact of stored(judged(lines, contract))) set.add(fact);
    const judgement = set.judge(at('04-01 00:00'));
    const march = judgement.standards.map(toStandardRecord).find(({ period }) => period === '2026-03')!;
    const { state, denominator, because } = march;
    return {
      state,
      denominator,
      gaps: because.gaps?.length ?? 0,
      breaches: judgement.breaches.filter(({ rule }) => rule === 'answer').length,
    };
  }

  const filled = [...silent, '03-02 11:00 source.alive completeSince=2026-03-02T10:05:00+08:00'];

  it.each([
    [
      'leaves the standard of the period unknown too, and is no breach',
      '',
      heard,
      { state: 'unknown', denominator: '0', gaps: 1, breaches: 0 },
    ],
    [
      'counts as not kept where the contract says so',
      ', whenSilent: not-kept',
      heard,
      { state: 'missed', denominator: '1', gaps: 1, breaches: 1 },
    ],
    [
      'leaves nothing behind once the gap is filled',
      '',
      filled,
      { state: 'missed', denominator: '1', gaps: 0, breaches: 1 },
    ],
  ])('%s', (_, source, lines, expected) => {
    expect(outcome(source, lines)).toEqual(expected);
  });
});
