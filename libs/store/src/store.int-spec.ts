import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aDecision, aFact, anId, aSave, aState, aVerdict, eventually, freshDatabase, tcpProxy } from '#libs/testkit';
import type { FreshDatabase } from '#libs/testkit';
import type { PartitionSave } from './api.js';
import { DatabaseUnusableError, FencedError, UnknownOutcomeError } from './errors.js';
import { Store } from './store.js';

const TOPIC = 'platform.events';
const AT = Date.parse('2030-03-05T08:00:00.123Z');

const TABLES = [
  'fact',
  'processed_id',
  'subject_state',
  'verdict',
  'decision',
  'quarantine',
  'outbox',
  'contract_state',
];

let database: FreshDatabase;
let store: Store;

beforeAll(async () => {
  database = await freshDatabase();
  store = await Store.connect(database.url);
  await store.migrate();
});

afterAll(async () => {
  await store?.close();
  await database?.drop();
});

/** Every test has a partition, and so a contract, of its own. */
let lastPartition = 0;
function nextPartition(): { partition: number; contract: string } {
  lastPartition++;
  return { partition: lastPartition, contract: `C-${lastPartition}` };
}

async function countsOf(contract: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of TABLES) {
    const where = table === 'outbox' ? `partition = ${contract.slice(2)}` : `contract = '${contract}'`;
    const { rows } = await store.pool.query(`SELECT count(*)::int AS n FROM ${table} WHERE ${where}`);
    counts[table] = rows[0].n;
  }
  return counts;
}

function everything(contract: string): Partial<PartitionSave> {
  return {
    facts: [aFact('e-1', { contract })],
    ids: [anId('e-1', { contract })],
    states: [aState('case/S-e-1', { contract, nextInstant: AT + 500 })],
    verdicts: [aVerdict('S-e-1', { contract })],
    decisions: [aDecision(1, { contract })],
    quarantine: [
      {
        contract,
        source: '/platform',
        id: 'bad\0id',
        reason: 'SCHEMA',
        detail: 'data.x: "\0" is no text',
        offset: 3,
        appendedAt: AT,
        headers: '{"ce_id":"bad\\u0000id"}',
        key: Buffer.from([0, 255]),
        value: null,
      },
    ],
    outbox: [{ topic: 'compliance.decisions', key: contract, partition: null, headers: { a: 'b' }, value: '{"n":1}' }],
    contracts: [{ contract, clock: AT, lastNumber: 1, state: '{"versions":[]}' }],
  };
}

const NOTHING = Object.fromEntries(TABLES.map((table) => [table, 0]));
const ONE_OF_EACH = Object.fromEntries(TABLES.map((table) => [table, 1]));

describe('saving', () => {
  it('writes all rows of a batch and moves the offset, together', async () => {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    const saved = await store.save(aSave(owner, { recordedAt: AT, toOffset: 7, ...everything(contract) }));
    expect(saved).toEqual({ recordedAt: AT });
    expect(await countsOf(contract)).toEqual(ONE_OF_EACH);
    expect(await store.readOwner(TOPIC, partition)).toMatchObject({ nextOffset: 7, outboxNumber: 1, recordedAt: AT });
  });

  it('keeps where the clock stood with every fact and decision, and once an hour where only time goes on', async () => {
    const { partition, contract } = nextPartition();
    let { owner } = await store.take(TOPIC, partition, 'one');
    const minute = 60_000;
    const saves: [number, Partial<PartitionSave>][] = [
      [0, {}],
      [1, {}],
      [2, { facts: [aFact('e-1', { contract })] }],
      [3, { decisions: [aDecision(1, { contract })] }],
      [62, {}],
      [63, {}],
      [64, { facts: [aFact('e-2', { contract: 'C-other' })] }],
    ];
    for (const [at, rows] of saves) {
      const recordedAt = AT + at * minute;
      const contracts = [{ contract, clock: recordedAt - 1, lastNumber: 1, state: '{}' }];
      await store.save(aSave(owner, { ...rows, recordedAt, contracts }));
      owner = (await store.readOwner(TOPIC, partition))!;
    }
    const { rows } = await store.pool.query(
      `SELECT (extract(epoch FROM clock) * 1000)::float8 AS clock FROM contract_clock WHERE contract = $1 ORDER BY recorded_at`,
      [contract],
    );
    expect(rows.map(({ clock }) => (clock + 1 - AT) / minute)).toEqual([0, 2, 3, 63]);
  });

  it.each<[string, Partial<PartitionSave>]>([
    ['epoch', { epoch: 99 }],
    ['offset', { fromOffset: 5 }],
    ['slice', { fromSlice: 5 }],
    ['outbox number', { outboxNumber: 5 }],
  ])('is refused by a wrong %s, and writes nothing', async (_, wrong) => {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    await expect(store.save(aSave(owner, { ...everything(contract), ...wrong }))).rejects.toBeInstanceOf(FencedError);
    expect(await countsOf(contract)).toEqual(NOTHING);
    expect(await store.readOwner(TOPIC, partition)).toEqual(owner);
  });

  it('says in the refusal what was believed and what is there', async () => {
    const { partition } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    await expect(store.save(aSave(owner, { fromOffset: 5 }))).rejects.toThrow(
      `Partition platform.events/${partition}: the writer believes it is at epoch 1, next offset 5, slice 0, outbox number 0, ` +
        'the database holds epoch 1, next offset 0, slice 0, outbox number 0.',
    );
  });

  it('is refused where this process never took the partition', async () => {
    const { partition } = nextPartition();
    const owner = { ...(await store.take(TOPIC, partition, 'one')).owner };
    await store.release(TOPIC, partition);
    await expect(store.save(aSave(owner))).rejects.toBeInstanceOf(FencedError);
  });

  it('moves the slice without the offset', async () => {
    const { partition } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    await store.save(aSave(owner, { toOffset: 0, toSlice: 1 }));
    await expect(store.save(aSave(owner, { toOffset: 0, toSlice: 1 }))).rejects.toBeInstanceOf(FencedError);
    expect(await store.readOwner(TOPIC, partition)).toMatchObject({ nextOffset: 0, slice: 1 });
  });

  it('undoes everything when one row is refused', async () => {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    const twice = [aDecision(1, { contract }), aDecision(1, { contract })];
    await expect(store.save(aSave(owner, { ...everything(contract), decisions: twice }))).rejects.toThrow(
      'duplicate key',
    );
    expect(await countsOf(contract)).toEqual(NOTHING);
    await store.save(aSave(owner, everything(contract)));
    expect(await countsOf(contract)).toEqual(ONE_OF_EACH);
  });

  it('takes one round trip, however much is saved', async () => {
    const { partition, contract } = nextPartition();
    const proxy = await tcpProxy(serverOf(database.url));
    const proxied = await Store.connect(through(database.url, proxy.port));
    try {
      const { owner } = await proxied.take(TOPIC, partition, 'one');
      await proxied.ensurePartitions(AT, 0);
      const facts = Array.from({ length: 1000 }, (_, n) => aFact(`e-${n}`, { contract }));
      const before = proxy.roundTrips();
      await proxied.save(aSave(owner, { ...everything(contract), facts }));
      expect(proxy.roundTrips() - before).toBe(1);
    } finally {
      await proxied.close();
      await proxy.close();
    }
  });

  it('numbers the outbox without gaps from where it stood', async () => {
    const { partition } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    const record = (value: string) => ({ topic: 'compliance.alerts', key: 'k', partition: 3, headers: {}, value });
    await store.save(aSave(owner, { outbox: [record('a'), record('b')] }));
    await store.save(aSave({ ...owner, nextOffset: 1, outboxNumber: 2 }, { outbox: [record('c')] }));
    const queued = await store.readOutbox(TOPIC, partition, 0, 10);
    expect(queued).toMatchObject([
      { number: 1, value: 'a' },
      { number: 2, value: 'b' },
      { number: 3, value: 'c' },
    ]);
    expect(queued[0]).toMatchObject({ topic: 'compliance.alerts', key: 'k', partition: 3, headers: {} });
    await store.ackOutbox(TOPIC, partition, 2);
    expect((await store.readOutbox(TOPIC, partition, 0, 10)).map((row) => row.number)).toEqual([3]);
    expect(await store.readOutbox(TOPIC, partition, 3, 10)).toEqual([]);
  });

  it('keeps a decision that is to be told once, and gives it back by its own row', async () => {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    const decision = aDecision(1, { contract, supersedes: null, record: '{"subject":"投诉"}' });
    const headers = { ce_id: 'x' };
    const message = { topic: 'compliance.decisions', key: contract, partition: null, headers, value: decision.record };
    const told = { ...message, decisionNumber: 1 };
    await store.save(aSave(owner, { recordedAt: AT, decisions: [decision], outbox: [message, told] }));
    expect(await store.readOutbox(TOPIC, partition, 0, 10)).toEqual([
      { number: 1, recordedAt: AT, ...message },
      { number: 2, recordedAt: AT, decision: { ...decision, decidedAt: AT } },
    ]);
    const { rows } = await store.pool.query('SELECT headers, value FROM outbox WHERE partition = $1 AND number = 2', [
      partition,
    ]);
    expect(rows).toEqual([{ headers: null, value: null }]);
  });

  /** Three decisions to be told, an alert about the third, two more decisions, all of one save; then one more of the next. */
  async function aFullOutbox(): Promise<number> {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    const [headers, value] = [{ ce_id: 'x' }, '{}'];
    const told = (decisionNumber: number) =>
      ({ topic: 'compliance.decisions', key: contract, partition: null, headers, value, decisionNumber }) as const;
    const alert = { topic: 'compliance.alerts', key: contract, partition: null, headers, value: 'about 3' };
    await store.save(
      aSave(owner, {
        decisions: [1, 2, 3, 4, 5].map((number) => aDecision(number, { contract })),
        outbox: [told(1), told(2), told(3), alert, told(4), told(5)],
      }),
    );
    await store.save(
      aSave(
        { ...owner, nextOffset: 1, outboxNumber: 6 },
        { decisions: [aDecision(6, { contract })], outbox: [told(6)] },
      ),
    );
    return partition;
  }

  async function waiting(partition: number, after = 0, limit = 10): Promise<string[]> {
    const rows = await store.readOutbox(TOPIC, partition, after, limit);
    return rows.map((row) => `${row.number}: ${'decision' in row ? row.decision.number : row.value}`);
  }

  const FULL = ['1: 1', '2: 2', '3: 3', '4: about 3', '5: 4', '6: 5', '7: 6'];

  it('gives back decisions that follow each other from any place on, so many as are asked for', async () => {
    const partition = await aFullOutbox();
    for (let after = 0; after <= FULL.length; after++) {
      for (const limit of [1, 2, 4, 10])
        expect(await waiting(partition, after, limit)).toEqual(FULL.slice(after, after + limit));
    }
    const { rows } = await store.pool.query(
      'SELECT number::int, records FROM outbox_span WHERE partition = $1 ORDER BY 1',
      [partition],
    );
    expect(rows.map(({ number, records }) => [number, records])).toEqual([
      [1, 3],
      [4, 1],
      [5, 2],
      [7, 1],
    ]);
  });

  it.each(Array.from({ length: FULL.length + 1 }, (_, through) => [through]))(
    'forgets the outbox up to any record (%i), also as the release before did',
    async (through) => {
      const [mine, before] = [await aFullOutbox(), await aFullOutbox()];
      await store.ackOutbox(TOPIC, mine, through);
      await store.ackOutbox(TOPIC, mine, through);
      await store.pool.query('DELETE FROM outbox WHERE topic = $1 AND partition = $2 AND number <= $3', [
        TOPIC,
        before,
        through,
      ]);
      for (const partition of [mine, before]) {
        expect(await waiting(partition)).toEqual(FULL.slice(through));
        const { rows } = await store.pool.query(
          `SELECT number || ': ' || coalesce(value, decision_number::text) AS record FROM outbox
           WHERE topic = $1 AND partition = $2 ORDER BY number`,
          [TOPIC, partition],
        );
        expect(rows.map(({ record }) => record)).toEqual(FULL.slice(through));
      }
    },
  );

  it('keeps decisions apart between which another stands: of another topic, of another contract, or none', async () => {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    const other = `${contract}-other`;
    const told = (topic: string, key: string, decisionNumber: number) =>
      ({ topic, key, partition: null, headers: {}, value: '{}', decisionNumber }) as const;
    const [decisions, statements] = ['compliance.decisions', 'compliance.statements'];
    const outbox = [
      told(decisions, contract, 1),
      told(statements, contract, 2),
      told(decisions, contract, 3),
      told(decisions, other, 1),
      told(decisions, contract, 4),
      told(decisions, contract, 5),
      told(decisions, contract, 7),
    ];
    const rows = [1, 2, 3, 4, 5, 7].map((number) => aDecision(number, { contract }));
    await store.save(aSave(owner, { outbox, decisions: [...rows, aDecision(1, { contract: other })] }));
    expect(await waiting(partition)).toEqual(['1: 1', '2: 2', '3: 3', '4: 1', '5: 4', '6: 5', '7: 7']);
    const spans = await store.pool.query<{ span: string }>(
      `SELECT concat_ws(' ', number, records, target_topic, decision_number) AS span FROM outbox_span WHERE partition = $1 ORDER BY number`,
      [partition],
    );
    expect(spans.rows.map(({ span }) => span)).toEqual([
      `1 1 ${decisions} 1`,
      `2 1 ${statements} 2`,
      `3 1 ${decisions} 3`,
      `4 1 ${decisions} 1`,
      `5 2 ${decisions} 4`,
      `7 1 ${decisions} 7`,
    ]);
  });

  it('says of an id that was there what the last save said of it, with its fact or without', async () => {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    const facts = [aFact('e-1', { contract }), aFact('e-2', { contract })];
    const ids = (note: string) => facts.map(({ id }) => anId(id, { contract, note }));
    await store.save(aSave(owner, { facts, ids: ids('"first"') }));
    const again = aSave({ ...owner, nextOffset: 1 }, { facts: facts.slice(1), ids: ids('"second"').slice(1) });
    await store.save(again);
    await store.save(aSave({ ...owner, nextOffset: 2 }, { ids: ids('"third"').slice(0, 1) }));
    const { rows } = await store.pool.query('SELECT id, note FROM processed_id WHERE contract = $1 ORDER BY id', [
      contract,
    ]);
    expect(rows).toEqual([
      { id: 'e-1', note: '"third"' },
      { id: 'e-2', note: '"second"' },
    ]);
  });

  it('changes a verdict in place, whatever its state becomes', async () => {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    const states = ['running', 'breached', 'met', 'faulted', 'breached'];
    for (const [index, state] of states.entries()) {
      const verdicts = [
        aVerdict('S-1', { contract, state, revision: index + 1 }),
        aVerdict(`S-${index + 2}`, { contract }),
      ];
      await store.save(aSave({ ...owner, nextOffset: index }, { verdicts }));
      const { rows } = await store.pool.query(
        `SELECT state, revision, breached, faulted FROM verdict WHERE contract = $1 AND subject = 'S-1'`,
        [contract],
      );
      const [breached, faulted] = [state === 'breached', state === 'faulted'];
      expect(rows).toEqual([{ state, revision: index + 1, breached, faulted }]);
    }
  });

  it('writes no index when a verdict ends in time', async () => {
    const { rows } = await store.pool.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
       WHERE i.indrelid = 'verdict'::regclass AND pg_get_indexdef(i.indexrelid) ~ '\\m(state|stopped_at|revision|number|effective_at)\\M'`,
    );
    expect(rows).toEqual([]);
  });

  it('never records earlier than it did before', async () => {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    await store.save(aSave(owner, { recordedAt: AT }));
    const second = aSave(
      { ...owner, nextOffset: 1 },
      { recordedAt: AT - 60_000, facts: [aFact('late', { contract })] },
    );
    expect(await store.save(second)).toEqual({ recordedAt: AT });
    const { rows } = await store.pool.query('SELECT recorded_at FROM fact WHERE contract = $1', [contract]);
    expect(rows).toEqual([{ recorded_at: new Date(AT) }]);
  });

  it('keeps every value as it came', async () => {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    const odd = '投诉 🙂 "quoted" \\ {braces}, \n';
    const fact = aFact(odd, {
      contract,
      subject: null,
      sequence: '007',
      data: '{"a" : 1.10, "nul":"\\u0000"}',
      occurredAt: -1,
    });
    const verdict = aVerdict(odd, { contract, dueAt: null, stoppedAt: AT, dimensions: '{"team":"\\u0000\\ud800 ok"}' });
    await store.save(aSave(owner, { ...everything(contract), facts: [fact], verdicts: [verdict] }));
    const { rows: facts } = await store.pool.query(
      'SELECT id, subject, sequence, data::text, occurred_at, topic, partition FROM fact WHERE contract = $1',
      [contract],
    );
    expect(facts).toEqual([
      { id: odd, subject: null, sequence: '007', data: fact.data, occurred_at: new Date(-1), topic: TOPIC, partition },
    ]);
    const { rows: verdicts } = await store.pool.query(
      'SELECT subject, due_at, stopped_at, dimensions FROM verdict WHERE contract = $1',
      [contract],
    );
    expect(verdicts).toEqual([
      { subject: odd, due_at: null, stopped_at: new Date(AT), dimensions: { team: '\uFFFD\uFFFD ok' } },
    ]);
    const { rows: kept } = await store.pool.query(
      'SELECT event_id, headers::text, key, value FROM quarantine WHERE contract = $1',
      [contract],
    );
    expect(kept).toEqual([
      { event_id: 'bad\uFFFDid', headers: '{"ce_id":"bad\\u0000id"}', key: Buffer.from([0, 255]), value: null },
    ]);
  });

  it('publishes versions in the same transaction', async () => {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    const version = { contract, version: 1, hash: 'abc', calendars: { cn: 'def' }, fromInstant: AT };
    await store.save(aSave(owner, { published: [version] }));
    expect((await store.publishedContracts()).filter((row) => row.contract === contract)).toEqual([version]);
  });

  it('has an outcome that nobody knows when the answer is lost, which taking again tells', async () => {
    const { partition, contract } = nextPartition();
    const proxy = await tcpProxy(serverOf(database.url));
    const proxied = await Store.connect(through(database.url, proxy.port));
    try {
      const { owner } = await proxied.take(TOPIC, partition, 'one');
      await proxied.ensurePartitions(AT, 0);
      proxy.loseAnswers();
      await expect(proxied.save(aSave(owner, everything(contract)))).rejects.toBeInstanceOf(UnknownOutcomeError);
      await expect(proxied.save(aSave(owner, everything(contract)))).rejects.toBeInstanceOf(UnknownOutcomeError);
      const { owner: found } = await store.take(TOPIC, partition, 'two');
      expect(found).toMatchObject({ epoch: 2, nextOffset: 1, outboxNumber: 1 });
      expect(await countsOf(contract)).toEqual(ONE_OF_EACH);
    } finally {
      await proxied.close();
      await proxy.close();
    }
  });
});

describe('taking a partition', () => {
  it('raises the epoch, so that the former owner is fenced off', async () => {
    const { partition, contract } = nextPartition();
    const rival = await Store.connect(database.url);
    try {
      const { owner: first } = await store.take(TOPIC, partition, 'one');
      const { owner: second } = await rival.take(TOPIC, partition, 'two');
      expect([first.epoch, second.epoch]).toEqual([1, 2]);
      await expect(store.save(aSave(first, everything(contract)))).rejects.toThrow();
      expect(await countsOf(contract)).toEqual(NOTHING);
      await rival.save(aSave(second, everything(contract)));
      expect(await countsOf(contract)).toEqual(ONE_OF_EACH);
    } finally {
      await rival.close();
    }
  });

  it('ends the backend of the former owner, even one that holds the row', async () => {
    const { partition } = nextPartition();
    const rival = await Store.connect(database.url);
    try {
      await store.take(TOPIC, partition, 'one');
      const pid = await backendOf(partition);
      await hang(partition);
      await rival.take(TOPIC, partition, 'two');
      const { rows } = await store.pool.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [pid]);
      expect(rows).toEqual([]);
    } finally {
      await rival.close();
    }
  });

  it('leaves the former owner’s other partitions alone', async () => {
    const [one, other] = [nextPartition(), nextPartition()];
    const rival = await Store.connect(database.url);
    try {
      await store.take(TOPIC, one.partition, 'one');
      const { owner } = await store.take(TOPIC, other.partition, 'one');
      await rival.take(TOPIC, one.partition, 'two');
      await expect(store.save(aSave(owner))).resolves.toBeDefined();
    } finally {
      await rival.close();
    }
  });

  it('lets exactly one of two owners save the same step', async () => {
    const { partition, contract } = nextPartition();
    const rivals = await Promise.all([
      Store.connect(database.url),
      Store.connect(database.url),
      Store.connect(database.url),
    ]);
    try {
      const outcomes = await Promise.allSettled(
        rivals.map(async (rival, n) => {
          const { owner } = await rival.take(TOPIC, partition, `rival ${n}`);
          return rival.save(aSave({ ...owner, nextOffset: 0, outboxNumber: 0 }, everything(contract)));
        }),
      );
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
      expect(await countsOf(contract)).toEqual(ONE_OF_EACH);
    } finally {
      await Promise.all(rivals.map((rival) => rival.close()));
    }
  });

  it('gives back contracts, deadlines and the last record', async () => {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    const states = [aState('case/a', { contract, nextInstant: AT + 1 }), aState('case/b', { contract })];
    await store.save(aSave(owner, { ...everything(contract), states, last: { offset: 0, appendedAt: AT, hash: 'h' } }));
    expect(await store.take(TOPIC, partition, 'two')).toEqual({
      owner: {
        ...owner,
        epoch: 2,
        nextOffset: 1,
        outboxNumber: 1,
        last: { offset: 0, appendedAt: AT, hash: 'h' },
        recordedAt: Date.parse('2030-03-05T08:00:00Z'),
      },
      contracts: [{ contract, clock: AT, lastNumber: 1, state: '{"versions":[]}' }],
      deadlines: [{ contract, keys: ['case/a'], instants: [AT + 1] }],
      faulted: [],
      generation: 1,
    });
  });

  it('hands out the generation that was raised after a backup was restored', async () => {
    const { partition } = nextPartition();
    const before = (await store.take(TOPIC, partition, 'p')).generation;
    await store.pool.query('UPDATE deployment SET generation = generation + 1');
    expect((await store.take(TOPIC, partition, 'p')).generation).toBe(before + 1);
    await store.pool.query('UPDATE deployment SET generation = generation - 1');
  });

  it('survives a clock at the beginning of time', async () => {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    const row = { contract, clock: -8.64e15, lastNumber: 0, state: '{}' };
    await store.save(aSave(owner, { contracts: [row] }));
    expect((await store.take(TOPIC, partition, 'two')).contracts).toEqual([{ ...row, clock: -Infinity }]);
  });
});

describe('loading', () => {
  it('finds ids, their states where asked for, and corrections that wait', async () => {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    const ids = [
      anId('a', { contract, keys: ['case/a', 'turn/a'], note: '{"root":1}' }),
      anId('b', { contract, keys: ['case/b'] }),
    ];
    const states = ['case/a', 'turn/a', 'case/b', 'case/c'].map((key) => aState(key, { contract, nextInstant: AT }));
    const waiting = {
      contract,
      targetSource: '/platform',
      targetId: 'gone',
      source: '/fix',
      id: 'w',
      correction: '{}',
    };
    await store.save(aSave(owner, { ids, states, waitingAdded: [waiting] }));
    const loaded = await store.load({
      topic: TOPIC,
      partition,
      ids: [
        { contract, source: '/platform', id: 'a', withStates: true },
        { contract, source: '/platform', id: 'b', withStates: false },
        { contract, source: '/platform', id: 'gone', withStates: false },
        { contract: 'another', source: '/platform', id: 'a', withStates: true },
      ],
      keys: [
        { contract, key: 'case/c' },
        { contract, key: 'case/a' },
        { contract, key: 'case/none' },
      ],
    });
    expect([...loaded.ids].sort((x, y) => (x.id < y.id ? -1 : 1))).toEqual(ids);
    expect(loaded.states.map((state) => state.key).sort()).toEqual(['case/a', 'case/c', 'turn/a']);
    expect(loaded.states).toContainEqual(states[0]);
    expect(loaded.waiting).toEqual([waiting]);
    await store.save(aSave({ ...owner, nextOffset: 1 }, { waitingRemoved: [waiting] }));
    const again = await store.load({
      topic: TOPIC,
      partition,
      ids: [{ ...waiting, source: '/platform', id: 'gone', withStates: false }],
      keys: [],
    });
    expect(again).toEqual({ ids: [], waiting: [], states: [] });
  });

  it('takes the last of what was saved twice', async () => {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    const key = { contract, key: 'case/a' };
    await store.save(aSave(owner, { states: [aState('case/a', { contract, packed: 'old', nextInstant: AT })] }));
    await store.save(aSave({ ...owner, nextOffset: 1 }, { states: [aState('case/a', { contract, packed: 'new' })] }));
    const { states } = await store.load({ topic: TOPIC, partition, ids: [], keys: [key] });
    expect(states).toEqual([{ ...key, packed: 'new', nextInstant: null }]);
  });
});

describe('what was written', () => {
  it.each([
    ['fact', 'UPDATE fact SET type = $$x$$'],
    ['fact', 'DELETE FROM fact'],
    ['fact', 'TRUNCATE fact'],
    ['fact_2030_03', 'TRUNCATE fact_2030_03'],
    ['decision', 'UPDATE decision SET state = $$met$$'],
    ['decision', 'DELETE FROM decision'],
    ['decision', 'TRUNCATE decision'],
  ])('stays in %s: %s is refused', async (table, statement) => {
    const { partition, contract } = nextPartition();
    const { owner } = await store.take(TOPIC, partition, 'one');
    await store.save(aSave(owner, everything(contract)));
    await expect(store.pool.query(statement)).rejects.toThrow(`Rows of ${table}`);
    expect(await countsOf(contract)).toEqual(ONE_OF_EACH);
  });

  it('keeps documents by their hash, once', async () => {
    await store.putDocument('h1', 'contract', Buffer.from([1, 0, 255]));
    await store.putDocument('h1', 'contract', Buffer.from('other'));
    expect(await store.getDocuments(['h1', 'h2'])).toEqual(new Map([['h1', Buffer.from([1, 0, 255])]]));
  });
});

describe('connecting', () => {
  it('names the place, not the password, when the database does not answer', async () => {
    const refused = Store.connect('postgres://me:secret@127.0.0.1:1/nowhere');
    await expect(refused).rejects.toBeInstanceOf(DatabaseUnusableError);
    await expect(refused).rejects.toThrow(/^The database at 127.0.0.1:1\/nowhere cannot be used: (?!.*secret)/);
  });
});

function serverOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

function through(url: string, port: number): string {
  const proxied = new URL(url);
  proxied.port = `${port}`;
  return proxied.href;
}

async function backendOf(partition: number): Promise<number> {
  const { rows } = await store.pool.query(
    'SELECT backend_pid FROM partition_owner WHERE topic = $1 AND partition = $2',
    [TOPIC, partition],
  );
  return rows[0].backend_pid;
}

/** Leaves the writer of `store` in the middle of a transaction that has locked the partition's row. */
async function hang(partition: number): Promise<void> {
  const writers = (store as unknown as { writers: Map<string, { client: { query(text: string): Promise<unknown> } }> })
    .writers;
  const writer = writers.get(`${TOPIC}/${partition}`);
  // The server would end it by itself else, half a minute later.
  await writer?.client.query('SET idle_in_transaction_session_timeout = 0');
  await writer?.client.query('BEGIN');
  await writer?.client.query(`UPDATE partition_owner SET process = 'hung' WHERE partition = ${partition}`);
  await eventually(async () => {
    const { rows } = await store.pool.query(
      `SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'idle in transaction'`,
      [await backendOf(partition)],
    );
    return rows[0];
  });
}

it('knows the stream with the partitions it had at first', async () => {
  await store.fixStreamPartitions(16);
  await store.fixStreamPartitions(16);
  const refused = store.fixStreamPartitions(32);
  await expect(refused).rejects.toThrow('has 32 partitions, the database knows it with 16');
  // The way out, where it is described.
  const section = 'After the log was replaced';
  await expect(refused).rejects.toThrow(
    `make the topic platform.events anew with 16 partitions, and go on as libs/store/README.md says under "${section}".`,
  );
  expect(readFileSync(join(__dirname, '../README.md'), 'utf8')).toContain(`\n## ${section}\n`);
});
