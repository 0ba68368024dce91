import { parseInstant, readCalendar, type Calendar } from '#libs/calendar';
import { readContract, type Contract, type JsonObject } from '#libs/contract';
import { LogJudge } from '../test/judge-log.js';
import type { JudgeItem } from './judge-item.js';
import { versionsOf } from './contract-versions.js';

/** A contract of two years whose calendar covers the first, or both. */
function office(lastYear: number, version = 1): Contract {
  const calendar = valueOf<Calendar>(
    readCalendar(
      'office.yaml',
      `id: office
zone: Asia/Shanghai
weekly: { every-day: ['09:00-18:00'] }
years: { first: 2029, last: ${lastYear} }
`,
    ),
  );
  const text = `contract: OFFICE-1
version: ${version}
parties: { client: { name: Client }, provider: { name: Provider } }
term: { from: 2029-01-01, to: 2030-12-31 }
zone: Asia/Shanghai
calendar: office
sources: { /office: { trust: trusted } }
clauses: { '1': Everything is answered. }
events: { opened: {}, answered: {}, ordered: { data: { by: instant } }, came: {} }
subjects: { ticket: { opened: opened }, goods: { opened: ordered } }
obligations:
  notice: { clauses: ['1'], party: provider, subject: ticket, start: opened, stop: answered, target: PT1H round the clock }
  answer: { clauses: ['1'], party: provider, subject: ticket, start: opened, stop: answered, target: PT4H working time }
  bring:
    clauses: ['1']
    party: provider
    subject: goods
    start: ordered
    stop: came
    target: { dueField: by, setBy: [ordered], counting: working time }
    warnings: [PT1H]
`;
  return valueOf(readContract('office.yaml', text, new Map([[calendar.id, calendar]])));
}

function valueOf<T>(checked: { ok: true; value: T } | { ok: false; problems: readonly object[] }): T {
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems, null, 2));
  return checked.value;
}

const at = (local: string): number => parseInstant(`${local.replace(' ', 'T')}:00+08:00`)!;

let offset = 0;
beforeEach(() => (offset = 0));

function fact(
  local: string,
  type: string,
  subject: string,
  { ahead = 0, data = {} }: { readonly ahead?: number; readonly data?: JsonObject } = {},
): JudgeItem {
  const id = `${type} ${subject}`;
  const said = { contract: 'OFFICE-1', source: '/office', id, type, subject, sequence: undefined, data };
  const when = { occurredAt: at(local) + ahead, appendedAt: at(local), contentHash: id };
  return {
    kind: 'fact',
    fact: { ...said, ...when },
    at: at(local),
    stamped: false,
    importId: null,
    offset: offset++,
  };
}

const tick = (local: string): JudgeItem => ({ kind: 'tick', at: at(local), offset: offset++ });

function published(local: string, contract: Contract): JudgeItem {
  const { version, hash, inForceFrom: from } = contract;
  const versions = versionsOf([contract]);
  return {
    kind: 'published',
    contract: contract.id,
    version: { version, hash, calendars: {}, from },
    versions,
    at: at(local),
    offset: offset++,
  };
}

const judge = (): LogJudge => new LogJudge(versionsOf([office(2029)]), { firings: 1_000, heldStates: 0 });

const told = (log: LogJudge): string[] =>
  log.decisions.map(
    ({ number, type, verdict, cause }) =>
      `${number} ${verdict.subject} ${verdict.obligation} ${type.replace('compliance.', '')} by ${cause.kind}`,
  );

const beforeNewYear = (): JudgeItem[] => [fact('2029-12-31 09:00', 'opened', 'T-1'), tick('2029-12-31 17:00')];
const decided = [
  '1 T-1 notice verdict.opened by fact',
  '2 T-1 answer verdict.opened by fact',
  '3 T-1 notice breach.declared by deadline',
  '4 T-1 answer breach.declared by deadline',
];

describe('a subject that cannot be judged', () => {
  it('is faulted, whatever of it could be; no number is lost, and the rest of the batch goes on', () => {
    const log = judge();
    log.take([
      ...beforeNewYear(),
      fact('2030-01-02 10:00', 'answered', 'T-1'),
      fact('2030-01-02 10:00', 'answered', 'T-2'),
    ]);
    expect(told(log)).toEqual([
      ...decided,
      '5 T-1 notice verdict.faulted by fact',
      '6 T-1 answer verdict.faulted by fact',
    ]);
    expect(log.decisions.at(-1)!.verdict.because.fault).toContain('2030');
    expect(log.outcomes.flatMap(({ facts }) => facts)).toHaveLength(3);
    log.take([tick('2030-06-01 09:00')]);
    expect(log.decisions).toHaveLength(6);
  });

  it.each([
    ['by the owner that found it', false],
    ['by another that has taken over', true],
  ])('is judged again when a version or a calendar is published, %s', (_, takenOver) => {
    const log = judge();
    log.take([...beforeNewYear(), fact('2030-01-02 10:00', 'answered', 'T-1')]);
    log.take([published('2030-01-03 10:00', office(2030))]);
    if (takenOver) log.takeOver();
    log.take([tick('2030-01-03 10:01')]);
    expect(told(log).slice(6)).toEqual([
      '7 T-1 notice breach.reinstated by published',
      '8 T-1 answer breach.reinstated by published',
    ]);
    expect(log.decisions.at(-1)!.verdict).toMatchObject({ state: 'breached', stoppedAt: at('2030-01-02 10:00') });
  });

  it('is judged once more, and no decision made of it, where what was published does not help', () => {
    const log = judge();
    log.take([...beforeNewYear(), fact('2030-01-02 10:00', 'answered', 'T-1')]);
    log.take([published('2030-01-03 10:00', office(2029, 2))]);
    log.take([tick('2030-01-03 10:01'), tick('2030-01-03 10:02')]);
    expect(log.decisions).toHaveLength(6);
    log.take([published('2030-01-04 10:00', office(2030, 3))]);
    log.take([tick('2030-01-04 10:01')]);
    expect(log.decisions).toHaveLength(8);
  });

  it('is judged again when a fact that is dated ahead comes to act', () => {
    const log = judge();
    log.take([fact('2029-12-31 10:00', 'ordered', 'G-1', { data: { by: '2030-03-01T10:00:00+08:00' } })]);
    log.take([fact('2029-12-31 11:00', 'came', 'G-1', { ahead: 60_000 })]);
    expect(told(log)).toEqual(['1 G-1 bring verdict.faulted by fact']);
    log.takeOver();
    log.take([tick('2029-12-31 11:02')]);
    expect(told(log).slice(1)).toEqual(['2 G-1 bring verdict.met by deadline']);
    expect(log.decisions.at(-1)).toMatchObject({ effectiveAt: at('2029-12-31 11:01') });
  });

  it('is not judged again by whoever takes over where all of it was filled in after what was published', () => {
    const log = judge();
    log.take([tick('2029-12-31 16:59'), published('2029-12-31 17:00', office(2029))]);
    const of = { contract: 'OFFICE-1', importId: 'i' };
    log.take([{ kind: 'import-begun', ...of, alerts: 'each', at: at('2029-12-31 17:01'), offset: offset++ }]);
    const filledIn = (item: JudgeItem): JudgeItem => ({ ...item, stamped: true, importId: 'i' }) as JudgeItem;
    log.take([filledIn(fact('2029-12-30 10:00', 'ordered', 'G-1', { data: { by: '2030-03-01T10:00:00+08:00' } }))]);
    log.take([{ kind: 'import-completed', ...of, at: at('2029-12-31 17:02'), offset: offset++ }]);
    expect(told(log)).toEqual(['1 G-1 bring verdict.faulted by fact']);
    log.takeOver();
    expect(log.nextDeadline).toBeNull();
  });
});
