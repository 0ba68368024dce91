import { SchedulerRegistry } from '@nestjs/schedule';
import { Incidents, Store } from '#libs/store';
import { createLogger } from '#libs/telemetry';
import { eventually, freshDatabase, type FreshDatabase } from '#libs/testkit';
import { HttpReceiver, type Answer, type Received } from '../../test/receivers/http-receiver.js';
import { AlertmanagerChannel, type AlertmanagerMessage } from './alertmanager-channel.js';
import { AlertmanagerJob } from './alertmanager-job.js';
import type { Robot } from './robot-book.js';

/** Takes whatever is posted to it. */
class Taker extends HttpReceiver {
  protected answer(received: Received): Answer {
    return this.accept(received, { status: 200, body: '' });
  }
}

describe('what is posted to Alertmanager again', () => {
  let database: FreshDatabase;
  let store: Store;
  let taker: Taker;
  let last = 0;
  beforeEach(async () => {
    database = await freshDatabase();
    store = await Store.connect(database.url);
    await store.migrate();
    taker = await new Taker().open();
  });
  afterEach(async () => {
    await Promise.all([taker.close(), store.close()]);
    await database.drop();
  });

  async function anIncident(incident: string, state: string): Promise<void> {
    await store.pool.query(
      `INSERT INTO incident (incident, contract, contract_hash, rule, kind, severity, state, run, opened_at, changed_at, record)
       VALUES ($1, 'DESK-1', 'h', 'first-answer', 'breach', 'breach', $2, 1, now(), now(), '{}')`,
      [incident, state],
    );
  }

  /** A message of which `summary` remains. */
  async function aDelivery(incident: string, recipient: string, status: string, summary: string): Promise<void> {
    last += 1;
    const message: AlertmanagerMessage = {
      ...{ firing: true, startsAt: 0, severity: 'breach' },
      ...{ labels: { alertname: 'PactwatchIncident', incident }, annotations: { summary } },
    };
    await store.pool.query(
      `WITH made AS (
         INSERT INTO alert (topic, partition, record_offset, contract, generation, number, incident, change, kind, warning,
                            record, created_at)
         VALUES ('compliance.alerts', 0, $1, 'DESK-1', 1, $1, $2, 1, 'breach', '', '{}', now()) RETURNING id)
       INSERT INTO delivery (alert_id, channel, recipient, status, idempotency_key, details, created_at)
       SELECT id, $5, $3, $4, $1::text, $6::jsonb, now() FROM made`,
      [last, incident, recipient, status, 'alertmanager', JSON.stringify({ message })],
    );
  }

  it('is the last message taken about each incident that is not over, by each Alertmanager that still exists', async () => {
    await anIncident('open', 'open');
    await aDelivery('open', 'ops', 'sent', 'open, before');
    await aDelivery('open', 'ops', 'sent', 'open');
    await aDelivery('open', 'ops', 'failed', 'open, not taken');
    await aDelivery('open', 'gone', 'sent', 'open, elsewhere');
    await anIncident('acknowledged', 'acknowledged');
    await aDelivery('acknowledged', 'ops', 'sent', 'acknowledged');
    await anIncident('withdrawn', 'withdrawn');
    await aDelivery('withdrawn', 'ops', 'sent', 'withdrawn');
    const ops: Robot = {
      name: 'ops',
      channel: 'alertmanager',
      url: taker.origin,
      secret: 'token',
      allowInternal: true,
    };
    const channel = new AlertmanagerChannel(new Map([['ops', ops]]), false);
    const job = new AlertmanagerJob(new Incidents(store.pool), new SchedulerRegistry(), {
      ...{ channels: new Map([['alertmanager', channel]]), everyMillis: 20, logger: createLogger('silent') },
    });
    job.onApplicationBootstrap();
    const [posted] = await eventually(() => (taker.accepted.length > 0 ? taker.accepted : undefined), {
      within: 60_000,
    });
    await job.onApplicationShutdown();
    expect([posted?.url.pathname, posted?.headers.authorization]).toEqual(['/api/v2/alerts', 'Bearer token']);
    const alerts = posted?.body as { endsAt: string; annotations: { summary: string } }[];
    const stand = alerts.filter(({ endsAt }) => Date.parse(endsAt) > Date.now() + 30 * 60_000);
    expect(stand.map(({ annotations }) => annotations.summary).sort()).toEqual(['acknowledged', 'open']);
  });
});
