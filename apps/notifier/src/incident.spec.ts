import type { IncidentRow } from '#libs/store';
import {
  aContract,
  alertData,
  alertRecord,
  ANSWERED_LATE,
  HALF_GONE,
  WITHDRAWN,
  type AlertDifference,
} from '../test/a-world.js';
import { changeIncident } from './incident.js';
import { readAlert } from './read-alert.js';

const contract = aContract();

function after(...differences: AlertDifference[]): IncidentRow | undefined {
  return differences.reduce<IncidentRow | undefined>((before, difference) => {
    const read = readAlert(alertRecord(alertData(difference, contract)));
    if (!read.ok) throw new Error(read.problem);
    return changeIncident(before, read.alert, contract);
  }, undefined);
}

const fact = (data: object) => ({ id: 'f-1', at: '2026-03-24T07:00:00Z', data });
const ACKNOWLEDGED: AlertDifference = {
  kind: 'acknowledged',
  data: { verdict: null, fact: fact({ by: { name: '陈晨' }, note: null }) },
};
const escalation = (run: number, step = 1): AlertDifference => ({
  kind: 'escalation',
  data: { verdict: null, fact: fact({ route: 'r', run, step }) },
});
const MATERIAL: AlertDifference = {
  kind: 'revision',
  because: { material: { since: '2026-03-25T06:30:00Z', notice: { source: '/desk', id: 'n' } } },
};
const RESOLVED: AlertDifference = { kind: 'resolved', number: 9, verdict: { state: 'met' } };

describe('an incident', () => {
  it.each<[string, AlertDifference[], string, string, number]>([
    ['opens with a warning', [HALF_GONE], 'open', 'warning', 1],
    ['opens with a breach', [{}], 'open', 'breach', 1],
    ['is acknowledged', [{}, ACKNOWLEDGED], 'acknowledged', 'breach', 1],
    ['is acknowledged once', [{}, ACKNOWLEDGED, ACKNOWLEDGED], 'acknowledged', 'breach', 1],
    ['is escalated while nobody acknowledges', [{}, escalation(1)], 'escalated', 'breach', 1],
    ['is acknowledged after it was escalated', [{}, escalation(1), ACKNOWLEDGED], 'acknowledged', 'breach', 1],
    ['is not escalated once somebody has acknowledged', [{}, ACKNOWLEDGED, escalation(1)], 'acknowledged', 'breach', 1],
    [
      'needs a new acknowledgement when the warning becomes a breach',
      [HALF_GONE, ACKNOWLEDGED, {}],
      'open',
      'breach',
      2,
    ],
    [
      'needs a new acknowledgement when the breach becomes material',
      [{}, ACKNOWLEDGED, MATERIAL],
      'open',
      'critical',
      2,
    ],
    ['is not escalated by a step of an earlier run', [HALF_GONE, {}, escalation(1)], 'open', 'breach', 2],
    ['stays acknowledged when the same breach is told again', [{}, ACKNOWLEDGED, {}], 'acknowledged', 'breach', 1],
    ['is resolved when the duty is done at last', [{}, ANSWERED_LATE], 'resolved', 'breach', 1],
    ['is resolved when what was warned of was done in time', [HALF_GONE, RESOLVED], 'resolved', 'warning', 1],
    ['is withdrawn with its breach', [{}, ACKNOWLEDGED, WITHDRAWN], 'withdrawn', 'breach', 1],
    ['opens anew with a breach that is reinstated', [{}, ACKNOWLEDGED, WITHDRAWN, {}], 'open', 'breach', 2],
    ['is not acknowledged when it is over', [{}, WITHDRAWN, ACKNOWLEDGED], 'withdrawn', 'breach', 1],
  ])('%s', (_, alerts, state, severity, run) => {
    expect(after(...alerts)).toMatchObject({ state, severity, run, incident: 'DESK-1/first-answer/T/1 一/1' });
  });

  it('names the duty, its clause, who owes it, and who acknowledged when', () => {
    expect(after({}, ACKNOWLEDGED)).toMatchObject({
      rule: 'first-answer',
      clause: '5.1.2',
      party: 'provider',
      subject: 'T/1 一',
      acknowledged: { by: '陈晨', at: Date.parse('2026-03-24T07:00:00Z'), note: null },
    });
  });

  it('is none before it has opened', () => {
    expect([after(ACKNOWLEDGED), after(escalation(1)), after(WITHDRAWN)]).toEqual([undefined, undefined, undefined]);
  });
});
