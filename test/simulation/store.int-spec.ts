import { isTransient, Store, type OwnerRow, type PartitionSave, type QueuedRow, type Takeover } from '#libs/store';
import { aDecision, aFact, anId, aSave, aState, aVerdict, freshDatabase, type FreshDatabase } from '#libs/testkit';
import { Calls } from './calls.js';
import { Database } from './database.js';
import { Dice } from './dice.js';
import { ProcessStore } from './process-store.js';

/** What of a store the simulation has, too. */
type Both = Pick<Store, keyof ProcessStore & keyof Store>;

const TOPIC = 'platform.events';
const AT = Date.parse('2030-03-05T08:00:00.123Z');

let database: FreshDatabase;
let real: [Store, Store];

beforeAll(async () => {
  database = await freshDatabase();
  real = [await Store.connect(database.url), await Store.connect(database.url)];
  await real[0].migrate();
});

afterAll(async () => {
  for (const store of real ?? []) await store.close();
  await database?.drop();
});

/** Two processes over one simulated database, whose calls take effect and are answered at once. */
function simulated(): [Both, Both] {
  const calls = new Calls();
  const tables = new Database();
  const answering = (store: ProcessStore): Both =>
    new Proxy(store as unknown as Both, {
      get: (target, name: keyof Both) => {
        const method = target[name] as (...given: unknown[]) => Promise<unknown>;
        return async (...given: unknown[]) => {
          const answer = method.apply(target, given);
          let done = false;
          const end = (): void => void (done = true);
          answer.then(end, end);
          while (!done) {
            await new Promise(setImmediate);
            for (const call of calls.ready(() => true)) {
              calls.apply(call);
              calls.answer(call);
            }
          }
          return answer;
        };
      },
    });
  return [answering(new ProcessStore('one', tables, calls)), answering(new ProcessStore('two', tables, calls))];
}

/** What came of it, in a form in which the two can be compared. */
async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    return comparable(await work);
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    if (name === 'FencedError') return message;
    if (name === 'UnknownOutcomeError') return name;
    return isTransient(error) ? 'may pass' : code;
  }
}

/** Rows that come in no order come in one; what a decision that is read back says besides its row is left out. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) {
    const texts = value.map((one) => JSON.stringify(comparable(one)));
    return texts.sort().map((text): unknown => JSON.parse(text));
  }
  if (typeof value !== 'object' || value === null) return value ?? null;
  const fields = Object.entries(value).filter(([name]) => name !== 'decidedAt');
  return Object.fromEntries(fields.map(([name, inner]) => [name, comparable(inner)]).sort());
}

interface Side {
  readonly partition: number;
  readonly contract: string;
  readonly one: Both;
  readonly two: Both;
}

let lastPartition = 0;

/** Plays it on the real store and on the simulated one, each with a partition and a contract that no other scenario has. */
async function bothWays(scenario: (side: Side) => AsyncGenerator<unknown>): Promise<unknown[]> {
  const partition = ++lastPartition;
  const contract = `C-${partition}`;
  const [results, expected] = [[] as unknown[], [] as unknown[]];
  const [a, b] = simulated();
  for await (const one of scenario({ partition, contract, one: a, two: b })) results.push(one);
  for await (const one of scenario({ partition, contract, one: real[0], two: real[1] })) expected.push(one);
  expect(results).toEqual(expected);
  return expected;
}

function everything(contract: string, number: number): Partial<PartitionSave> {
  const row = aDecision(number, { contract });
  return {
    facts: [aFact(`e-${number}`, { contract })],
    ids: [anId(`e-${number}`, { contract, note: number % 2 === 0 ? '{"waits":true}' : null })],
    states: [aState(`case/S-${number % 3}`, { contract, nextInstant: number % 2 === 0 ? AT + number : null })],
    verdicts: [aVerdict(`S-${number % 3}`, { contract, number, state: number % 4 === 0 ? 'faulted' : 'running' })],
    decisions: [row],
    outbox: [
      { topic: 'compliance.alerts', key: contract, partition: null, headers: { a: 'b' }, value: `{"n":${number}}` },
      {
        topic: 'compliance.decisions',
        key: contract,
        partition: null,
        headers: {},
        value: row.record,
        decisionNumber: number,
      },
    ],
    contracts: [{ contract, clock: AT + number, lastNumber: number, state: '{"published":[]}' }],
  };
}

/** Beside each other, and in no order but that of their code points. */
const KEYS_OF_KINDS = [
  'case/',
  'case/A',
  'case/B',
  'case/a',
  'case/é',
  'case/\uffee',
  'case/\u{1f600}',
  'case/中',
].concat(['case:/1', 'case:/z', 'case0/1', 'cases/1', 'cas/1', 'Case/1', 'other/case/1']);

const waiting = (contract: string, id: string, targetId: string): PartitionSave['waitingAdded'][number] => ({
  contract,
  source: '/platform',
  id,
  targetSource: '/platform',
  targetId,
  correction: '{}',
});

function at(owner: OwnerRow, difference: Partial<PartitionSave> = {}): PartitionSave {
  return aSave(owner, { recordedAt: AT, ...difference });
}

const after = (owner: OwnerRow, save: PartitionSave): OwnerRow => ({
  ...owner,
  nextOffset: save.toOffset,
  slice: save.toSlice,
  outboxNumber: save.outboxNumber + save.outbox.length,
});

describe('the simulated store answers as the real one does', () => {
  it.each<[what: string, scenario: (side: Side) => AsyncGenerator<unknown>]>([
    [
      'where one wrong number is behind the fence',
      async function* ({ one, partition, contract }) {
        const { owner } = await one.take(TOPIC, partition, 'one');
        for (const wrong of [{ epoch: 9 }, { fromOffset: 5 }, { fromSlice: 5 }, { outboxNumber: 5 }])
          yield outcomeOf(one.save(at(owner, { ...everything(contract, 1), ...wrong })));
        yield outcomeOf(one.readOwner(TOPIC, partition));
        yield outcomeOf(one.load({ topic: TOPIC, partition, ids: [], keys: [{ contract, key: 'case/S-1' }] }));
      },
    ],
    [
      'where the same is saved twice, and a slice after it',
      async function* ({ one, partition, contract }) {
        const { owner } = await one.take(TOPIC, partition, 'one');
        const first = at(owner, everything(contract, 1));
        yield outcomeOf(one.save(first));
        yield outcomeOf(one.save(first));
        const slice = at(after(owner, first), { ...everything(contract, 2), toOffset: 1, toSlice: 1 });
        yield outcomeOf(one.save(slice));
        yield outcomeOf(one.save(slice));
        yield outcomeOf(one.readOwner(TOPIC, partition));
      },
    ],
    [
      'where one takes what another has',
      async function* ({ one, two, partition, contract }) {
        const { owner } = await one.take(TOPIC, partition, 'one');
        const first = at(owner, everything(contract, 4));
        yield outcomeOf(one.save(first));
        yield outcomeOf(two.take(TOPIC, partition, 'two'));
        yield outcomeOf(one.save(at(after(owner, first))));
        yield outcomeOf(one.take(TOPIC, partition, 'one'));
        yield outcomeOf(two.readOwner(TOPIC, partition));
      },
    ],
    [
      'where nothing was taken, or no longer is',
      async function* ({ one, two, partition, contract }) {
        const { owner } = await one.take(TOPIC, partition, 'one');
        yield outcomeOf(two.save(at(owner, everything(contract, 1))));
        await one.release(TOPIC, partition);
        yield outcomeOf(one.save(at(owner)));
        yield outcomeOf(one.nameRecord(TOPIC, partition, owner.epoch, 0));
        yield outcomeOf(one.takeUp(TOPIC, partition));
        yield outcomeOf(one.readOwner(TOPIC, partition + 100_000));
      },
    ],
    [
      'where a decision has a number that is there',
      async function* ({ one, partition, contract }) {
        const { owner } = await one.take(TOPIC, partition, 'one');
        const first = at(owner, everything(contract, 1));
        await one.save(first);
        yield outcomeOf(one.save(at(after(owner, first), everything(contract, 1))));
        const twice = [aDecision(2, { contract }), aDecision(2, { contract })];
        yield outcomeOf(one.save(at(after(owner, first), { decisions: twice })));
        const states = [aState('case/x', { contract }), aState('case/x', { contract })];
        yield outcomeOf(one.save(at(after(owner, first), { states })));
        yield outcomeOf(one.readOwner(TOPIC, partition));
        yield outcomeOf(one.readOutbox(TOPIC, partition, 0, 10));
      },
    ],
    [
      'where the clock of the writer goes back',
      async function* ({ one, partition, contract }) {
        const { owner } = await one.take(TOPIC, partition, 'one');
        const first = at(owner, everything(contract, 1));
        yield outcomeOf(one.save(first));
        yield outcomeOf(one.save(at(after(owner, first), { ...everything(contract, 2), recordedAt: AT - 60_000 })));
        yield outcomeOf(one.readOutbox(TOPIC, partition, 0, 10));
        yield outcomeOf(one.take(TOPIC, partition, 'one'));
      },
    ],
    [
      'where corrections wait, and no longer do',
      async function* ({ one, partition, contract }) {
        const { owner } = await one.take(TOPIC, partition, 'one');
        const asked = (id: string) => ({ contract, source: '/platform', id, withStates: true });
        const request = { topic: TOPIC, partition, ids: ['e-1', 'e-2', 'later'].map(asked), keys: [] };
        const first = at(owner, {
          ...everything(contract, 1),
          ids: [anId('e-1', { contract, keys: ['case/S-1', 'case/none'] })],
          waitingAdded: [waiting(contract, 'm-1', 'later'), waiting(contract, 'm-2', 'later')],
        });
        yield outcomeOf(one.save(first));
        yield outcomeOf(one.load(request));
        const second = at(after(owner, first), {
          waitingRemoved: [{ contract, source: '/platform', id: 'm-1' }],
          waitingAdded: [waiting(contract, 'm-2', 'e-2')],
        });
        yield outcomeOf(one.save(second));
        yield outcomeOf(one.load(request));
      },
    ],
    [
      'where the outbox is read in parts and forgotten',
      async function* ({ one, two, partition, contract }) {
        let { owner } = await one.take(TOPIC, partition, 'one');
        for (const number of [1, 2, 3]) {
          const save = at(owner, everything(contract, number));
          await one.save(save);
          owner = after(owner, save);
        }
        yield outcomeOf(one.readOutbox(TOPIC, partition, 1, 3));
        await two.ackOutbox(TOPIC, partition, 4);
        yield outcomeOf(
          one.readOutbox(TOPIC, partition, 0, 10).then((rows: QueuedRow[]) => rows.map((row) => row.number)),
        );
        yield outcomeOf(one.openClocks(TOPIC, partition));
      },
    ],
    [
      'where states of some kinds are asked for, all or a part of them',
      async function* ({ one, two, partition, contract }) {
        const { owner } = await one.take(TOPIC, partition, 'one');
        const keys = [...KEYS_OF_KINDS].reverse();
        const states = keys.flatMap((key) => [
          aState(key, { contract }),
          aState(key, { contract: `${contract}-b`, nextInstant: AT }),
        ]);
        await one.save(at(owner, { states }));
        const both = ['case', 'case:'].map((kind) => ({ contract, kind }));
        // As a text: these have an order.
        const read = (asked: typeof both, range?: { after: string; limit: number }) =>
          two.statesOfKinds(asked, range).then((rows) => JSON.stringify(rows));
        yield outcomeOf(read([]));
        yield outcomeOf(read(both));
        yield outcomeOf(read([...both, { contract: `${contract}-b`, kind: 'case' }]));
        yield outcomeOf(read([{ contract: `${contract}-b`, kind: 'nothing' }]));
        for (const after of ['', 'case', 'case/\uffee', 'case:/z', 'case/none', 'zz'])
          for (const limit of [1, 2, 100]) yield outcomeOf(read(both, { after, limit }));
      },
    ],
    [
      'where a partition is laid down and taken up',
      async function* ({ one, two, partition }) {
        const { owner } = await one.take(TOPIC, partition, 'one');
        yield outcomeOf(one.layDown(TOPIC, partition));
        yield outcomeOf(one.takeUp(TOPIC, partition));
        yield outcomeOf(one.save(at(owner)));
        yield outcomeOf(one.layDown(TOPIC, partition));
        yield outcomeOf(two.take(TOPIC, partition, 'two'));
        yield outcomeOf(one.takeUp(TOPIC, partition));
      },
    ],
    [
      'where owners end at the same record again and again',
      async function* ({ one, two, partition }) {
        const starts = ({ owner }: Takeover): unknown => [owner.epoch, owner.starts, owner.named];
        for (const store of [one, two, one, two]) {
          const taken = await store.take(TOPIC, partition, 'somebody');
          yield outcomeOf(Promise.resolve(starts(taken)));
          yield outcomeOf(store.nameRecord(TOPIC, partition, taken.owner.epoch, 0));
        }
        // Neither an end in order nor the same process taking anew is an attempt.
        await two.release(TOPIC, partition, true);
        yield outcomeOf(one.take(TOPIC, partition, 'one').then(starts));
        yield outcomeOf(one.nameRecord(TOPIC, partition, 77, 0));
        const again = await one.take(TOPIC, partition, 'one');
        yield outcomeOf(Promise.resolve(starts(again)));
        yield outcomeOf(one.save(at(again.owner)));
        yield outcomeOf(two.take(TOPIC, partition, 'two').then(starts));
      },
    ],
  ])('%s', async (_, scenario) => {
    expect((await bothWays(scenario)).length).toBeGreaterThan(2);
  });

  it('whatever two processes do, in whatever order', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      await bothWays(({ one, two, partition, contract }) => anything(seed, [one, two], partition, contract));
    }
  });
});

async function* anything(
  seed: number,
  stores: readonly [Both, Both],
  partition: number,
  contract: string,
): AsyncGenerator<unknown> {
  const dice = new Dice(seed);
  const known: [OwnerRow | undefined, OwnerRow | undefined] = [undefined, undefined];
  let number = 0;
  for (let n = 0; n < 24; n++) {
    const who = dice.pick([0, 1] as const);
    const store = stores[who];
    const owner = known[who];
    const what = dice.pick(['take', 'save', 'save', 'save', 'save', 'slice', 'name', 'down', 'up', 'release', 'read']);
    if (what === 'take') {
      const taken = store.take(TOPIC, partition, 'somebody');
      known[who] = (await taken).owner;
      yield outcomeOf(taken);
    } else if (owner !== undefined && (what === 'save' || what === 'slice')) {
      const isSlice = what === 'slice';
      const save = at(owner, {
        ...everything(contract, number + 1),
        ...(isSlice ? { toOffset: owner.nextOffset, toSlice: owner.slice + 1 } : {}),
      });
      const outcome = await outcomeOf(store.save(save));
      if (typeof outcome === 'object' && outcome !== null && 'recordedAt' in outcome) {
        number++;
        known[who] = after(owner, save);
      }
      yield Promise.resolve(outcome);
    } else if (owner !== undefined && what === 'name') {
      yield outcomeOf(store.nameRecord(TOPIC, partition, owner.epoch, owner.nextOffset));
    } else if (what === 'down') yield outcomeOf(store.layDown(TOPIC, partition));
    else if (what === 'up') yield outcomeOf(store.takeUp(TOPIC, partition));
    else if (what === 'release') yield outcomeOf(store.release(TOPIC, partition, dice.chance(0.5)));
    yield outcomeOf(store.readOwner(TOPIC, partition));
  }
  yield outcomeOf(stores[0].readOutbox(TOPIC, partition, 0, 100));
}
