import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type DynamicConfigValue,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { POSTGRES, PROMETHEUS, sql } from './queries.js';

/** Everything that people read stands in both languages. */
export function both(chinese: string, english: string): string {
  return `${chinese} · ${english}`;
}

/** Parts of the 24 columns of a row, and lines of height. */
export interface Size {
  readonly span: number;
  readonly height: number;
}
const HALF: Size = { span: 12, height: 8 };
const WHOLE: Size = { span: 24, height: 9 };

interface PanelPlan {
  readonly title: string;
  readonly queries: readonly Builder<Dataquery>[];
  readonly unit?: string;
  readonly size?: Size;
}

export function lines({ title, queries, unit = 'short', size = HALF }: PanelPlan): TimeSeriesBuilder {
  const panel = new TimeSeriesBuilder().title(title).datasource(PROMETHEUS).unit(unit);
  queries.forEach((query) => panel.withTarget(query));
  return panel.span(size.span).height(size.height);
}

/** Figures now; red below or above a limit. */
export function figures(plan: PanelPlan & { readonly redFrom?: number }): StatBuilder {
  const { title, queries, unit = 'short', size = { span: 6, height: 4 }, redFrom } = plan;
  const panel = new StatBuilder().title(title).datasource(PROMETHEUS).unit(unit);
  if (redFrom !== undefined) {
    panel.thresholds(
      new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
        { value: null, color: 'green' },
        { value: redFrom, color: 'red' },
      ]),
    );
  }
  queries.forEach((query) => panel.withTarget(query));
  return panel.span(size.span).height(size.height);
}

/** Parts of a budget that are left: what is overdrawn is red. */
export function budgets({ title, queries, size = HALF }: PanelPlan): BarGaugeBuilder {
  const panel = new BarGaugeBuilder()
    .title(title)
    .datasource(PROMETHEUS)
    .unit('percentunit')
    .min(-1)
    .max(1)
    .thresholds(
      new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
        { value: null, color: 'red' },
        { value: 0, color: 'orange' },
        { value: 0.25, color: 'green' },
      ]),
    );
  queries.forEach((query) => panel.withTarget(query));
  return panel.span(size.span).height(size.height);
}

interface Column {
  readonly field: string;
  readonly title: string;
  readonly unit?: string;
  readonly link?: { readonly title: string; readonly url: string };
}

/** Rows of a query. Fields that only serve links are named in `hidden`. */
export function table(plan: {
  readonly title: string;
  readonly query: string;
  readonly columns: readonly Column[];
  readonly hidden?: readonly string[];
  readonly size?: Size;
}): TableBuilder {
  const { title, query, columns, hidden = [], size = WHOLE } = plan;
  const panel = new TableBuilder().title(title).datasource(POSTGRES).withTarget(sql(query));
  for (const { field, title: displayName, unit, link } of columns) {
    const properties: DynamicConfigValue[] = [{ id: 'displayName', value: displayName }];
    if (unit !== undefined) properties.push({ id: 'unit', value: unit });
    if (link !== undefined) properties.push({ id: 'links', value: [{ ...link, targetBlank: true }] });
    panel.overrideByName(field, properties);
  }
  for (const field of hidden) panel.overrideByName(field, [{ id: 'custom.hidden', value: true }]);
  return panel.span(size.span).height(size.height);
}

/** The page of the product's own interface that a row's `audit_path` leads to. */
export const toAudit = {
  title: both('查看依据', 'See why'),
  url: '${audit:raw}${__data.fields.audit_path:raw}',
};
/** The platform's own page of the case, where the contract names one. */
export const toCase = { title: both('平台案件页', 'The case on the platform'), url: '${__data.fields.case_link:raw}' };
/** The dashboard of the row's contract. */
export const toContract = {
  title: both('合同详情', 'The contract'),
  url: '/d/pactwatch-contract?var-contract=${__data.fields.contract:percentencode}&${__url_time_range}',
};

export function linkToDashboard(title: string, uid: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(`/d/${uid}`).keepTime(true);
}
