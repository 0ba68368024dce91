import { randomUUID } from 'node:crypto';
import type { Language } from '#libs/contract';
import { Incidents } from '#libs/store';
import { Failure } from '../failure.js';
import { ownRecord } from '../own-record.js';
import { withServers, type Servers } from '../servers.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface AlertTestOptions {
  readonly route: string;
  readonly contract?: string;
  readonly lang?: Language;
  readonly format: 'json' | 'text';
}

/** For monitor and notifier to take it up, and for the receivers to answer. */
const WAIT_MILLIS = 60_000;
const POLL_MILLIS = 200;

/**
 * `pactwatch alert test`: goes the whole way, as a fact of the contract's stream, so that it proves the route with all there is
 * between. Exit 0: every receiver took it. 1: the route reaches nobody, or a receiver refused. 3: no answer within a minute.
 */
export async function run(terminal: Terminal, options: AlertTestOptions): Promise<ExitCode> {
  return withServers(terminal, async (servers) => {
    const contract = options.contract ?? (await onlyContract(servers));
    const incident = `${contract}/test/${randomUUID()}`;
    await servers.log.append([
      ownRecord(servers.stampKey, {
        contract,
        source: '/pactwatch/alert',
        type: 'alert.test',
        time: Date.now(),
        data: { incident, route: options.route, language: options.lang ?? null },
      }),
    ]);
    return report(terminal, options, contract, await outcome(new Incidents(servers.store.pool), incident));
  });
}

type Outcome = Awaited<ReturnType<Incidents['deliveriesOf']>>;

async function onlyContract({ store }: Servers): Promise<string> {
  const contracts = [...new Set((await store.publishedContracts()).map((row) => row.contract))];
  const [only, ...more] = contracts;
  if (only !== undefined && more.length === 0) return only;
  const there = only === undefined ? 'none is published' : `published: ${contracts.join(', ')}`;
  throw new Failure(only === undefined ? 3 : 2, `--contract is needed: whose contacts are to be written to (${there})`);
}

async function outcome(incidents: Incidents, incident: string): Promise<Outcome> {
  for (const until = Date.now() + WAIT_MILLIS; ;) {
    const deliveries = await incidents.deliveriesOf(incident);
    const settled = deliveries?.every((one) => one.status !== 'pending' || one.response !== null) === true;
    if (settled || Date.now() > until) return deliveries;
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
  }
}

function report(terminal: Terminal, options: AlertTestOptions, contract: string, deliveries: Outcome): ExitCode {
  if (deliveries === undefined) {
    throw new Failure(3, `the test of contract ${contract} did not come back: do a monitor and a notifier run?`);
  }
  if (deliveries.length === 0) {
    throw new Failure(
      1,
      `route '${options.route}' reaches nobody of contract ${contract}: no route has this name, or the contract names no contact that it asks for`,
    );
  }
  for (const { channel, recipient, status, response } of deliveries) {
    terminal.out(
      options.format === 'json'
        ? `${JSON.stringify({ channel, recipient, status, response })}\n`
        : `${channel} ${recipient}: ${status}${response === null ? '' : ` (${response})`}\n`,
    );
  }
  if (deliveries.every((one) => one.status === 'sent')) return 0;
  if (deliveries.some((one) => one.response === null)) return 3;
  return 1;
}
