import { aSession } from '../test/a-session.js';
import { aFactItem, judged } from '../test/judged.js';
import { labContract } from '../test/lab-contract.js';
import { decisionMessage } from './decision-message.js';
import { toSave } from './to-save.js';

const RECORDED = Date.parse('2026-03-02T02:00:00.250Z');

it('a decision is told the same from what was just judged and from its row alone', () => {
  const session = aSession([labContract('LAB-1')], { generation: 3 });
  const outcome = judged(session, [aFactItem({ time: RECORDED, subject: '样品/7' })]);
  const { decisions, outbox } = toSave(session, outcome, {
    records: new Map(),
    strays: [],
    recordedAt: RECORDED,
    toOffset: 1,
    toSlice: 0,
    last: null,
  });
  expect(outbox).toHaveLength(1);
  expect(outbox).toEqual(decisions.map((row) => decisionMessage(row, RECORDED)));
  expect(outbox[0]).toMatchObject({
    topic: 'compliance.decisions',
    key: 'LAB-1',
    decisionNumber: 1,
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: 'LAB-1/3/1',
      ce_type: 'compliance.verdict.opened',
      ce_subject: 'LAB-1/answer/样品/7/1',
      ce_time: '2026-03-02T02:00:00.25Z',
      ce_contractid: 'LAB-1',
    },
    value: decisions[0]!.record,
  });
});
