import { alertData, alertRecord, HALF_GONE } from '../test/a-world.js';
import { readAlert, readKeptAlert } from './read-alert.js';

describe('an alert', () => {
  it('is read whole', () => {
    const data = alertData({ ...HALF_GONE, data: { ...HALF_GONE.data, import: 'i-1' } });
    const read = readAlert(alertRecord(data));
    if (!read.ok) throw new Error(read.problem);
    expect(read.alert).toMatchObject({
      kind: 'warning',
      incident: 'DESK-1/first-answer/T/1 一/1',
      number: 6,
      generation: 1,
      mode: 'each',
      import: 'i-1',
      warning: '50%',
      effectiveAt: Date.parse('2026-03-24T03:00:00Z'),
      decidedAt: Date.parse('2026-03-24T03:00:00.1Z'),
      verdict: {
        state: 'running',
        startedAt: Date.parse('2026-03-24T01:00:00Z'),
        stoppedAt: null,
        effectiveAt: Date.parse('2026-03-24T03:00:00Z'),
        because: { counting: 'working-time', clauses: ['5.1.2'] },
      },
      summary: null,
      feed: null,
    });
    expect(JSON.parse(read.alert.record)).toEqual(data);
  });

  it('that was kept is read as it was', () => {
    const read = readAlert(alertRecord(alertData()));
    if (!read.ok) throw new Error(read.problem);
    expect(readKeptAlert(read.alert.record)).toEqual(read.alert);
  });

  it.each([
    ['of an unknown type', { kind: 'rumour' }, {}, 'compliance.alert.rumour'],
    ['without an incident', {}, { incident: '' }, 'data.incident'],
    ['with a state nobody knows', { verdict: { state: 'lost' } }, {}, 'data.verdict.state'],
    ['with an instant that is none', {}, { decidedAt: '2026-02-30T00:00:00Z' }, '2026-02-30T00:00:00Z'],
    ['of a feed that it does not name', { kind: 'feed.silent' }, { verdict: null }, 'data.feed'],
    ['that sums up nothing', { kind: 'import-summary' }, { verdict: null }, 'data.summary'],
    ['of an act that nobody did', { kind: 'acknowledged' }, { verdict: null }, 'data.fact is missing'],
    [
      'of a silence without an end',
      { kind: 'silenced' },
      { fact: { id: 'f', at: '2026-03-24T06:30:00Z', data: { by: { name: 'Ada' }, reason: 'r', match: {} } } },
      'data.fact.data.from',
    ],
  ])('%s is refused, and why is said', (_, difference, data, word) => {
    const read = readAlert(alertRecord(alertData({ ...difference, data })));
    expect(read).toEqual({ ok: false, problem: expect.stringContaining(word) });
  });
});
