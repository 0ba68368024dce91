import { parseJsonEvent, type EventEnvelope } from '#libs/events';
import { SampleEvents } from './sample-events.js';

const NOW = Date.UTC(2026, 4, 12, 3);

function some(count: number, seed = 1): EventEnvelope[] {
  const events = new SampleEvents('run', ['A', 'B', 'C'], seed);
  return Array.from({ length: count }, () => {
    const { contract, text } = events.next(NOW);
    const parsed = parseJsonEvent(text);
    if (!parsed.ok) throw new Error(parsed.refusal.detail);
    expect(parsed.event.contractid).toBe(contract);
    return parsed.event;
  });
}

describe('sample events', () => {
  const events = some(5_000);

  it('are the same from the same seed', () => {
    expect(some(50, 7)).toEqual(some(50, 7));
    expect(some(50, 7)).not.toEqual(some(50, 8));
  });

  it('have ids of their own', () => {
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });

  it('belong to all contracts, each case to one', () => {
    const contracts = new Map<string, Set<string>>();
    for (const { subject = '', contractid = '' } of events)
      contracts.set(subject, (contracts.get(subject) ?? new Set()).add(contractid));
    expect(new Set(events.map(({ contractid }) => contractid))).toEqual(new Set(['A', 'B', 'C']));
    expect([...contracts.values()].every(({ size }) => size === 1)).toBe(true);
  });

  it('open each case first and go on later, none ahead of what is plausible', () => {
    const last = new Map<string, number>();
    for (const { subject = '', type, time } of events) {
      expect(type.endsWith('.opened')).toBe(!last.has(subject));
      expect(time).toBeGreaterThan(last.get(subject) ?? -Infinity);
      expect(time).toBeLessThan(NOW + 1_000);
      last.set(subject, time);
    }
  });

  it('report some complaints late', () => {
    const opened = events.filter(({ type }) => type === 'complaint.opened');
    const late = opened.filter(({ time }) => time < NOW).length;
    expect(late / opened.length).toBeGreaterThan(0.003);
    expect(late / opened.length).toBeLessThan(0.06);
  });
});
