import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';

/** The data sources of `provisioning/datasources`: Prometheus for rates, PostgreSQL for cases and money. */
export const PROMETHEUS = { type: 'prometheus', uid: 'pactwatch-prometheus' };
export const POSTGRES = { type: 'grafana-postgresql-datasource', uid: 'pactwatch-postgres' };

interface SqlQuery {
  readonly refId: string;
  readonly datasource: typeof POSTGRES;
  readonly format: 'table' | 'time_series';
  readonly rawQuery: true;
  readonly editorMode: 'code';
  readonly rawSql: string;
  _implementsDataqueryVariant(): void;
}

/** A query of the reporting views, as written. */
export function sql(rawSql: string, { refId = 'A', format = 'table' as SqlQuery['format'] } = {}): Builder<Dataquery> {
  const query: SqlQuery = {
    refId,
    datasource: POSTGRES,
    format,
    rawQuery: true,
    editorMode: 'code',
    rawSql,
    _implementsDataqueryVariant: () => undefined,
  };
  return { build: () => query };
}

/** A range of values over time, one line per series. */
export function promRange(expr: string, legend: string, refId = 'A'): Builder<Dataquery> {
  return new DataqueryBuilder().datasource(PROMETHEUS).refId(refId).expr(expr).legendFormat(legend).range();
}

/** The value now, of each series. */
export function promNow(expr: string, legend: string, refId = 'A'): Builder<Dataquery> {
  return new DataqueryBuilder().datasource(PROMETHEUS).refId(refId).expr(expr).legendFormat(legend).instant();
}
