import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  type AnnotationQuery,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { both, linkToDashboard } from './panels.js';
import { POSTGRES, sql } from './queries.js';

export const UIDS = {
  contracts: 'pactwatch-contracts',
  contract: 'pactwatch-contract',
  operations: 'pactwatch-operations',
  audit: 'pactwatch-audit',
};

/** What all dashboards have: the address of the product's own pages, the way to each other. */
export function frame(uid: string, title: string, from: string): DashboardBuilder {
  return new DashboardBuilder(title)
    .uid(uid)
    .tags(['pactwatch'])
    .readonly()
    .time({ from, to: 'now' })
    .timezone('browser')
    .refresh('1m')
    .withVariable(
      new TextBoxVariableBuilder('audit').label(both('审计接口', 'Audit API')).defaultValue('http://localhost:3000'),
    )
    .link(linkToDashboard(both('合同概览', 'Contracts'), UIDS.contracts))
    .link(linkToDashboard(both('运行', 'Operations'), UIDS.operations))
    .link(linkToDashboard(both('审计', 'Audit'), UIDS.audit));
}

/** Ids of contracts, asked of the database: a contract is there before it has any series. */
export function contractVariable(): QueryVariableBuilder {
  return new QueryVariableBuilder('contract')
    .label(both('合同', 'Contract'))
    .datasource(POSTGRES)
    .query('SELECT contract FROM reporting.contract ORDER BY contract')
    .refresh(VariableRefresh.OnDashboardLoad);
}

/** Marks over all panels: breaches as they were decided, versions as they were published. */
export function marks(where: string): readonly Builder<AnnotationQuery>[] {
  return [
    mark(
      both('违约', 'Breaches'),
      'red',
      `SELECT decided_at AS time, obligation || ' ' || subject AS text, type AS tags
FROM reporting.decision
WHERE $__timeFilter(decided_at) AND type = 'compliance.breach.declared' AND ${where}
ORDER BY decided_at DESC LIMIT 500`,
    ),
    mark(
      both('合同变更', 'Amendments'),
      'blue',
      `SELECT published_at AS time, contract || ' v' || version AS text, 'amendment' AS tags
FROM reporting.amendment
WHERE $__timeFilter(published_at) AND ${where}
ORDER BY published_at DESC LIMIT 500`,
    ),
  ];
}

function mark(name: string, color: string, rawSql: string): Builder<AnnotationQuery> {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(POSTGRES)
    .enable(true)
    .iconColor(color)
    .target(sql(rawSql, { refId: 'Anno' }));
}
