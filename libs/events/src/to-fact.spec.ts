import { contentHash, toFact, type EventEnvelope } from './index.js';
import type { Contract, EventType } from '#libs/contract';

const instant = (text: string) => Date.parse(text);

const opened: EventType = {
  type: 'case.opened',
  title: { 'zh-CN': '', en: '' },
  needsSubject: true,
  refuse: (data) => (data.priority === undefined ? 'data.priority is missing' : undefined),
  schema: {},
  feeds: [],
  fieldsRead: ['priority'],
};

const contract = {
  id: 'K-2026',
  term: {
    from: instant('2026-01-01T00:00:00Z'),
    to: instant('2027-01-01T00:00:00Z'),
    plausibleFrom: instant('2025-01-01T00:00:00Z'),
    survivesUntil: instant('2030-01-01T00:00:00Z'),
  },
  sources: new Map(),
  vocabulary: { correction: 'fact.mended', heartbeat: 'alive' },
  eventTypes: new Map([
    ['case.opened', opened],
    ['fact.mended', { ...opened, type: 'fact.mended', refuse: () => undefined }],
    ['alive', { ...opened, type: 'alive', refuse: () => undefined }],
  ]),
} as unknown as Contract;

const time = instant('2026-03-20T02:00:00Z');
const ordinary: EventEnvelope = {
  id: 'e-1',
  source: '/platform/desk',
  type: 'case.opened',
  subject: 'K-1',
  time,
  timeText: '2026-03-20T10:00:00+08:00',
  data: { priority: 'high' },
  extensions: {},
};
const without = (name: 'subject') =>
  Object.fromEntries(Object.entries(ordinary).filter(([key]) => key !== name)) as unknown as EventEnvelope;
const read = (event: Partial<EventEnvelope>, ...rest: [appendedAt?: number, mode?: 'online' | 'offline']) => {
  const result = toFact({ ...ordinary, ...event }, contract, rest[0] ?? time, rest[1]);
  return result.ok ? result.fact : result.refusal;
};

describe('a fact', () => {
  it('is what the event says, attributed to the contract', () => {
    expect(read({ sequence: '4' }, time + 1)).toEqual({
      contract: 'K-2026',
      source: '/platform/desk',
      id: 'e-1',
      type: 'case.opened',
      subject: 'K-1',
      occurredAt: time,
      appendedAt: time + 1,
      sequence: '4',
      data: { priority: 'high' },
      contentHash: contentHash({ type: 'case.opened', subject: 'K-1', time, data: { priority: 'high' } }),
    });
  });

  it('of a type that the contract does not know is accepted as it is', () => {
    expect(toFact({ ...without('subject'), type: 'unheard.of', data: {} }, contract, time)).toMatchObject({ ok: true });
  });

  it('needs a subject unless it is a heartbeat or a correction', () => {
    expect(toFact(without('subject'), contract, time)).toMatchObject({
      refusal: {
        reason: 'SCHEMA',
        detail: "subject is missing (needed by type 'case.opened')",
        id: 'e-1',
        contract: 'K-2026',
      },
    });
    expect(toFact({ ...without('subject'), type: 'alive' }, contract, time).ok).toBe(true);
    expect(
      toFact(
        { ...without('subject'), type: 'fact.mended', data: { corrects: 'x', action: 'withdraw' } },
        contract,
        time,
      ).ok,
    ).toBe(true);
  });

  it('is refused in the words of its type', () => {
    expect(read({ data: {} })).toMatchObject({ reason: 'SCHEMA', detail: 'data.priority is missing' });
  });

  it.each([
    ['2024-12-31T23:59:59.999Z', false],
    ['2025-01-01T00:00:00Z', true],
    ['2030-01-01T00:00:00Z', true],
    ['2030-01-01T00:00:00.001Z', false],
  ])('of %s is plausible: %s', (timeText, plausible) => {
    const at = instant(timeText);
    expect('contentHash' in read({ time: at, timeText }, at)).toBe(plausible);
    if (!plausible)
      expect(read({ time: at, timeText }, at)).toMatchObject({
        reason: 'TIME_IMPLAUSIBLE',
        detail: expect.stringContaining(timeText),
      });
  });

  it('may be five minutes ahead of its arrival online, and any time ahead offline', () => {
    expect(read({}, time - 300_000)).toHaveProperty('contentHash');
    expect(read({}, time - 300_001)).toMatchObject({ reason: 'TIME_IMPLAUSIBLE' });
    expect(read({}, time - 300_001, 'offline')).toHaveProperty('contentHash');
  });
});

describe('a correction', () => {
  const correct = (data: EventEnvelope['data']) => read({ type: 'fact.mended', data });

  it.each<[EventEnvelope['data']]>([
    [{ corrects: 'a', action: 'withdraw' }],
    [{ corrects: 'a', action: 'withdraw', data: 5 }],
    [{ corrects: 'a', source: '/x', action: 'replace', data: { p: 1 } }],
  ])('%j is accepted', (data) => {
    expect(correct(data)).toHaveProperty('contentHash');
  });

  it.each<[EventEnvelope['data'], RegExp]>([
    [{ action: 'withdraw' }, /^data\.corrects is missing/],
    [{ corrects: 5, action: 'withdraw' }, /^data\.corrects is not a string: 5/],
    [{ corrects: 'a' }, /^data\.action is missing/],
    [{ corrects: 'a', action: 'delete' }, /^data\.action is not allowed: "delete" \(allowed: withdraw, replace\)/],
    [{ corrects: 'a', action: 'replace' }, /^data\.data is missing/],
    [{ corrects: 'a', action: 'replace', data: [] }, /^data\.data is not an object/],
    [{ corrects: 'a', source: '', action: 'withdraw' }, /^data\.source/],
    [{ corrects: 'a'.repeat(257), action: 'withdraw' }, /^data\.corrects has 257 characters \(allowed: 256,/],
    [{ corrects: 'a', source: '中'.repeat(342), action: 'withdraw' }, /^data\.source has 1026 bytes \(allowed: 1024,/],
  ])('%j is refused', (data, detail) => {
    expect(correct(data)).toMatchObject({ reason: 'SCHEMA', detail: expect.stringMatching(detail) });
  });
});
