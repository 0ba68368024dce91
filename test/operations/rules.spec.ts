import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createMetrics } from '#libs/telemetry';
import { metricsIn, parsePromql } from './promql.js';
import { alertingRules, PROMETHEUS_FOLDER, recordingRules, yamlFiles } from './rule-files.js';
import { describeWith, runTool } from './tools.js';

/** Starting programs takes long on a machine that is busy. */
jest.setTimeout(180_000);

const root = join(__dirname, '../..');
const ALERTMANAGER_FILE = join(root, 'deploy/alertmanager/alertmanager.yml');

function filesOf(folder: 'rules' | 'tests'): string[] {
  return [...yamlFiles(folder).keys()].map((name) => join(PROMETHEUS_FOLDER, folder, name));
}

describe('the rules for Prometheus', () => {
  it.each(
    [...recordingRules, ...alertingRules].map((rule) => ['record' in rule ? rule.record : rule.alert, rule.expr]),
  )('%s asks in PromQL, for metrics that exist', async (_, expr) => {
    parsePromql(expr);
    const own = (await createMetrics({ node: false }).registry.getMetricsAsJSON()).flatMap(({ name, type }) =>
      String(type) === 'histogram' ? ['bucket', 'sum', 'count'].map((suffix) => `${name}_${suffix}`) : [name],
    );
    const known = ['up', ...own, ...recordingRules.map(({ record }) => record)];
    expect(metricsIn(expr).filter((name) => !known.includes(name))).toEqual([]);
  });

  it.each(alertingRules)('$alert says in both languages what is wrong, and leads to a runbook', (rule) => {
    const { alert, labels, annotations } = rule;
    expect(annotations).toEqual({
      summary: expect.stringMatching(/^[A-Z{].*\.$/) as string,
      summary_zh: expect.stringMatching(/\p{Script=Han}.*。$/u) as string,
      runbook_url: expect.stringMatching(/^deploy\/runbooks\/[a-z-]+\.md$/) as string,
    });
    expect(['critical', 'warning']).toContain(labels.severity);
    expect(['platform', 'monitor', 'notifier', 'feed', 'security', 'contract']).toContain(labels.component);
    const file = join(root, annotations.runbook_url ?? '');
    expect(existsSync(file)).toBe(true);
    const text = readFileSync(file, 'utf8');
    expect(text.match(/^# .*$/m)?.[0]).toContain(alert);
    expect(text.match(/^## .*$/gm)).toEqual(['## What it means', '## What to do', '## 含义', '## 处理']);
  });

  it('have no runbook too many', () => {
    const named = alertingRules.map(({ annotations }) => annotations.runbook_url);
    const there = readdirSync(join(root, 'deploy/runbooks'))
      .filter((name) => name !== 'README.md')
      .map((name) => `deploy/runbooks/${name}`);
    expect(there.filter((name) => !named.includes(name))).toEqual([]);
  });

  it('are each tried by a test that fires them and one that does not', () => {
    interface Tried {
      readonly tests: {
        readonly alert_rule_test?: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
      }[];
    }
    const tried = [...yamlFiles<Tried>('tests').values()]
      .flatMap(({ tests }) => tests)
      .flatMap((test) => test.alert_rule_test ?? []);
    const quiet = new Set(tried.filter(({ exp_alerts }) => exp_alerts.length === 0).map(({ alertname }) => alertname));
    const fired = new Set(tried.filter(({ exp_alerts }) => exp_alerts.length > 0).map(({ alertname }) => alertname));
    const names = alertingRules.map(({ alert }) => alert).sort();
    expect([...fired].sort()).toEqual(names);
    expect([...quiet].sort()).toEqual(names);
  });
});

describeWith(['promtool'], 'promtool', () => {
  it('takes rules and configuration', () => {
    runTool('promtool', ['check', 'rules', ...filesOf('rules')]);
    runTool('promtool', ['check', 'config', join(PROMETHEUS_FOLDER, 'prometheus.yml')]);
  });

  it('finds that the alerts fire when they should', () => {
    runTool('promtool', ['test', 'rules', ...filesOf('tests')]);
  });
});

describeWith(['amtool'], 'amtool', () => {
  it('takes the configuration of Alertmanager', () => {
    expect(runTool('amtool', ['check-config', ALERTMANAGER_FILE])).toContain('SUCCESS');
  });

  it('finds the receiver that is meant for each kind of alert', () => {
    const kinds = new Map(
      alertingRules.map(({ labels: { severity, component } }) => [`${severity} ${component}`, { severity, component }]),
    );
    const receivers = [...kinds.values()].map(({ severity, component }) => {
      const labels = [`severity=${severity}`, `component=${component}`];
      const argv = ['config', 'routes', 'test', `--config.file=${ALERTMANAGER_FILE}`, ...labels];
      return `${severity} ${component} -> ${runTool('amtool', argv).trim()}`;
    });
    expect(receivers.sort()).toEqual([
      'critical contract -> account-managers',
      'critical monitor -> on-call',
      'critical notifier -> on-call',
      'critical platform -> on-call',
      'critical security -> security',
      'warning contract -> account-managers',
      'warning feed -> platform-operators',
      'warning monitor -> operators',
    ]);
  });

  it('finds no secret in it', () => {
    const text = readFileSync(ALERTMANAGER_FILE, 'utf8');
    const { global, receivers } = parse(text) as { global: object; receivers: { pagerduty_configs?: object[] }[] };
    const keys = [global, ...receivers.flatMap(({ pagerduty_configs = [] }) => pagerduty_configs)].flatMap(Object.keys);
    expect(keys.filter((key) => /(password|secret|key)$/.test(key))).toEqual([]);
    expect(keys).toEqual(expect.arrayContaining(['smtp_auth_password_file', 'routing_key_file']));
  });
});
