import { TOPICS } from '#libs/bus';
import { PartitionJudge, type JudgeItem } from '#libs/evaluation';
import { BREACH_KIND } from '#libs/liability';
import type { KeptStandards, PartitionSave, Saved } from '#libs/store';
import { Database } from './database.js';
import type { Process } from './process.js';
import { simulate } from './simulate.js';
import type { Tampering } from './world.js';

const HOUR = 3_600_000;

jest.setTimeout(600_000);

it('comes to the same as an undisturbed judge, whatever goes wrong', async () => {
  for (let seed = 1; seed <= 3; seed++) {
    const outcome = await simulate(seed);
    expect(outcome.ok ? '' : `seed ${seed}: ${outcome.problem}`).toBe('');
  }
});

it.each([
  ['a right falls due at the instant of a breach, just after a takeover', 283],
  ['a record is laid aside after slices have fired what it made due', 241],
])('where %s, too', async (_, seed) => {
  const outcome = await simulate(seed);
  expect(outcome.ok ? '' : outcome.problem).toBe('');
});

it('runs the same way again from the same seed', async () => {
  const [once, again] = [[] as string[], [] as string[]];
  await simulate(7, {}, (line) => once.push(line));
  await simulate(7, {}, (line) => again.push(line));
  expect(once.length).toBeGreaterThan(100);
  expect(again).toEqual(once);
});

class WithoutFence extends Database {
  protected override checkFence(): void {}
}

class LosesTheLastMessage extends Database {
  override save(save: PartitionSave): Saved {
    return super.save({ ...save, outbox: save.outbox.slice(0, -1) });
  }
}

class KeepsNoState extends Database {
  override save(save: PartitionSave): Saved {
    return super.save({ ...save, states: save.states.slice(0, -1) });
  }
}

class ForgetsCounts extends Database {
  override standards(): KeptStandards {
    return { counts: [], periods: [] };
  }
}

class ForgetsBreaches extends Database {
  override statesOfKinds(...given: Parameters<Database['statesOfKinds']>): ReturnType<Database['statesOfKinds']> {
    return super.statesOfKinds(...given).filter(({ key }) => !key.startsWith(`${BREACH_KIND}/`));
  }
}

class ForgetsStatements extends Database {
  override statements(): ReturnType<Database['statements']> {
    return { statements: [], rights: [] };
  }
}

class ForgetsDeadlines extends Database {
  override take(...given: Parameters<Database['take']>): ReturnType<Database['take']> {
    return { ...super.take(...given), deadlines: [] };
  }
}

class ForgetsSweeps extends Database {
  override take(...given: Parameters<Database['take']>): ReturnType<Database['take']> {
    const takeover = super.take(...given);
    const contracts = takeover.contracts.map((row) => ({
      ...row,
      state: JSON.stringify({ ...(JSON.parse(row.state) as object), sweeps: [] }),
    }));
    return { ...takeover, contracts };
  }
}

/** Who was only overtaken, or ended in order, stays counted as if it had ended at its record. */
class TakesNoStartBack extends Database {
  override endInOrder(): boolean {
    return false;
  }
}

/** Judges of the monitors alone, not the one they are held against, see ticks an hour early. */
function firingEarly(): () => void {
  const { judge, plan, planSlice } = PartitionJudge.prototype;
  const early = (self: PartitionJudge, items: readonly JudgeItem[]): readonly JudgeItem[] =>
    (self as unknown as { limits: { firings: number } }).limits.firings === Infinity
      ? items
      : items.map((item) => (item.kind === 'tick' ? { ...item, at: item.at + HOUR } : item));
  Object.assign(PartitionJudge.prototype, {
    judge(this: PartitionJudge, items: readonly JudgeItem[]) {
      return judge.call(this, early(this, items));
    },
    plan(this: PartitionJudge, items: readonly JudgeItem[]) {
      return plan.call(this, early(this, items));
    },
    planSlice(this: PartitionJudge, items: readonly JudgeItem[]) {
      return planSlice.call(this, early(this, items));
    },
  });
  return () => void Object.assign(PartitionJudge.prototype, { judge, plan, planSlice });
}

/** Takes everything of a partition over from the last time it had it, but where it stands. */
function keepingMemory({ store }: Process): void {
  const take = store.take.bind(store);
  const kept = new Map<number, Awaited<ReturnType<typeof take>>>();
  store.take = async (topic, partition, process) => {
    const takeover = await take(topic, partition, process);
    const known = kept.get(partition) ?? takeover;
    kept.set(partition, known);
    return { ...known, owner: takeover.owner };
  };
}

/** Tells of a save that failed as if it had been kept. */
function sureOfSaves({ store }: Process): void {
  const save = store.save.bind(store);
  store.save = (row) => save(row).catch(() => ({ recordedAt: row.recordedAt }));
}

function blindTo(what: 'ids' | 'waiting'): (process: Process) => void {
  return ({ store }) => {
    const load = store.load.bind(store);
    store.load = async (request) => ({ ...(await load(request)), [what]: [] });
  };
}

/** Drops the last of several records that go out together. */
function dropping({ log }: Process): void {
  const append = log.append.bind(log);
  log.append = (records) => append(records.length > 1 ? records.slice(0, -1) : records);
}

/** Begins behind the first record of its outbox. */
function skipping({ store }: Process): void {
  const read = store.readOutbox.bind(store);
  store.readOutbox = (topic, partition, after, limit) => read(topic, partition, after + 1, limit);
}

function silent({ log }: Process): void {
  const append = log.append.bind(log);
  log.append = (records) =>
    records[0]?.key === null && records[0].topic === TOPICS.events ? Promise.resolve([]) : append(records);
}

/** Goes on behind the next record. */
function hasty({ monitor }: Process): void {
  const assigned = monitor.assigned.bind(monitor);
  monitor.assigned = async (topic, partition) => (await assigned(topic, partition)) + 1;
}

describe('notices within a few seeds', () => {
  it.each<[what: string, tampering: Tampering, seeds: number, by: RegExp]>([
    [
      'a store without a fence',
      { database: () => new WithoutFence(), contests: 60 },
      60,
      /duplicate key|outbox records before it|went back|fact|decision/,
    ],
    [
      'a save that loses a message',
      { database: () => new LosesTheLastMessage() },
      3,
      /sent .*, but never saved|outbox/,
    ],
    ['a save that loses a state', { database: () => new KeepsNoState() }, 5, /decision|state/],
    ['a takeover that reads no deadlines', { database: () => new ForgetsDeadlines() }, 5, /decision|deadline/],
    ['a takeover that forgets what was counted', { database: () => new ForgetsCounts() }, 5, /decision|counter/],
    ['a takeover that forgets breaches', { database: () => new ForgetsBreaches() }, 10, /decision|state/],
    ['a takeover that forgets statements', { database: () => new ForgetsStatements() }, 10, /decision/],
    ['a takeover that drops sweeps', { database: () => new ForgetsSweeps() }, 80, /decision|state/],
    [
      'owners that never take their starts back',
      { database: () => new TakesNoStartBack(), contests: 20 },
      60,
      /taken for poison after/,
    ],
    ['memory kept over a takeover', { process: keepingMemory }, 10, /decision|duplicate key/],
    ['a failed save taken for a good one', { process: sureOfSaves }, 10, /never saved/],
    ['ids that are not remembered', { process: blindTo('ids') }, 5, /decision|fact|quarantined|state/],
    ['corrections that wait in vain', { process: blindTo('waiting') }, 10, /decision|state|waiting/],
    ['a relay that drops', { process: dropping }, 3, /was sent after/],
    ['a relay that skips', { process: skipping }, 40, /was sent after|outbox records left|never sent/],
    ['a ticker that never ticks', { process: silent }, 5, /never fired|: decision \d+ of /],
    ['a reader that skips', { process: hasty }, 5, /decision|fact|record/],
  ])('%s', async (_, tampering, seeds, by) => {
    expect(await firstProblem(seeds, tampering)).toMatch(by);
  });

  it('a judge that fires early', async () => {
    const restore = firingEarly();
    try {
      expect(await firstProblem(5)).toMatch(/: decision \d+ |had not passed|decisions of /);
    } finally {
      restore();
    }
  });
});

async function firstProblem(seeds: number, tampering?: Tampering): Promise<string> {
  for (let seed = 1; seed <= seeds; seed++) {
    const outcome = await simulate(seed, tampering);
    if (!outcome.ok) return outcome.problem;
  }
  return 'none';
}
