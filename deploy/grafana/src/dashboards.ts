import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { auditDashboard } from './audit-dashboard.js';
import { contractDashboard } from './contract-dashboard.js';
import { contractsDashboard } from './contracts-dashboard.js';
import { operationsDashboard } from './operations-dashboard.js';

/** Every dashboard by the name of its file in `dashboards/`. */
export function buildDashboards(): ReadonlyMap<string, Dashboard> {
  return new Map([
    ['contracts.json', finished(contractsDashboard())],
    ['contract.json', finished(contractDashboard())],
    ['operations.json', finished(operationsDashboard())],
    ['audit.json', finished(auditDashboard())],
  ]);
}

/** Panels are numbered, so that a link to one stays; links and marks stand where everybody sees them, not in a menu. */
function finished(dashboard: Dashboard): Dashboard {
  const { panels = [], links = [], annotations } = dashboard;
  return {
    ...dashboard,
    panels: panels.map((panel, index) => ({ ...panel, id: index + 1 })),
    links: links.map(({ placement: _, ...link }) => link),
    annotations: { ...annotations, list: (annotations?.list ?? []).map(({ placement: _, ...mark }) => mark) },
  };
}
