import fc from 'fast-check';
import type { Instant } from '#libs/calendar';
import type { Contract, Fact } from '#libs/contract';
import { anyFacts } from '../test/any-facts.js';
import { anyCut, endOfLog } from '../test/any-log.js';
import { aFact, at, desk, deskBehindDoor, local } from '../test/desk.js';
import { LogJudge } from '../test/judge-log.js';
import { reach } from './contract-clock.js';
import { newContractMemory } from './contract-memory.js';
import { versionsOf } from './contract-versions.js';
import { evaluateFacts } from './fact-set.js';
import type { JudgeItem } from './judge-item.js';
import { verdictId } from './to-record.js';

const generous = { firings: 1_000, heldStates: 20_000 };

function judge(...items: readonly JudgeItem[]): LogJudge {
  const one = new LogJudge([deskBehindDoor], generous);
  one.take(items);
  while (one.sweep());
  return one;
}

const tick = (when: string): JudgeItem => ({ kind: 'tick', at: at(when), offset: 0 });

/** A watermark of the door `shop` that says it has read up to an instant; appended at once unless said otherwise. */
function watermark(through: string, appended = through, door = 'shop'): JudgeItem {
  return { kind: 'watermark', door, through: at(through), at: at(appended), offset: 0 };
}

function live(fact: Fact): JudgeItem {
  return { kind: 'fact', fact, at: fact.appendedAt, stamped: false, importId: null, offset: 0 };
}

/** A fact that came through the door when it happened, and reached the stream then or later. */
function byDoor(fact: Fact, arrived: Instant = fact.appendedAt): JudgeItem {
  return { kind: 'fact', fact, at: arrived, stamped: true, importId: null, offset: 0 };
}

const opened = aFact({
  id: 'o',
  type: 'ticket.opened',
  occurredAt: at('03-02 10:00'),
  data: { urgency: 'urgent' },
});
const answered = aFact({ id: 'a', type: 'ticket.answered', occurredAt: at('03-02 10:20') });

const told = (one: LogJudge): string[] =>
  one.decisions
    .filter(({ verdict }) => verdict.obligation === 'answer')
    .map(({ type, effectiveAt }) => `${type.replace('compliance.', '')} ${local(effectiveAt)}`);

describe('the clock of a contract whose facts come through a door', () => {
  it.each<[string, JudgeItem[], string]>([
    ['stands before the first watermark', [tick('03-02 09:00')], '-'],
    ['goes with a watermark', [watermark('03-02 09:00')], '03-02 09:00'],
    ['passes no watermark, whatever time the log says', [watermark('03-02 09:00'), tick('03-02 12:00')], '03-02 09:00'],
    [
      'goes no further than the append time of a watermark',
      [watermark('03-02 12:00', '03-02 09:00'), tick('03-02 12:00')],
      '03-02 09:00',
    ],
    ['is not freed by other doors', [watermark('03-02 09:00', '03-02 09:00', 'other'), tick('03-02 09:30')], '-'],
    ['does not go back', [watermark('03-02 09:00'), watermark('03-02 08:00', '03-02 09:01')], '03-02 09:00'],
    ['is not moved by what came through the door', [watermark('03-02 09:00'), byDoor(opened)], '03-02 09:00'],
    ['stands still for live facts, too', [watermark('03-02 09:00'), live(opened)], '03-02 09:00'],
  ])('%s', (_, items, expected) => {
    expect(local(judge(...items).clock)).toBe(expected);
  });

  it('that waits for another door, or none, takes a watermark for a sign of time', () => {
    const one = new LogJudge([desk], generous);
    one.take([watermark('03-02 09:00', '03-02 09:05')]);
    expect(local(one.clock)).toBe('03-02 09:05');
  });

  it('fires a deadline when the watermark has passed it', () => {
    const before = [watermark('03-02 10:05'), byDoor(opened), watermark('03-02 10:30'), tick('03-02 18:00')];
    expect(told(judge(...before))).toEqual([
      'verdict.opened 03-02 10:00',
      'deadline.warned 03-02 10:15',
      'deadline.warned 03-02 10:24',
    ]);
    expect(told(judge(...before, watermark('03-02 10:31'))).slice(3)).toEqual(['breach.declared 03-02 10:30']);
  });

  it('waits for an answer that stands in the door, however long', () => {
    const late = at('03-02 10:45');
    const still = [watermark('03-02 10:05'), byDoor(opened), tick('03-02 10:45'), byDoor(answered, late)];
    expect(told(judge(...still, watermark('03-02 10:46'))).at(-1)).toBe('verdict.met 03-02 10:20');
    expect(told(judge(...still, watermark('03-02 10:46'))).join()).not.toContain('breach');
  });

  it('takes what happened while the door stood still for plausible, however early its stamp', () => {
    const refused = (source: string, arrived: string): string[] => {
      const fact = { ...opened, source, appendedAt: at('03-02 09:40') };
      return judge(byDoor(fact, at(arrived))).outcomes.flatMap((one) =>
        one.refused.map(({ refusal }) => refusal.reason),
      );
    };
    expect(refused('/desk', '03-02 10:01')).toEqual([]);
    expect(refused('/desk', '03-02 09:54')).toEqual(['TIME_IMPLAUSIBLE']);
    expect(refused('/post', '03-02 10:01')).toEqual(['TIME_IMPLAUSIBLE']);
  });

  it('goes to the watermark at the end of an import, and by its records before', () => {
    const history = { contract: desk.id, importId: 'I', offset: 0 };
    const begun: JudgeItem = { kind: 'import-begun', alerts: 'summary', at: at('03-02 12:00'), ...history };
    const completed: JudgeItem = { kind: 'import-completed', at: at('03-02 12:01'), ...history };
    const imported: JudgeItem = { ...byDoor(opened, at('03-02 12:00')), importId: 'I' } as JudgeItem;
    expect(local(judge(begun, imported, watermark('03-02 11:00', '03-02 12:00')).clock)).toBe('03-02 10:00');
    expect(local(judge(begun, imported, watermark('03-02 11:00', '03-02 12:00'), completed).clock)).toBe('03-02 11:00');
  });

  it('is held in the time of a version by the doors which that version names', () => {
    const between = at('03-02 12:00');
    const later = { ...desk, version: 2, inForceFrom: between };
    const memory = newContractMemory(desk.id);
    const held = (first: Contract, second: Contract, mark: string, to: string): string => {
      memory.versions = versionsOf([first, second]);
      memory.doors.set('shop', at(mark));
      return local(reach(memory, at(to)));
    };
    expect(held(deskBehindDoor, later, '03-02 11:00', '03-02 13:00')).toBe('03-02 11:00');
    expect(held(deskBehindDoor, later, '03-02 12:00', '03-02 13:00')).toBe('03-02 13:00');
    const doorLater = { ...deskBehindDoor, version: 2, inForceFrom: between };
    expect(held(desk, doorLater, '03-02 11:00', '03-02 11:30')).toBe('03-02 11:30');
    expect(held(desk, doorLater, '03-02 11:00', '03-02 13:00')).toBe('03-02 12:00');
  });
});

/** Facts of the desk through the door, late in the stream, others live; watermarks never ahead of what waits in the door. */
const anyDoorLog = fc
  .tuple(
    anyFacts,
    fc.array(fc.record({ late: fc.nat(6 * 3_600_000), came: fc.nat(3_600_000) }), { minLength: 32, maxLength: 32 }),
    fc.array(fc.nat(14 * 24 * 60), { maxLength: 12 }),
  )
  .map(([facts, ways, beats]) => {
    const begin = at('03-02 00:00');
    const items = facts.map((fact, index) => {
      const { late, came } = ways[index]!;
      const appendedAt = fact.occurredAt + came;
      return fact.source === '/desk'
        ? byDoor({ ...fact, appendedAt }, appendedAt + late)
        : live({ ...fact, appendedAt });
    });
    const marks = beats.map((minutes): JudgeItem => {
      const now = begin + minutes * 60_000;
      const waiting = items.flatMap((item) =>
        item.kind === 'fact' && item.stamped && item.at >= now && item.fact.appendedAt < now
          ? [item.fact.appendedAt]
          : [],
      );
      return { kind: 'watermark', door: 'shop', through: Math.min(now, ...waiting), at: now, offset: 0 };
    });
    const end: JudgeItem = { kind: 'watermark', door: 'shop', through: endOfLog, at: endOfLog, offset: 0 };
    return [...[...items, ...marks].sort((a, b) => a.at - b.at), end].map((item, offset) => ({ ...item, offset }));
  });

function standing(one: LogJudge): string[] {
  const found = new Map<string, string>();
  for (const { type, verdict } of one.decisions) {
    if (type === 'compliance.deadline.warned') continue;
    const { state, startedAt, dueAt, stoppedAt } = verdict;
    if (state === 'withdrawn') found.delete(verdictId(verdict));
    else found.set(verdictId(verdict), [state, startedAt, dueAt, stoppedAt].join(' '));
  }
  return [...found].map((pair) => pair.join(' ')).sort();
}

describe('a record of which only its sender says when it was appended', () => {
  const bySender = (fact: Fact, when: string): JudgeItem => ({
    ...{ kind: 'fact', fact: { ...fact, appendedAt: at(when) }, at: at(when) },
    ...{ stamped: false, timeOfSender: true, importId: null, offset: 0 },
  });
  const asked = aFact({ id: 'p', type: 'ticket.opened', subject: 'T-2', occurredAt: at('03-02 10:01') });

  it.each([1_000, 1])('moves no clock: no deadline passes before an answer in time (%i firings a save)', (firings) => {
    const one = new LogJudge([desk], { ...generous, firings });
    one.take([live(opened), live(asked), tick('03-02 10:02')]);
    one.take([bySender({ ...asked, id: 'q', subject: 'T-3' }, '03-31 10:00')]);
    expect(local(one.clock)).toBe('03-02 10:02');
    one.take([bySender(answered, '03-02 10:20'), tick('03-02 18:00')]);
    const outcome = one.decisions.filter(({ verdict }) => verdict.subject === opened.subject).map(({ type }) => type);
    expect(outcome).toContain('compliance.verdict.met');
    expect(outcome).not.toContain('compliance.breach.declared');
  });
});

describe('a log with a door', () => {
  it('leads to the same decisions however it is cut, and whoever takes over', () => {
    const cutLog = anyDoorLog.chain((log) =>
      fc.record({
        log: fc.constant(log),
        batches: anyCut(log),
        firings: fc.constantFrom(1, 2, 1_000),
        heldStates: fc.constantFrom(0, 3, 20_000),
        takeovers: fc.infiniteStream(fc.boolean()),
      }),
    );
    fc.assert(
      fc.property(cutLog, ({ log, batches, takeovers, ...limits }) => {
        const whole = judge(...log);
        const cut = new LogJudge([deskBehindDoor], limits);
        for (const batch of batches) {
          cut.take(batch);
          if (takeovers.next().value) cut.takeOver();
        }
        while (cut.sweep());
        expect(cut.decisions).toEqual(whole.decisions);
        expect(cut.tables()).toEqual(whole.tables());
        const feeds = (one: LogJudge) => one.outcomes.flatMap((outcome) => outcome.feeds);
        expect(feeds(cut)).toEqual(feeds(whole));
      }),
      { numRuns: 80 },
    );
  });

  it('leads to the verdicts of its facts, whatever waited in the door', () => {
    fc.assert(
      fc.property(anyDoorLog, (log) => {
        const one = judge(...log);
        const accepted = one.outcomes.flatMap(({ facts }) => facts).map(({ fact }) => fact);
        const derived = evaluateFacts([deskBehindDoor], accepted, endOfLog).map(({ verdict }) => {
          const { state, startedAt, dueAt, stoppedAt } = verdict;
          return [verdictId(verdict), state, startedAt, dueAt, stoppedAt].join(' ');
        });
        expect(standing(one)).toEqual(derived.sort());
      }),
      { numRuns: 80 },
    );
  });

  it('declares no breach that an answer waiting in the door disproves', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 * 60_000 }), fc.nat(10 * 3_600_000), (after, late) => {
        const answer = aFact({ id: 'a', type: 'ticket.answered', occurredAt: opened.occurredAt + after });
        const arrived = answer.appendedAt + late;
        const items: JudgeItem[] = [
          { kind: 'watermark', door: 'shop', through: opened.occurredAt, at: opened.occurredAt, offset: 0 },
          byDoor(opened),
          { kind: 'tick', at: arrived, offset: 0 },
          byDoor(answer, arrived),
          { kind: 'watermark', door: 'shop', through: endOfLog, at: endOfLog, offset: 0 },
        ];
        expect(told(judge(...items)).filter((one) => one.includes('breach'))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a silent feed', () => {
  const alive = (id: string, when: string): JudgeItem =>
    live(aFact({ id, type: 'source.alive', source: '/phone', occurredAt: at(when) }));
  const changes = (...items: JudgeItem[]): string[] =>
    judge(...items)
      .outcomes.flatMap(({ feeds }) => feeds)
      .map(({ feed, silent, since }) => `${feed.kind} ${feed.name} ${silent ? 'silent' : 'heard'} ${local(since)}`);

  const began = [watermark('03-02 09:00'), alive('h1', '03-02 09:00')];

  it.each<[string, JudgeItem[], string[]]>([
    ['is none within a minute', [tick('03-02 09:01')], []],
    ['is a door without a watermark for longer', [tick('03-02 09:01:01')], ['door shop silent 03-02 09:00']],
    [
      'is told once',
      [tick('03-02 09:02'), tick('03-02 09:03'), alive('h2', '03-02 09:04')],
      ['door shop silent 03-02 09:00'],
    ],
    [
      'does not end by a time of the log that goes back',
      [tick('03-02 09:02'), tick('03-02 09:00:30')],
      ['door shop silent 03-02 09:00'],
    ],
    [
      'ends with a watermark that is fresh',
      [tick('03-02 09:02'), watermark('03-02 09:00:30', '03-02 09:03'), watermark('03-02 09:04')],
      ['door shop silent 03-02 09:00', 'door shop heard 03-02 09:00'],
    ],
    [
      'is a source whose heartbeat is missing for three periods',
      [watermark('03-02 09:15'), watermark('03-02 09:15:01'), alive('h2', '03-02 09:15:30')],
      ['source /phone silent 03-02 09:00', 'source /phone heard 03-02 09:00'],
    ],
    ['is shown by a live fact as well', [alive('h2', '03-02 09:05')], ['door shop silent 03-02 09:00']],
  ])('%s', (_, items, expected) => {
    expect(changes(...began, ...items)).toEqual(expected);
  });
});
