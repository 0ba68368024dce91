import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { frame, marks, UIDS } from './frame.js';
import { both, budgets, figures, lines, table, toAudit, toContract } from './panels.js';
import { promNow, promRange } from './queries.js';

/** All contracts, the worst first. */
export function contractsDashboard(): Dashboard {
  const dashboard = frame(UIDS.contracts, both('合同概览', 'Contracts'), 'now-30d')
    .withPanel(
      table({
        title: both('合同，最差在前', 'Contracts, worst first'),
        query: `SELECT c.contract, c.version, c.clock,
  count(*) FILTER (WHERE v.state = 'breached') AS breached,
  count(*) FILTER (WHERE v.state IN ('unknown', 'faulted')) AS unclear,
  count(*) FILTER (WHERE v.state IN ('running', 'paused')) AS open,
  min(v.due_at) FILTER (WHERE v.state = 'running') AS next_due,
  (SELECT count(*) FROM reporting.standard s WHERE s.contract = c.contract AND s.state = 'missed') AS missed,
  c.audit_path
FROM reporting.contract c LEFT JOIN reporting.verdict v ON v.contract = c.contract
GROUP BY c.contract, c.version, c.clock, c.audit_path
ORDER BY breached DESC, missed DESC, unclear DESC, next_due
LIMIT 200`,
        columns: [
          { field: 'contract', title: both('合同', 'Contract'), link: toContract },
          { field: 'version', title: both('版本', 'Version'), link: toAudit },
          { field: 'clock', title: both('时钟', 'Clock') },
          { field: 'breached', title: both('违约', 'Breaches') },
          { field: 'missed', title: both('未达标', 'Standards missed') },
          { field: 'unclear', title: both('不明', 'Unknown or faulted') },
          { field: 'open', title: both('计时中', 'Open clocks') },
          { field: 'next_due', title: both('最近到期', 'Next due') },
        ],
        hidden: ['audit_path'],
      }),
    )
    .withPanel(
      figures({
        title: both('标准状态', 'Standards by state'),
        queries: [promNow('sum by (state) (pactwatch:standard_state)', '{{state}}')],
        size: { span: 12, height: 4 },
      }),
    )
    .withPanel(
      figures({
        title: both('静默数据源', 'Silent feeds'),
        queries: [promNow('sum(pactwatch:feed_silent:max)', '')],
        size: { span: 12, height: 4 },
        redFrom: 1,
      }),
    )
    .withPanel(
      budgets({
        title: both('剩余余量，最少在前', 'Budget left, least first'),
        queries: [
          promNow('sort(max by (contract, standard) (pactwatch_budget_remaining_ratio))', '{{contract}} {{standard}}'),
        ],
      }),
    )
    .withPanel(
      lines({
        title: both('新增违约（每小时）', 'Breaches declared per hour'),
        queries: [
          promRange(
            'sum by (contract) (increase(pactwatch_decisions_total{kind="breach.declared"}[1h]))',
            '{{contract}}',
          ),
        ],
      }),
    )
    .withPanel(
      lines({
        title: both('计时中', 'Open clocks'),
        queries: [promRange('pactwatch:open_clocks:sum', '{{contract}}')],
      }),
    )
    .withPanel(
      lines({
        title: both('本周期违约责任', 'Liability of the current cycle'),
        queries: [
          promRange(
            'sum by (contract, party, currency) (max by (contract, party, clause, currency) (pactwatch_liability_assessed))',
            '{{contract}} {{party}} {{currency}}',
          ),
        ],
      }),
    );
  marks('true').forEach((mark) => dashboard.annotation(mark));
  return dashboard.build();
}
