import { TOPICS } from '#libs/bus';
import { eventually, freshDatabase, type FreshDatabase } from '#libs/testkit';
import { idAt, Lab } from '../test/lab.js';
import { labContract } from '../test/lab-contract.js';
import { anEvent } from '../test/lab-records.js';

const HOME = 1;
const ID = idAt(HOME);

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

const received = (subject: string, contract = ID) =>
  anEvent({ id: `received ${subject}`, subject, time: Date.now() - 100, contract });

/** What was first decided about each subject, in the order of the numbers. */
const allowed = async (contract = ID): Promise<unknown[]> => {
  const first = new Map<string, unknown>();
  for (const { subject, record } of await lab.decisions(contract))
    if (!first.has(subject)) first.set(subject, record['allowed']);
  return [...first];
};

/** What was decided about a subject last. */
const lastAllowed = async (of: string): Promise<unknown> =>
  (await lab.decisions(ID)).findLast(({ subject }) => subject === of)?.record['allowed'];

const until = (check: () => Promise<boolean>): Promise<true> =>
  eventually(async () => ((await check()) || lab.fatal.length > 0 ? true : undefined));

it('takes up a contract and a version at their places in the stream, while it runs', async () => {
  const OTHER = idAt(HOME + 1);
  await lab.publish(labContract(ID));
  await lab.append(received('S-1'));
  await lab.publish(labContract(ID, { version: 2, soon: 'PT10M' }));
  await lab.append(received('S-2'));
  // All of it is one batch of the first.
  await lab.start();
  await until(async () => (await allowed()).length === 2);
  expect(await allowed()).toEqual([
    ['S-1', 'PT30M'],
    ['S-2', 'PT10M'],
  ]);
  await lab.publish(labContract(ID, { version: 3, soon: 'PT5M' }));
  await lab.append(received('S-3'));
  await lab.publish(labContract(OTHER));
  await lab.append(received('S-4', OTHER));
  await until(async () => (await allowed()).length === 3 && (await allowed(OTHER)).length === 1);
  expect((await allowed()).at(-1)).toEqual(['S-3', 'PT5M']);
  expect(await allowed(OTHER)).toEqual([['S-4', 'PT30M']]);
  // The version is in force from the start of the term: a sweep tells those that it was there for.
  await until(async () => (await lastAllowed('S-1')) === 'PT5M');
  expect(lab.fatal).toEqual([]);
});

it('keeps to the content that a version was published with first, and quarantines any other', async () => {
  await lab.publish(labContract(ID));
  await lab.publish(labContract(ID, { soon: 'PT10M' }));
  await lab.append(received('S-1'));
  await lab.start();
  await until(async () => (await allowed()).length === 1);
  expect(await allowed()).toEqual([['S-1', 'PT30M']]);
  const { rows } = await lab.store.pool.query('SELECT reason, contract, detail FROM quarantine');
  const detail = expect.stringMatching(
    `version 1 of contract '${ID}' is already published with other content`,
  ) as string;
  expect(rows).toEqual([{ reason: 'ID_REUSE', contract: ID, detail }]);
  expect(lab.fatal).toEqual([]);
});

it('takes no partition for which it lacks the bytes, is not ready, and goes on once they are there', async () => {
  const published = labContract(ID);
  await lab.publish(published);
  const { stop } = await lab.start();
  await until(async () => (await lab.store.readOwner(TOPICS.events, HOME))?.nextOffset === 1);
  await stop();
  const epoch = async (): Promise<number> => (await lab.store.readOwner(TOPICS.events, HOME))!.epoch;
  const before = await epoch();
  await lab.store.pool.query('DELETE FROM document WHERE hash = $1', [published.hash]);
  await lab.append(received('S-1'));
  const { monitor } = await lab.start();
  const readiness = (): Promise<string> => monitor.check().then(String, (error: Error) => error.message);
  await until(async () => (await readiness()).includes(`${HOME} is being taken`));
  // Tried, and tried again: it has seen that they are not there.
  await until(async () => (await epoch()) > before + 1);
  expect(await lab.decisions(ID)).toEqual([]);
  await lab.store.putDocument(published.hash, 'contract', Buffer.from(published.text));
  await until(async () => (await allowed()).length === 1);
  await until(async () => (await readiness()) === 'undefined');
  expect(lab.fatal).toEqual([]);
});
