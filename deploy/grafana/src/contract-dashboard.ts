import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { contractVariable, frame, marks, UIDS } from './frame.js';
import { both, budgets, figures, lines, table, toAudit, toCase } from './panels.js';
import { promNow, promRange } from './queries.js';

const OF = 'contract = ${contract:sqlstring}';
const SELECTED = 'contract="$contract"';

/** One contract: its standards and their budgets, what falls due, breaches and what they cost. */
export function contractDashboard(): Dashboard {
  const dashboard = frame(UIDS.contract, both('合同详情', 'Contract'), 'now-30d')
    .withVariable(contractVariable())
    .withPanel(
      lines({
        title: both('本期标准：值与目标', 'Standards of the period: value and target'),
        queries: [
          promRange(`max by (standard) (pactwatch_standard_value{${SELECTED}})`, '{{standard}}', 'A'),
          promRange(`max by (standard) (pactwatch_standard_target{${SELECTED}})`, '{{standard}} 目标 target', 'B'),
        ],
      }),
    )
    .withPanel(
      budgets({
        title: both('剩余余量', 'Budget left'),
        queries: [promNow(`sort(max by (standard) (pactwatch_budget_remaining_ratio{${SELECTED}}))`, '{{standard}}')],
      }),
    )
    .withPanel(
      lines({
        title: both('未达标件数与全期允许', 'Misses, and what the period allows'),
        queries: [
          promRange(`pactwatch:standard_misses:count{${SELECTED}}`, '{{standard}}', 'A'),
          promRange(`pactwatch:standard_budget:count{${SELECTED}}`, '{{standard}} 允许 allowed', 'B'),
        ],
      }),
    )
    .withPanel(
      lines({
        title: both('本周期违约责任', 'Liability of the current cycle'),
        queries: [
          promRange(
            `max by (party, clause, currency) (pactwatch_liability_assessed{${SELECTED}})`,
            '{{party}} {{clause}} {{currency}}',
          ),
        ],
      }),
    )
    .withPanel(
      figures({
        title: both('时钟落后', 'Clock behind'),
        queries: [promNow(`time() - pactwatch:contract_clock_timestamp:seconds{${SELECTED}}`, '')],
        unit: 's',
        redFrom: 900,
        size: { span: 6, height: 5 },
      }),
    )
    .withPanel(
      figures({
        title: both('数据源静默', 'Silent feeds'),
        queries: [promNow(`pactwatch:feed_silent:max{${SELECTED}}`, '{{feed}}')],
        redFrom: 1,
        size: { span: 18, height: 5 },
      }),
    )
    .withPanel(
      table({
        title: both('即将到期', 'Falls due next'),
        query: `SELECT due_at, obligation, clause, party, subject, state, started_at, audit_path, case_link
FROM reporting.verdict
WHERE ${OF} AND state IN ('running', 'paused')
ORDER BY due_at NULLS LAST
LIMIT 100`,
        columns: [
          { field: 'due_at', title: both('到期', 'Due') },
          { field: 'obligation', title: both('义务', 'Obligation'), link: toAudit },
          { field: 'clause', title: both('条款', 'Clause') },
          { field: 'party', title: both('责任方', 'Party') },
          { field: 'subject', title: both('标的', 'Subject'), link: toCase },
          { field: 'state', title: both('状态', 'State') },
          { field: 'started_at', title: both('起算', 'Started') },
        ],
        hidden: ['audit_path', 'case_link'],
      }),
    )
    .withPanel(
      table({
        title: both('违约', 'Breaches'),
        query: `SELECT effective_at, obligation, clause, party, subject, due_at, stopped_at, revision, audit_path, case_link
FROM reporting.verdict
WHERE ${OF} AND state = 'breached'
ORDER BY effective_at DESC
LIMIT 200`,
        columns: [
          { field: 'effective_at', title: both('发生', 'Effective') },
          { field: 'obligation', title: both('义务', 'Obligation'), link: toAudit },
          { field: 'clause', title: both('条款', 'Clause') },
          { field: 'party', title: both('违约方', 'Party') },
          { field: 'subject', title: both('标的', 'Subject'), link: toCase },
          { field: 'due_at', title: both('到期', 'Due') },
          { field: 'stopped_at', title: both('完成', 'Done') },
          { field: 'revision', title: both('修订', 'Revision') },
        ],
        hidden: ['audit_path', 'case_link'],
      }),
    )
    .withPanel(
      table({
        title: both('已结算的标准', 'Standards of closed periods'),
        query: `SELECT period, standard, clause, state, value, target, sample, revision, decided_at, audit_path
FROM reporting.standard
WHERE ${OF}
ORDER BY period DESC, standard
LIMIT 200`,
        columns: [
          { field: 'period', title: both('期间', 'Period') },
          { field: 'standard', title: both('标准', 'Standard'), link: toAudit },
          { field: 'clause', title: both('条款', 'Clause') },
          { field: 'state', title: both('状态', 'State') },
          { field: 'value', title: both('值', 'Value') },
          { field: 'target', title: both('目标', 'Target') },
          { field: 'sample', title: both('样本', 'Sample') },
          { field: 'revision', title: both('修订', 'Revision') },
          { field: 'decided_at', title: both('认定', 'Decided') },
        ],
        hidden: ['audit_path'],
      }),
    )
    .withPanel(
      table({
        title: both('评估单', 'Statements'),
        query: `SELECT cycle, state, revision, currency, provider, client, net_from, net_amount, decided_at, audit_path
FROM reporting.statement
WHERE ${OF}
ORDER BY cycle DESC
LIMIT 100`,
        columns: [
          { field: 'cycle', title: both('周期', 'Cycle'), link: toAudit },
          { field: 'state', title: both('状态', 'State') },
          { field: 'revision', title: both('修订', 'Revision') },
          { field: 'currency', title: both('币种', 'Currency') },
          { field: 'provider', title: both('乙方应付', 'Provider owes') },
          { field: 'client', title: both('甲方应付', 'Client owes') },
          { field: 'net_from', title: both('净额由', 'Net from') },
          { field: 'net_amount', title: both('净额', 'Net') },
          { field: 'decided_at', title: both('记录', 'Recorded') },
        ],
        hidden: ['audit_path'],
      }),
    )
    .withPanel(
      table({
        title: both('评估单明细，金额最大在前', 'Lines of statements, largest first'),
        query: `SELECT cycle, party, clause, about, remedy, subject, amount, currency, audit_path
FROM reporting.statement_line
WHERE ${OF}
ORDER BY amount DESC
LIMIT 200`,
        columns: [
          { field: 'cycle', title: both('周期', 'Cycle'), link: toAudit },
          { field: 'party', title: both('责任方', 'Party') },
          { field: 'clause', title: both('条款', 'Clause') },
          { field: 'about', title: both('事项', 'About') },
          { field: 'remedy', title: both('责任形式', 'Remedy') },
          { field: 'subject', title: both('标的', 'Subject') },
          { field: 'amount', title: both('金额', 'Amount') },
          { field: 'currency', title: both('币种', 'Currency') },
        ],
        hidden: ['audit_path'],
      }),
    );
  marks(OF).forEach((mark) => dashboard.annotation(mark));
  return dashboard.build();
}
