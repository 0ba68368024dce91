import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createMetrics } from '#libs/telemetry';
import { dashboards, DASHBOARDS_FOLDER, linksOf, panels } from './dashboard-files.js';
import { metricsIn } from './promql.js';
import { recordingRules } from './rule-files.js';

const HAN = /\p{Script=Han}/u;

describe('the dashboards', () => {
  it('are those that the repository holds', () => {
    const texts = new Map(dashboards.map(({ file, built }) => [file, `${JSON.stringify(built, null, 2)}\n`]));
    if (process.env.PACTWATCH_UPDATE === '1') {
      mkdirSync(DASHBOARDS_FOLDER, { recursive: true });
      for (const [file, text] of texts) writeFileSync(join(DASHBOARDS_FOLDER, file), text);
    }
    expect(readdirSync(DASHBOARDS_FOLDER).sort()).toEqual([...texts.keys()].sort());
    for (const [file, text] of texts) expect(readFileSync(join(DASHBOARDS_FOLDER, file), 'utf8')).toBe(text);
  });

  it('are of the schema that file provisioning takes, and each of a name of its own', () => {
    expect(dashboards.map(({ built }) => built.schemaVersion)).toEqual([42, 42, 42, 42]);
    expect(new Set(dashboards.map(({ built }) => built.uid)).size).toBe(dashboards.length);
  });

  it('ask for metrics that exist, in PromQL', async () => {
    const own = (await createMetrics().registry.getMetricsAsJSON()).flatMap(({ name, type }) =>
      String(type) === 'histogram' ? ['bucket', 'sum', 'count'].map((suffix) => `${name}_${suffix}`) : [name],
    );
    const known = new Set(['up', ...own, ...recordingRules.map(({ record }) => record)]);
    const asked = panels.flatMap(({ title, targets }) =>
      targets.flatMap(({ expr }) => {
        if (expr === undefined) return [];
        return metricsIn(expr.replaceAll('$__rate_interval', '1m')).map((metric) => ({ title, metric }));
      }),
    );
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter(({ metric }) => !known.has(metric))).toEqual([]);
  });

  it('read no table but the reporting views, and never without an end', () => {
    const queries = panels.flatMap(({ title, targets }) =>
      targets.flatMap(({ rawSql }) => (rawSql === undefined ? [] : [{ title, rawSql }])),
    );
    expect(queries.length).toBeGreaterThan(8);
    for (const { title, rawSql } of queries) {
      expect([title, rawSql]).toEqual([title, expect.stringMatching(/\nLIMIT \d+$/)]);
      const tables = [...rawSql.matchAll(/\b(?:FROM|JOIN) (\S+)/g)].map(([, name = '']) => name);
      expect(tables.filter((name) => !name.startsWith('reporting.'))).toEqual([]);
    }
  });

  it('say everything in both languages', () => {
    const words = panels.flatMap(({ title, overrides }) => [
      title,
      ...overrides.flatMap(({ properties }) =>
        properties.filter(({ id }) => id === 'displayName').map(({ value }) => String(value)),
      ),
    ]);
    expect(words.filter((text) => !(HAN.test(text) && /[A-Za-z]{2}/.test(text)))).toEqual([]);
  });

  it('use the data sources that are provisioned, Prometheus for rates and PostgreSQL for cases', () => {
    const file = join(DASHBOARDS_FOLDER, '../provisioning/datasources/pactwatch.yaml');
    const { datasources } = parse(readFileSync(file, 'utf8')) as {
      datasources: { uid: string; type: string; user?: string; secureJsonData?: { password: string } }[];
    };
    expect(datasources.map(({ uid, type }) => [uid, type])).toEqual([
      ['pactwatch-prometheus', 'prometheus'],
      ['pactwatch-postgres', 'grafana-postgresql-datasource'],
    ]);
    expect(datasources[1]).toMatchObject({
      user: 'pactwatch_reader',
      secureJsonData: { password: expect.stringMatching(/^\$__file\{.*\}$/) as string },
    });
    const asked = panels.flatMap(({ targets }) => targets);
    for (const { expr, datasource } of asked) {
      expect(datasource.uid).toBe(expr === undefined ? 'pactwatch-postgres' : 'pactwatch-prometheus');
    }
  });

  it('lead to dashboards that exist, to the audit API and to the platform', () => {
    const uids = dashboards.map(({ built }) => built.uid);
    const links = [
      ...panels.flatMap(linksOf),
      ...dashboards.flatMap(({ built }) => (built.links ?? []).map(({ url = '' }) => ({ url }))),
    ].map(({ url }) => url);
    for (const url of links) {
      const [, uid] = /^\/d\/([a-z-]+)/.exec(url) ?? [];
      if (uid !== undefined) expect(uids).toContain(uid);
      else {
        expect(['${audit:raw}${__data.fields.audit_path:raw}', '${__data.fields.case_link:raw}']).toContain(url);
      }
    }
    expect(new Set(links.map((url) => url.slice(0, 6))).size).toBe(3);
  });
});
