import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { contractVariable, frame, marks, UIDS } from './frame.js';
import { both, table, toAudit } from './panels.js';

const OF = 'contract IN (${contract:sqlstring})';
const SPAN = { span: 12, height: 9 };

/** What was decided, and what was changed afterwards. */
export function auditDashboard(): Dashboard {
  const dashboard = frame(UIDS.audit, both('审计', 'Audit'), 'now-30d')
    .withVariable(contractVariable().multi(true).includeAll(true))
    .withPanel(
      table({
        title: both('按条款的违约', 'Breaches by clause'),
        query: `SELECT contract, clause, obligation, party, count(*) AS breaches, max(effective_at) AS newest
FROM reporting.verdict
WHERE ${OF} AND state = 'breached' AND $__timeFilter(effective_at)
GROUP BY contract, clause, obligation, party
ORDER BY breaches DESC
LIMIT 200`,
        columns: [
          { field: 'contract', title: both('合同', 'Contract') },
          { field: 'clause', title: both('条款', 'Clause') },
          { field: 'obligation', title: both('义务', 'Obligation') },
          { field: 'party', title: both('违约方', 'Party') },
          { field: 'breaches', title: both('违约', 'Breaches') },
          { field: 'newest', title: both('最近', 'Newest') },
        ],
        size: SPAN,
      }),
    )
    .withPanel(
      table({
        title: both('认定变更种类', 'Decisions by kind'),
        query: `SELECT type, count(*) AS decisions, count(*) FILTER (WHERE supersedes IS NOT NULL) AS revisions
FROM reporting.decision
WHERE ${OF} AND $__timeFilter(decided_at)
GROUP BY type
ORDER BY decisions DESC
LIMIT 100`,
        columns: [
          { field: 'type', title: both('种类', 'Kind') },
          { field: 'decisions', title: both('数量', 'Decisions') },
          { field: 'revisions', title: both('其中修订', 'Of these revisions') },
        ],
        size: SPAN,
      }),
    )
    .withPanel(
      table({
        title: both('违约及其修订', 'Breaches and their revisions'),
        query: `SELECT decided_at, type, contract, number, obligation, clause, party, subject, instance, revision, supersedes,
  effective_at, audit_path
FROM reporting.decision
WHERE ${OF} AND $__timeFilter(decided_at) AND type LIKE 'compliance.breach.%'
ORDER BY decided_at DESC, number DESC
LIMIT 500`,
        columns: [
          { field: 'decided_at', title: both('认定', 'Decided') },
          { field: 'type', title: both('种类', 'Kind') },
          { field: 'contract', title: both('合同', 'Contract') },
          { field: 'number', title: both('编号', 'Number') },
          { field: 'obligation', title: both('义务', 'Obligation'), link: toAudit },
          { field: 'clause', title: both('条款', 'Clause') },
          { field: 'party', title: both('违约方', 'Party') },
          { field: 'subject', title: both('标的', 'Subject') },
          { field: 'instance', title: both('次', 'Instance') },
          { field: 'revision', title: both('修订', 'Revision') },
          { field: 'supersedes', title: both('取代', 'Supersedes') },
          { field: 'effective_at', title: both('发生', 'Effective') },
        ],
        hidden: ['audit_path'],
        size: { span: 24, height: 12 },
      }),
    )
    .withPanel(
      table({
        title: both('合同版本', 'Versions of contracts'),
        query: `SELECT contract, version, from_instant, published_at
FROM reporting.amendment
WHERE ${OF}
ORDER BY published_at DESC
LIMIT 200`,
        columns: [
          { field: 'contract', title: both('合同', 'Contract') },
          { field: 'version', title: both('版本', 'Version') },
          { field: 'from_instant', title: both('生效', 'In force from') },
          { field: 'published_at', title: both('发布', 'Published') },
        ],
        size: SPAN,
      }),
    )
    .withPanel(
      table({
        title: both('每日认定', 'Decisions by day'),
        query: `SELECT date_trunc('day', effective_at) AS day, count(*) AS decisions,
  count(*) FILTER (WHERE type = 'compliance.breach.declared') AS declared,
  count(*) FILTER (WHERE type = 'compliance.breach.withdrawn') AS withdrawn
FROM reporting.decision
WHERE ${OF} AND $__timeFilter(decided_at)
GROUP BY 1
ORDER BY 1 DESC
LIMIT 400`,
        columns: [
          { field: 'day', title: both('日', 'Day') },
          { field: 'decisions', title: both('认定', 'Decisions') },
          { field: 'declared', title: both('违约', 'Breaches') },
          { field: 'withdrawn', title: both('撤回', 'Withdrawn') },
        ],
        size: SPAN,
      }),
    );
  marks(OF).forEach((mark) => dashboard.annotation(mark));
  return dashboard.build();
}
