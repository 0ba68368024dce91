import { join } from 'node:path';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { buildDashboards } from '../../deploy/grafana/src/dashboards.js';

export const DASHBOARDS_FOLDER = join(__dirname, '../../deploy/grafana/dashboards');

interface Target {
  readonly refId: string;
  readonly expr?: string;
  readonly rawSql?: string;
  readonly datasource: { readonly uid: string };
}

interface Override {
  readonly matcher: { readonly id: string; readonly options: string };
  readonly properties: readonly { readonly id: string; readonly value: unknown }[];
}

interface DataLink {
  readonly title: string;
  readonly url: string;
}

export interface ShownPanel {
  readonly dashboard: string;
  readonly title: string;
  readonly targets: readonly Target[];
  readonly overrides: readonly Override[];
}

export interface ShownDashboard {
  readonly file: string;
  readonly built: Dashboard;
  readonly panels: readonly ShownPanel[];
  /** SQL of its variables and annotations. */
  readonly asides: readonly { readonly title: string; readonly rawSql: string }[];
}

/** The dashboards as they are written to their files. */
export const dashboards: readonly ShownDashboard[] = [...buildDashboards()].map(([file, built]) => {
  const plain = JSON.parse(JSON.stringify(built)) as {
    uid: string;
    panels: { title: string; targets: Target[]; fieldConfig: { overrides?: Override[] } }[];
    templating: { list: { name: string; type: string; query: string }[] };
    annotations: { list: { name: string; target: Target }[] };
  };
  return {
    file,
    built,
    panels: plain.panels.map(({ title, targets, fieldConfig }) => ({
      dashboard: plain.uid,
      title,
      targets,
      overrides: fieldConfig.overrides ?? [],
    })),
    asides: [
      ...plain.templating.list
        .filter(({ type }) => type === 'query')
        .map(({ name, query }) => ({ title: `${plain.uid} $${name}`, rawSql: query })),
      ...plain.annotations.list.map(({ name, target }) => ({
        title: `${plain.uid} ${name}`,
        rawSql: target.rawSql ?? '',
      })),
    ],
  };
});

export const panels = dashboards.flatMap((one) => one.panels);

/** Links of a panel's columns, with the field that bears each. */
export function linksOf({ overrides }: ShownPanel): readonly (DataLink & { readonly field: string })[] {
  return overrides.flatMap(({ matcher, properties }) =>
    properties
      .filter(({ id }) => id === 'links')
      .flatMap(({ value }) => (value as DataLink[]).map((link) => ({ ...link, field: matcher.options }))),
  );
}
