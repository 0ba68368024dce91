import { SchedulerRegistry } from '@nestjs/schedule';
import type { Incidents } from '#libs/store';
import { createLogger } from '#libs/telemetry';
import { eventually } from '#libs/testkit';
import { Alertmanager, hasAlertmanager } from '../../test/receivers/alertmanager.js';
import { HttpReceiver, type Answer, type Received } from '../../test/receivers/http-receiver.js';
import type { Alert } from '../alert.js';
import { AlertmanagerChannel } from './alertmanager-channel.js';
import { AlertmanagerJob } from './alertmanager-job.js';
import type { Letter, Occasion } from './channel.js';

/** What Alertmanager tells. */
class Listener extends HttpReceiver {
  protected answer(received: Received): Answer {
    return this.accept(received, { status: 200, body: {} });
  }

  /** Status and severity of every alert it was told of, in order. */
  get told(): readonly string[] {
    const bodies = this.accepted.map(
      ({ body }) => body as { alerts: { status: string; labels: { severity: string } }[] },
    );
    return bodies.flatMap(({ alerts }) => alerts.map(({ status, labels }) => `${status} ${labels.severity}`));
  }
}

const alert = {
  kind: 'breach',
  effectiveAt: Date.parse('2026-03-24T06:30:00Z'),
  standard: null,
  verdict: { clause: '5.1.2', obligation: 'first-answer', party: 'provider' },
} as Alert;

function letter(occasion: Partial<Occasion>): Letter {
  return {
    notice: {
      language: 'en',
      subject: '[Breach] Ticket T-1',
      greeting: 'Dear Ada,',
      paragraphs: ['The provider breached clause 5.1.2.'],
      rows: [['Clause', '5.1.2']],
      advice: 'Please see to it at once.',
      links: [['See the verdict', 'https://pactwatch.example.com/v1/breaches/x']],
      footer: 'Sent by Pactwatch.',
      shortened: 'Shortened.',
    },
    recipient: 'ops',
    addressee: { party: 'client', role: 'ops', name: 'Ada', language: 'en', route: 'r' },
    contacts: [],
    idempotencyKey: 'k',
    occasion: {
      type: 'compliance.alert.breach',
      incident: 'DESK-1/first-answer/T-1/1',
      contract: 'DESK-1',
      at: Date.parse('2026-03-24T06:30:01Z'),
      record: '{}',
      alert,
      severity: 'breach',
      state: 'open',
      ...occasion,
    },
  };
}

const title = 'an incident at Alertmanager';
const tried = hasAlertmanager || process.env['CI'] === 'true' ? describe : describe.skip;

tried(hasAlertmanager ? title : `${title} (skipped: prometheus-alertmanager is not installed)`, () => {
  let listener: Listener;
  let alertmanager: Alertmanager;
  let channel: AlertmanagerChannel;
  beforeEach(async () => {
    listener = await new Listener().open();
    alertmanager = await new Alertmanager(`${listener.origin}/told`).start();
    const robot = {
      name: 'ops',
      channel: 'alertmanager',
      url: alertmanager.url,
      secret: null,
      allowInternal: true,
    } as const;
    channel = new AlertmanagerChannel(new Map([['ops', robot]]), false);
  });
  afterEach(async () => {
    await alertmanager.close();
    await listener.close();
  });

  const send = (occasion: Partial<Occasion>) =>
    channel.send(channel.render(letter(occasion)), {
      ...{ recipient: 'ops', idempotencyKey: 'k', now: new Date(), signal: AbortSignal.timeout(60_000) },
    });
  const toldOf = (words: string) =>
    eventually(() => (listener.told.includes(words) ? true : undefined), { within: 60_000 });

  it('is one alert that begins, becomes more severe and ends with it', async () => {
    expect(await send({ severity: 'warning' })).toMatchObject({ result: 'sent' });
    await toldOf('firing warning');
    await send({ severity: 'breach' });
    await toldOf('firing breach');
    await toldOf('resolved warning');
    expect(await alertmanager.active()).toEqual([
      {
        ...{ alertname: 'PactwatchIncident', contract: 'DESK-1', incident: 'DESK-1/first-answer/T-1/1' },
        ...{ clause: '5.1.2', rule: 'first-answer', party: 'provider', severity: 'breach' },
      },
    ]);
    await send({ severity: 'notice', state: 'withdrawn' });
    await toldOf('resolved breach');
    expect(await alertmanager.active()).toEqual([]);
    expect(listener.told.filter((one) => /notice|critical/.test(one))).toEqual([]);
  }, 240_000);

  it('is posted again while it stands, so that an Alertmanager that forgot it knows it again', async () => {
    await send({});
    await toldOf('firing breach');
    const message = JSON.stringify(channel.render(letter({})));
    const standing = [{ recipient: 'ops', incident: 'DESK-1/first-answer/T-1/1', message }];
    const incidents = { standingMessages: () => Promise.resolve(standing) } as unknown as Incidents;
    const job = new AlertmanagerJob(incidents, new SchedulerRegistry(), {
      ...{ channels: new Map([['alertmanager', channel]]), everyMillis: 50, logger: createLogger('silent') },
    });
    await alertmanager.stop();
    await alertmanager.start();
    expect(await alertmanager.active()).toEqual([]);
    job.onApplicationBootstrap();
    await eventually(async () => ((await alertmanager.active()).length === 1 ? true : undefined), { within: 60_000 });
    await job.onApplicationShutdown();
  }, 240_000);

  it('that it cannot read is given up', async () => {
    const spoilt = { ...channel.render(letter({})), labels: { 'not a name': 'x' } };
    const sending = { recipient: 'ops', idempotencyKey: 'k', now: new Date(), signal: AbortSignal.timeout(60_000) };
    expect(await channel.send(spoilt, sending)).toMatchObject({
      result: 'failed',
      response: expect.stringContaining('400'),
    });
  }, 240_000);
});
