import { loadContract } from '../load-contracts.js';
import { evaluateLines } from '../evaluate-lines.js';
import { loadCalendar } from '../load-calendar.js';
import { verdictId } from '#libs/evaluation';
import { makeTraffic } from './traffic.js';

const read = loadContract('config/contracts/ecommerce-crm.yaml', {});
if (!read.ok) throw new Error(read.problems[0]?.message);
const { contract } = read;
const traffic = (seed: number) =>
  makeTraffic({
    seed,
    contract: contract.id,
    office: loadCalendar('config/calendars/cn-office.yaml'),
    staffed: loadCalendar('config/calendars/cn-staffed.yaml'),
  });

describe('sample traffic', () => {
  it.each([1, 2, 3, 20260501])('with seed %i breaks exactly what was put in on purpose', (seed) => {
    const { lines, planted, withdrawn, to } = traffic(seed);
    const { verdicts, quarantined } = evaluateLines(
      [contract],
      lines.map(({ text }) => text),
      { asOf: to },
    );
    const breached = verdicts
      .filter(({ verdict }) => verdict.state === 'breached')
      .map(({ verdict }) => verdictId(verdict));
    expect(breached.sort()).toEqual(planted.filter((id) => !withdrawn.includes(id)).sort());
    expect(planted.length).toBeGreaterThan(10);
    expect(quarantined.map(({ reason }) => reason)).toEqual(['SCHEMA', 'SCHEMA']);
  });

  it('is the same for the same seed, and another for another', () => {
    expect(traffic(7)).toEqual(traffic(7));
    expect(traffic(7).lines).not.toEqual(traffic(8).lines);
  });
});
