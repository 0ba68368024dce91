import { TOPICS } from '#libs/bus';
import { createLogger } from '#libs/telemetry';
import { freshDatabase, type FreshDatabase } from '#libs/testkit';
import { Lab } from '../test/lab.js';
import type { Monitor } from './monitor.js';
import type { ProcessTime } from './process-time.js';

const PARTITION = 1;
/** What the database takes at most to note what an overtaken owner says. */
const NOTED_WITHIN_MILLIS = 2_000;

let database: FreshDatabase;
let lab: Lab;

beforeEach(async () => {
  database = await freshDatabase();
  lab = await Lab.open(database.url);
});

afterEach(async () => {
  await lab?.close();
  await database?.drop();
});

const take = (monitor: Monitor): Promise<number> => monitor.assigned(TOPICS.events, PARTITION);

/** Takes the partition at the place where others stand who took it before; returns them. */
async function overtaken(): Promise<Monitor[]> {
  const owners = [await lab.byHand(), await lab.byHand()];
  for (const owner of owners) await take(owner);
  return owners;
}

/** It goes on with what it was about to do, and finds that the partition is another's. */
async function wakesUp(owner: Monitor): Promise<void> {
  const batch = await lab.batch(PARTITION);
  await expect(owner.read(batch).then((taken) => taken.settled)).rejects.toMatchObject({ retriable: true });
}

/** A monitor whose first wait is as long as something takes. */
async function waitingFor(something: () => Promise<void>) {
  const waits: number[] = [];
  const warnings: string[] = [];
  const time: ProcessTime = {
    now: Date.now,
    after: (millis, call) => {
      waits.push(millis);
      if (waits.length === 1) void something().then(call);
      return () => undefined;
    },
  };
  const logger = createLogger('silent');
  jest.spyOn(logger, 'warn').mockImplementation((_, text?: string) => void warnings.push(String(text)));
  return { monitor: await lab.byHand(() => ({ time, logger })), waits, warnings };
}

describe('The third owner at one place', () => {
  beforeEach(() => lab.append({ topic: TOPICS.events, partition: PARTITION, key: null, value: 'no event' }));

  it('waits before it tries records one by one, and does not where those it has overtaken live', async () => {
    const owners = await overtaken();
    const { monitor, waits, warnings } = await waitingFor(async () => {
      for (const owner of owners) await wakesUp(owner);
    });
    await take(monitor);
    expect(monitor.sessions().map(({ trial }) => trial)).toEqual([null]);
    expect(warnings).toEqual([]);
    expect(waits[0]).toBeGreaterThan(NOTED_WITHIN_MILLIS);
  });

  it('tries them one by one where nobody has said so by then', async () => {
    await overtaken();
    const { monitor, warnings } = await waitingFor(() => Promise.resolve());
    await take(monitor);
    expect(monitor.sessions().map(({ trial }) => trial)).toEqual([expect.objectContaining({ poison: null })]);
    expect(warnings).toHaveLength(1);
  });
});
