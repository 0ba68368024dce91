import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { frame, marks, UIDS } from './frame.js';
import { both, figures, lines, table, toAudit } from './panels.js';
import { promNow, promRange } from './queries.js';

/** Whether the system does what it should: how much, how late, what was refused, what was sent. */
export function operationsDashboard(): Dashboard {
  const dashboard = frame(UIDS.operations, both('运行', 'Operations'), 'now-6h')
    .withPanel(
      figures({
        title: both('进程', 'Processes that answer'),
        queries: [promNow('sum by (role) (up{job="pactwatch"})', '{{role}}')],
      }),
    )
    .withPanel(
      figures({
        title: both('无人读取的分区', 'Partitions that nobody reads'),
        queries: [promNow('max(pactwatch_stream_partitions) - count(pactwatch:partition_lag:max)', '')],
        redFrom: 1,
      }),
    )
    .withPanel(
      figures({
        title: both('待发最久', 'Oldest in the outbox'),
        queries: [promNow('max(pactwatch:outbox_age:seconds)', '')],
        unit: 's',
        redFrom: 120,
      }),
    )
    .withPanel(
      figures({
        title: both('隔离（15 分钟）', 'Quarantined in 15 minutes'),
        queries: [promNow('sum(pactwatch:quarantined:increase15m)', '')],
        redFrom: 10,
      }),
    )
    .withPanel(
      lines({
        title: both('处理速度', 'Events per second'),
        queries: [promRange('pactwatch:events_processed:rate5m', '{{result}}')],
        unit: 'ops',
      }),
    )
    .withPanel(
      lines({
        title: both('待读记录', 'Records not read yet'),
        queries: [promRange('pactwatch:partition_lag:max', '{{partition}}')],
      }),
    )
    .withPanel(
      lines({
        title: both('入库延迟', 'From append to record'),
        queries: [
          promRange(
            'histogram_quantile(0.5, sum by (le) (rate(pactwatch_commit_lag_seconds_bucket[$__rate_interval])))',
            'p50',
            'A',
          ),
          promRange(
            'histogram_quantile(0.99, sum by (le) (rate(pactwatch_commit_lag_seconds_bucket[$__rate_interval])))',
            'p99',
            'B',
          ),
        ],
        unit: 's',
      }),
    )
    .withPanel(
      lines({
        title: both('认定延迟', 'From due to decided'),
        queries: [promRange('pactwatch:decision_lag_seconds:p99_1h', 'p99')],
        unit: 's',
      }),
    )
    .withPanel(
      lines({
        title: both('隔离原因', 'Quarantined by reason'),
        queries: [promRange('pactwatch:quarantined:increase15m', '{{reason}}')],
      }),
    )
    .withPanel(
      lines({
        title: both('送达', 'Deliveries'),
        queries: [
          promRange(
            'sum by (channel, result) (increase(pactwatch_alerts_sent_total[$__rate_interval]))',
            '{{channel}} {{result}}',
          ),
        ],
      }),
    )
    .withPanel(
      lines({
        title: both('分区最近推进', 'Since a partition last got ahead'),
        queries: [promRange('pactwatch:partition_progress_age:seconds', '{{partition}}')],
        unit: 's',
      }),
    )
    .withPanel(
      lines({
        title: both('转送的错区记录', 'Records sent home'),
        queries: [promRange('sum(rate(pactwatch_events_rekeyed_total[$__rate_interval]))', '')],
        unit: 'ops',
      }),
    )
    .withPanel(
      lines({
        title: both('内存', 'Memory'),
        queries: [promRange('process_resident_memory_bytes{job="pactwatch"}', '{{role}} {{instance}}')],
        unit: 'bytes',
      }),
    )
    .withPanel(
      lines({
        title: both('处理器', 'Processor'),
        queries: [
          promRange('rate(process_cpu_seconds_total{job="pactwatch"}[$__rate_interval])', '{{role}} {{instance}}'),
        ],
        unit: 'percentunit',
      }),
    )
    .withPanel(
      table({
        title: both('分区', 'Partitions'),
        query: `SELECT partition, process, epoch, next_offset, starts, recorded_at, taken_at, waiting, oldest_waiting_at
FROM reporting.partition
ORDER BY waiting DESC, recorded_at
LIMIT 200`,
        columns: [
          { field: 'partition', title: both('分区', 'Partition') },
          { field: 'process', title: both('进程', 'Process') },
          { field: 'epoch', title: both('任期', 'Epoch') },
          { field: 'next_offset', title: both('下一位置', 'Next offset') },
          { field: 'starts', title: both('同处启动', 'Starts at this place') },
          { field: 'recorded_at', title: both('最近入库', 'Last save') },
          { field: 'taken_at', title: both('接管', 'Taken') },
          { field: 'waiting', title: both('待发', 'To be sent') },
          { field: 'oldest_waiting_at', title: both('待发最久', 'Oldest') },
        ],
      }),
    )
    .withPanel(
      table({
        title: both('隔离', 'Quarantine'),
        query: `SELECT recorded_at, reason, contract, source, partition, released_at, audit_path
FROM reporting.quarantine
WHERE $__timeFilter(recorded_at)
ORDER BY recorded_at DESC
LIMIT 200`,
        columns: [
          { field: 'recorded_at', title: both('时间', 'At') },
          { field: 'reason', title: both('原因', 'Reason'), link: toAudit },
          { field: 'contract', title: both('合同', 'Contract') },
          { field: 'source', title: both('来源', 'Source') },
          { field: 'partition', title: both('分区', 'Partition') },
          { field: 'released_at', title: both('重新送入', 'Sent back in') },
        ],
        hidden: ['audit_path'],
      }),
    )
    .withPanel(
      table({
        title: both('送达情况', 'Deliveries by outcome'),
        query: `SELECT channel, kind, status, count(*) AS deliveries, max(attempts) AS most_attempts, max(created_at) AS newest
FROM reporting.delivery
WHERE $__timeFilter(created_at)
GROUP BY channel, kind, status
ORDER BY status = 'failed' DESC, status = 'pending' DESC, deliveries DESC
LIMIT 200`,
        columns: [
          { field: 'channel', title: both('渠道', 'Channel') },
          { field: 'kind', title: both('种类', 'Kind') },
          { field: 'status', title: both('状态', 'Status') },
          { field: 'deliveries', title: both('数量', 'Deliveries') },
          { field: 'most_attempts', title: both('最多尝试', 'Most attempts') },
          { field: 'newest', title: both('最近', 'Newest') },
        ],
      }),
    );
  marks('true').forEach((mark) => dashboard.annotation(mark));
  return dashboard.build();
}
