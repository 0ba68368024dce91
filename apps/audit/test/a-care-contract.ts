/** A service desk with more than clocks: a duty, a prohibition, a standard, remedies, rights, waivers and the other party's delay. */
export function careContract(id: string): string {
  return `
contract: ${id}
title: { zh-CN: 服务台外包合同, en: Outsourced service desk }
parties:
  client: { name: 云阶公司 }
  provider: { name: 和信公司 }
term: { from: 2030-01-01, to: 2030-12-31, survives: P1Y }
zone: Asia/Shanghai
calendar: office
currency: CNY
cycle: { every: month }
fees:
  - { from: 2030-01-01, amount: '100000.00' }
sources:
  /desk: { trust: trusted, delay: PT10M }
vocabulary: { correction: fact.corrected }
clauses:
  '5.1': 工单应在 4 个工作小时内答复。
  '5.3': 每月答复率不低于 95%。
  '6.1': 每月结束后 5 个工作日内提交月报。
  '7.2': 甲方应在 3 个工作日内提供资料。
  '8.1': 双方应当保密。
  '9.4': 违约责任。
events:
  ticket.opened:
  ticket.answered:
  papers.requested: { data: { for: { type: list of id, optional: true } } }
  papers.provided:
  report.sent: { data: { month: month } }
  secret.told: { data: { by: [client, provider] } }
  fact.corrected:
  waiver.agreed: { data: { instance: id } }
  waiver.revoked: { data: { instance: id } }
  evidence.accepted: { data: { fact: { fields: { source: id, id: id } } } }
  evidence.rejected: { data: { fact: { fields: { source: id, id: id } } } }
  statement.disputed: { data: { cycle: month, line: { type: [id, integer] }, reason: text? } }
  dispute.decided:
    data: { dispute: id, outcome: [upheld, waived, adjusted], amount: { type: amount, requiredWhen: { outcome: adjusted } } }
  statement.signed: { data: { cycle: month, revision: { type: integer, from: 1 } } }
subjects:
  ticket: { title: { zh-CN: 工单, en: Ticket }, opened: ticket.opened, answered: ticket.answered }
  papers: { title: { zh-CN: 资料请求, en: Data request }, opened: papers.requested }
obligations:
  first-answer:
    title: { zh-CN: 首次答复, en: First answer }
    clauses: ['5.1']
    party: provider
    subject: ticket
    start: ticket.opened
    stop: ticket.answered
    target: PT4H working time
    remedies:
      - { remedy: per-breach, sum: '200.00' }
  papers:
    title: { zh-CN: 提供资料, en: Provision of data }
    clauses: ['7.2']
    party: client
    subject: papers
    start: papers.requested
    stop: papers.provided
    target: 3 working days
duties:
  report:
    title: { zh-CN: 月报, en: Monthly report }
    clauses: ['6.1']
    party: provider
    every: month
    opens: period end
    within: 5 working days
    fulfilledBy: { on: report.sent, period: month }
    remedies:
      - { remedy: per-day-late, sum: '100.00', unit: working-days, counted: started }
prohibitions:
  secrecy:
    title: { zh-CN: 保密, en: Secrecy }
    clauses: ['8.1']
    party: { field: by }
    on: secret.told
standards:
  answered:
    title: { zh-CN: 答复率, en: Answered in time }
    clauses: ['5.3']
    party: provider
    every: month
    measure: { figure: share-met, instancesOf: first-answer, placedBy: start }
    target: at least 95%
    remedies:
      - { remedy: fee-share, sum: 1% }
excuses:
  waivers: { agreed: waiver.agreed, revoked: waiver.revoked, instance: instance }
  evidence: { accepted: evidence.accepted, rejected: evidence.rejected, fact: fact }
  waits:
    - { lateWith: papers, standstill: [first-answer], subjects: { field: for } }
statements: { disputed: statement.disputed, decided: dispute.decided, signed: statement.signed }
rights:
  told: { right: terminate, clause: '9.4', when: { after: breach, rule: secrecy } }
`;
}
