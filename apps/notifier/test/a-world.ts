import { readCalendar } from '#libs/calendar';
import { readContract, type Contract } from '#libs/contract';
import { toRecordBinary } from '#libs/events';
import type { LogRecord } from '#libs/bus';

export const CALENDAR_TEXT = `
id: office
zone: Asia/Shanghai
weekly:
  monday-friday: ['09:00-12:00', '13:30-18:00']
  saturday-sunday: closed
years: { first: 2020, last: 2040 }
`;

/** The client reads English and has a system that is called; the provider reads the contract's language. */
export function contractText(webhook = 'https://client.example.com/hooks'): string {
  return `
contract: DESK-1
version: 3
title: { zh-CN: 服务台外包合同, en: Outsourced service desk }
language: zh-CN
parties:
  client:
    name: 云阶公司
    contacts:
      account-manager: { name: Ada Lin, email: ada@client.example.com, language: en, webhook: '${webhook}' }
  provider:
    name: 和信公司
    contacts:
      account-manager: { name: 陈晨, email: chen@provider.example.com }
      legal: { name: 何敏, email: he@provider.example.com }
caseLink: https://desk.example.com/tickets/{subject}?from=mail
term: { from: 2026-01-01, to: 2026-12-31, survives: P1Y }
zone: Asia/Shanghai
calendar: office
currency: CNY
cycle: { every: month }
sources:
  /desk: { trust: trusted, delay: PT10M, default: true }
clauses:
  '5.1.2': 工单应在 4 个工作小时内答复。
  '8.2': 甲方应在 3 个工作日内提供资料。
events:
  ticket.opened:
  ticket.answered:
  papers.requested:
  papers.provided:
subjects:
  ticket:
    title: { zh-CN: 工单, en: Ticket }
    opened: ticket.opened
    answered: ticket.answered
  papers:
    title: { zh-CN: 资料请求, en: Data request }
    opened: papers.requested
obligations:
  first-answer:
    title: { zh-CN: 首次答复, en: First answer }
    clauses: ['5.1.2']
    party: provider
    subject: ticket
    start: ticket.opened
    stop: ticket.answered
    target: PT4H working time
    warnings: [50%]
  papers:
    title: { zh-CN: 提供资料, en: Provision of data }
    clauses: ['8.2']
    party: client
    subject: papers
    start: papers.requested
    stop: papers.provided
    target: 3 working days
`;
}

export function aContract(webhook?: string): Contract {
  const calendar = readCalendar('office.yaml', CALENDAR_TEXT);
  if (!calendar.ok) throw new Error(JSON.stringify(calendar.problems));
  const contract = readContract('desk.yaml', contractText(webhook), new Map([['office', calendar.value]]));
  if (!contract.ok) throw new Error(JSON.stringify(contract.problems));
  return contract.value;
}

export interface AlertDifference {
  readonly kind?: string;
  readonly number?: number;
  readonly subject?: string;
  /** Differences of the alert's data. */
  readonly data?: object;
  readonly verdict?: object;
  readonly because?: object;
}

/** Data of an alert as the monitor writes them: a ticket opened Tuesday 09:00, due 14:30, not answered, told at once. */
export function alertData(difference: AlertDifference = {}, contract: Contract = aContract()): object {
  const { kind = 'breach', number = 7, subject = 'T/1 一' } = difference;
  const incident = `DESK-1/first-answer/${subject}/1`;
  return {
    incident,
    change: number,
    kind,
    contract: contract.id,
    contractVersion: contract.version,
    contractHash: contract.hash,
    generation: 1,
    number,
    mode: 'each',
    decidedAt: '2026-03-24T06:30:00.25Z',
    effectiveAt: '2026-03-24T06:30:00Z',
    verdict: {
      kind: 'verdict',
      contract: contract.id,
      obligation: 'first-answer',
      clause: '5.1.2',
      party: 'provider',
      subject,
      instance: 1,
      state: 'breached',
      startedAt: '2026-03-24T01:00:00Z',
      dueAt: '2026-03-24T06:30:00Z',
      stoppedAt: null,
      elapsed: 'PT4H',
      allowed: 'PT4H',
      overdueBy: 'PT0S',
      revision: 2,
      dimensions: {},
      because: {
        version: contract.version,
        contractHash: contract.hash,
        clauses: ['5.1.2'],
        rule: 'first-answer',
        calendar: { id: 'office', hash: contract.calendarHashes['office'], data: '' },
        facts: [{ source: '/desk', id: 'e1', type: 'ticket.opened', at: '2026-03-24T01:00:00Z', role: 'start' }],
        spans: [{ kind: 'running', from: '2026-03-24T01:00:00Z', to: '2026-03-24T06:30:00Z' }],
        sums: { running: 'PT4H', paused: 'PT0S', closed: 'PT1H30M' },
        counting: 'working-time',
        ...difference.because,
      },
      id: incident,
      generation: 1,
      number,
      supersedes: number - 1,
      effectiveAt: '2026-03-24T06:30:00Z',
      decidedAt: '2026-03-24T06:30:00.25Z',
      cause: { kind: 'deadline', at: '2026-03-24T06:30:00Z' },
      ...difference.verdict,
    },
    ...difference.data,
  };
}

/** What differs from the breach in the other alerts about the same ticket. */
export const ANSWERED_LATE: AlertDifference = {
  kind: 'revision',
  number: 8,
  verdict: { stoppedAt: '2026-03-24T07:34:47Z', elapsed: 'PT5H4M47S', overdueBy: 'PT1H4M47S' },
};
export const HALF_GONE: AlertDifference = {
  kind: 'warning',
  number: 6,
  data: { warning: '50%', effectiveAt: '2026-03-24T03:00:00Z', decidedAt: '2026-03-24T03:00:00.1Z' },
  verdict: { state: 'running', elapsed: 'PT2H' },
  because: { spans: [{ kind: 'running', from: '2026-03-24T01:00:00Z', to: '2026-03-24T03:00:00Z' }] },
};
export const WITHDRAWN: AlertDifference = {
  kind: 'withdrawal',
  number: 9,
  data: { effectiveAt: '2026-03-24T06:29:00Z' },
  verdict: { state: 'met', stoppedAt: '2026-03-24T06:29:00Z', elapsed: 'PT3H59M' },
};
/** Came to light two days later. */
export const LATE: AlertDifference = { data: { decidedAt: '2026-03-26T06:31:00Z' } };

/** The same as a record of the log. */
export function alertRecord(data: object, offset = 0): LogRecord {
  const { kind, contract, number } = data as { kind: string; contract: string; number: number };
  const { key, value, headers } = toRecordBinary({
    id: `${contract}/1/${number}/${kind}`,
    source: '/pactwatch/monitor',
    type: `compliance.alert.${kind}`,
    time: Date.parse('2026-03-24T06:30:00Z'),
    contractid: contract,
    data,
  });
  return {
    topic: 'compliance.alerts',
    partition: 3,
    offset,
    key: Buffer.from(key ?? ''),
    value: Buffer.from(value),
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
    appendedAt: 0,
  };
}
