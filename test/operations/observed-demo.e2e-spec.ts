import pg from 'pg';
import { createMetrics } from '#libs/telemetry';
import { eventually } from '#libs/testkit';
import { dashboards, linksOf, panels } from './dashboard-files.js';
import { CONTRACT, startDemo, type ObservedDemo } from './observed-demo.js';
import {
  startAlertmanager,
  startPrometheus,
  startReceiver,
  type Prometheus,
  type Receiver,
  type ToldAlert,
} from './observers.js';
import { withoutThresholds } from './promql.js';
import { alertingRules, recordingRules } from './rule-files.js';
import { describeWith } from './tools.js';

const WITHIN = { within: 180_000 };
jest.setTimeout(600_000);

/** As Grafana fills in its variables before it asks. */
function filledIn(text: string): string {
  return text
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$contract', CONTRACT)
    .replaceAll('${contract:sqlstring}', `'${CONTRACT}'`)
    .replace(/\$__timeFilter\((\w+)\)/g, "$1 BETWEEN '2020-01-01' AND '2099-01-01'");
}

describeWith(['prometheus', 'prometheus-alertmanager'], 'a demo that real Prometheus and Alertmanager watch', () => {
  const opened: (() => Promise<void>)[] = [];
  let demo: ObservedDemo;
  let receiver: Receiver;
  let prometheus: Prometheus;

  beforeAll(async () => {
    const keep = <T extends { close(): Promise<void> }>(one: T): T => {
      opened.push(() => one.close());
      return one;
    };
    receiver = keep(await startReceiver());
    const alertmanager = keep(await startAlertmanager(receiver));
    demo = keep(await startDemo());
    prometheus = keep(await startPrometheus({ target: demo.host, alertmanager }));
    await demo.publishLamps();
    await demo.reportLamp('L-1');
    await demo.sendNonsense();
  });

  afterAll(async () => {
    for (const close of opened.reverse()) await close();
  });

  it('tells the right receiver of a feed that falls silent, and again when it is heard', async () => {
    const told = (status: ToldAlert['status'], after = 0) =>
      receiver.told.slice(after).find((one) => one.status === status && one.labels.alertname === 'PactwatchFeedSilent');
    const fired = await eventually(() => told('firing'), WITHIN);
    expect(fired).toEqual({
      receiver: 'platform-operators',
      status: 'firing',
      labels: {
        alertname: 'PactwatchFeedSilent',
        contract: 'LAMPS-1',
        feed: '/city',
        severity: 'warning',
        component: 'feed',
      },
      annotations: {
        summary: 'Feed /city of contract LAMPS-1 gives no sign of life.',
        summary_zh: '合同 LAMPS-1 的数据源 /city 已静默。',
        runbook_url: 'deploy/runbooks/feed-silent.md',
      },
    });
    const before = receiver.told.length;
    await demo.reportLamp('L-2');
    expect(await eventually(() => told('resolved', before), WITHIN)).toMatchObject({ receiver: 'platform-operators' });
  });

  describe('when the month has been played', () => {
    beforeAll(() => demo.played());

    it('has an answer to the question of each rule, and of each panel', async () => {
      const asked = [
        ...recordingRules.map(({ record }) => record),
        ...recordingRules.map(({ expr }) => expr),
        ...alertingRules.map(({ expr }) => withoutThresholds(expr)),
        ...panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => (expr === undefined ? [] : [filledIn(expr)]))),
      ];
      await eventually(async () => {
        const silent: string[] = [];
        for (const expression of asked) if ((await prometheus.query(expression)).length === 0) silent.push(expression);
        expect(silent).toEqual([]);
        return true;
      }, WITHIN);
    });

    it('shows every metric of the product under its name, with its labels', async () => {
      const own = await createMetrics({ node: false }).registry.getMetricsAsJSON();
      const text = await (await fetch(`http://${demo.host}/metrics`)).text();
      const shown = new Map(
        [...text.matchAll(/^# TYPE (pactwatch_\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]),
      );
      expect(shown).toEqual(new Map(own.map(({ name, type }) => [name, String(type)])));
      expect(text).not.toMatch(/^pactwatch_\S*\{[^}]*(subject|case|order|person)=/m);
    });
  });

  describe('whoever may only read reports', () => {
    let reader: pg.Client;

    beforeAll(async () => {
      await demo.played();
      reader = new pg.Client({ connectionString: demo.databaseUrl });
      await reader.connect();
      await reader.query('SET ROLE pactwatch_reader');
    });
    afterAll(() => reader.end());

    it.each(['SELECT 1 FROM fact', 'SELECT 1 FROM delivery', 'DELETE FROM reporting.amendment', 'CREATE TABLE t ()'])(
      'cannot %s',
      async (statement) => {
        await expect(reader.query(statement)).rejects.toMatchObject({ code: '42501' });
      },
    );

    it.each([
      ...panels.flatMap(({ dashboard, title, targets, overrides }) =>
        targets.flatMap(({ rawSql }) =>
          rawSql === undefined
            ? []
            : [{ title: `${dashboard} ${title}`, rawSql, fields: overrides.map(({ matcher }) => matcher.options) }],
        ),
      ),
      ...dashboards.flatMap(({ asides }) => asides.map((aside) => ({ ...aside, fields: [] as string[] }))),
    ])('gets rows for $title', async ({ rawSql, fields }) => {
      const { rows, fields: given } = await eventually(async () => {
        const result = await reader.query<Record<string, unknown>>(filledIn(rawSql));
        return result.rows.length === 0 ? undefined : result;
      }, WITHIN);
      expect(rows.length).toBeGreaterThan(0);
      expect(given.map(({ name }) => name)).toEqual(expect.arrayContaining(fields));
    });

    it('is led by each link to a page that answers, and to a page of the platform', async () => {
      const followed = new Set<string>();
      for (const panel of panels.filter((one) => linksOf(one).length > 0)) {
        const { rows } = await reader.query<Record<string, string | null>>(
          filledIn(panel.targets[0]?.rawSql ?? '').replace(/LIMIT \d+$/, 'LIMIT 2'),
        );
        for (const row of rows) {
          for (const { url } of linksOf(panel)) {
            const link = url
              .replace('${audit:raw}', `http://${demo.host}`)
              .replace(/\$\{__data\.fields\.(\w+):(raw|percentencode)\}/, (_, field: string, form: string) => {
                const value = row[field] ?? '';
                return form === 'raw' ? value : encodeURIComponent(value);
              });
            if (link.startsWith(`http://${demo.host}/`)) {
              if (link.endsWith(demo.host)) throw new Error(`${panel.title}: a row without a page`);
              expect([link, (await fetch(link)).status]).toEqual([link, 200]);
              followed.add('audit');
            } else if (link.startsWith('/d/')) {
              expect(link).toMatch(/^\/d\/pactwatch-contract\?var-contract=[^&{}]+&\$\{__url_time_range\}$/);
              followed.add('dashboard');
            } else {
              expect(link).toMatch(/^https:\/\/crm\.example\.com\/cases\/[A-Za-z0-9_.~%-]+$/);
              followed.add('platform');
            }
          }
        }
      }
      expect([...followed].sort()).toEqual(['audit', 'dashboard', 'platform']);
    });
  });
});
