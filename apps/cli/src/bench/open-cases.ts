import { TOPICS } from '#libs/bus';
import type { LoadedContract } from '../load-contracts.js';
import { appendEvents } from './append-events.js';
import { publishInto, type Bench } from './bench-product.js';
import { openComplaint } from './scattered-answers.js';
import { waitUntil } from './wait-until.js';

/** A database with one complaint open in the contract, judged by the product; `growCases` makes many of it. */
export async function publishWithOpenCase(
  bench: Bench,
  name: string,
  contract: LoadedContract,
  subject: string,
): Promise<string> {
  return publishInto(bench, name, [contract], async (databaseUrl, monitor) => {
    const first = openComplaint(contract.contract.id, subject, Date.now());
    await appendEvents(bench, 1, () => first);
    await waitUntil<{ judged: boolean }>(bench, {
      databaseUrl,
      process: monitor,
      what: `the first record in ${TOPICS.events} is judged`,
      query: { text: 'SELECT EXISTS (SELECT 1 FROM verdict WHERE subject = $1) AS judged', values: [subject] },
      done: ({ judged }) => judged,
    });
  });
}
