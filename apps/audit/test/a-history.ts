import { createHash } from 'node:crypto';
import { formatInstant, parseInstant, readCalendar, type Instant } from '#libs/calendar';
import { readContract, type Contract } from '#libs/contract';
import {
  FactSet,
  packState,
  PartitionJudge,
  toRecord,
  verdictId,
  versionsOf,
  type Decision,
  type JudgeItem,
  type JudgeOutcome,
} from '#libs/evaluation';
import { parseJsonEvent, toFact } from '#libs/events';
import type { PartitionSave, VerdictRow } from '#libs/store';

/** Covered are only the year of the contracts and the one before: what leaves them cannot be judged. */
const CALENDAR_TEXT = `
id: office
zone: Asia/Shanghai
weekly:
  monday-friday: ['09:00-12:00', '13:30-18:00']
  saturday-sunday: closed
years: { first: 2029, last: 2030 }
`;

/** A service desk; 2030-03-05 is a Tuesday, and 09:00 there is 01:00Z. */
function contractText(id: string): string {
  return `
contract: ${id}
version: 1
title: { zh-CN: 服务台外包合同, en: Outsourced service desk }
language: zh-CN
parties:
  client: { name: 云阶公司, contacts: { account-manager: { name: Ada Lin, email: ada@client.example.com } } }
  provider: { name: 和信公司 }
caseLink: https://desk.example.com/tickets/{subject}
term: { from: 2030-01-01, to: 2030-12-31, survives: P1Y }
zone: Asia/Shanghai
calendar: office
currency: CNY
cycle: { every: month }
sources:
  /desk: { trust: trusted, delay: PT10M }
vocabulary: { correction: fact.corrected }
clauses:
  '5.1': 工单应在 4 个工作小时内答复。
  '5.2': 电话应在 4 小时内回复。
  '8.2': 甲方应在 3 个工作日内提供资料。
events:
  ticket.opened: { data: { channel: text? } }
  ticket.answered:
  ticket.waiting:
  ticket.resumed:
  ticket.cancelled:
  call.missed:
  call.returned:
  papers.requested:
  papers.provided:
  fact.corrected:
subjects:
  ticket:
    title: { zh-CN: 工单, en: Ticket }
    opened: ticket.opened
    answered: ticket.answered
    cancelled: ticket.cancelled
    dimensions: [channel]
  call:
    title: { zh-CN: 来电, en: Call }
    opened: call.missed
  papers:
    title: { zh-CN: 资料请求, en: Data request }
    opened: papers.requested
obligations:
  first-answer:
    title: { zh-CN: 首次答复, en: First answer }
    clauses: ['5.1']
    party: provider
    subject: ticket
    start: ticket.opened
    stop: ticket.answered
    pause: ticket.waiting
    resume: ticket.resumed
    target: PT4H working time
  call-back:
    title: { zh-CN: 回电, en: Call back }
    clauses: ['5.2']
    party: provider
    subject: call
    start: call.missed
    stop: call.returned
    target: PT4H round the clock
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

/** One CloudEvents line of the source /desk. */
export function aLine(
  contractid: string,
  id: string,
  time: string,
  type: string,
  subject?: string,
  data: object = {},
): string {
  return JSON.stringify({ specversion: '1.0', id, source: '/desk', type, time, contractid, subject, data });
}

/** Everything the store holds of one contract after its history was taken in as an import that is still open. */
export interface History {
  readonly contract: string;
  /** The files that were published, by the hashes they are stored under. */
  readonly documents: readonly {
    readonly hash: string;
    readonly kind: 'contract' | 'calendar';
    readonly bytes: Buffer;
  }[];
  readonly rows: Partial<PartitionSave>;
  /** The contract's clock: the greatest `time` of its facts. */
  readonly clock: Instant;
}

/** Judges the lines as the owner of a partition does, each stamped with its own time, and gives the rows to save. */
export function aHistory(id: string, lines: readonly string[]): History {
  const contract = compile(id);
  const judge = new PartitionJudge([], { firings: Infinity, heldStates: Infinity });
  const at = contract.term.plausibleFrom;
  const version = { version: 1, hash: contract.hash, calendars: contract.calendarHashes, from: contract.inForceFrom };
  const versions = versionsOf([contract]);
  const items: JudgeItem[] = lines.map((line, index) => itemOf(line, contract, index + 2));
  for (const step of [
    [{ kind: 'published', contract: id, version, versions, at, offset: 0 }],
    [{ kind: 'import-begun', contract: id, importId: 'history', alerts: 'summary', at, offset: 1 }],
    items,
  ] satisfies JudgeItem[][]) {
    const plan = judge.plan(step);
    judge.accept({ ids: [], waiting: [], states: [] }, plan);
    judge.judge(step);
  }
  const outcome = judge.take();
  const memory = judge.contracts.get(id)!;
  return {
    contract: id,
    documents: [documentOf('contract', contractText(id)), documentOf('calendar', CALENDAR_TEXT)],
    clock: memory.clock ?? NaN,
    rows: {
      ...rowsOf(outcome, contract),
      toOffset: items.length + 2,
      contracts: [{ contract: id, clock: memory.clock, lastNumber: memory.lastNumber, state: '{}' }],
      published: [
        { contract: id, version: 1, hash: version.hash, calendars: version.calendars, fromInstant: version.from },
      ],
    },
  };
}

/**
 * The lines that `evaluate` prints of the verdicts: judged in memory as a set of facts, without a store.
 *
 * @param asOf default: the greatest `time` accepted
 */
export function evaluatedLines(id: string, lines: readonly string[], asOf?: string): string[] {
  const contract = compile(id);
  const set = new FactSet(versionsOf([contract]));
  for (const line of lines) {
    const item = itemOf(line, contract, 0);
    if (item.kind === 'fact') set.add(item.fact);
  }
  const at = asOf === undefined ? set.greatestTime : (parseInstant(asOf) ?? NaN);
  return set.verdicts(at).map(({ verdict, revision }) => JSON.stringify(toRecord(verdict, revision)));
}

function compile(id: string): Contract {
  const calendar = readCalendar('office.yaml', CALENDAR_TEXT);
  if (!calendar.ok) throw new Error(JSON.stringify(calendar.problems));
  const contract = readContract(`${id}.yaml`, contractText(id), new Map([['office', calendar.value]]));
  if (!contract.ok) throw new Error(JSON.stringify(contract.problems));
  return contract.value;
}

function documentOf(kind: 'contract' | 'calendar', text: string): History['documents'][number] {
  const bytes = Buffer.from(text);
  return { hash: createHash('sha256').update(bytes).digest('hex'), kind, bytes };
}

function itemOf(line: string, contract: Contract, offset: number): JudgeItem {
  const parsed = parseJsonEvent(line);
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  const { event } = parsed;
  const read = toFact(event, contract, event.time, 'offline');
  return read.ok
    ? { kind: 'fact', fact: read.fact, at: event.time, stamped: true, importId: 'history', offset }
    : { kind: 'refused', refusal: read.refusal, at: event.time, live: false, offset };
}

const RECORDED_AT = parseInstant('2031-06-01T00:00:00Z') ?? 0;

function rowsOf(outcome: JudgeOutcome, contract: Contract): Partial<PartitionSave> {
  const verdicts = outcome.decisions.map((decision) => verdictRow(decision, contract));
  return {
    recordedAt: RECORDED_AT,
    facts: outcome.facts.map(({ fact, offset }) => ({
      ...fact,
      subject: fact.subject ?? null,
      sequence: fact.sequence ?? null,
      data: JSON.stringify(fact.data),
      offset,
    })),
    ids: [...outcome.ids.values()].map(({ entry, contract, source, id }) => ({
      ...{ contract, source, id },
      ...entry,
      note: entry.note === null ? null : JSON.stringify(entry.note),
    })),
    states: [...outcome.states.values()].map(({ state, ...row }) => ({ ...row, packed: packState(state) })),
    verdicts: [...new Map(verdicts.map((row) => [verdictId(row), row])).values()],
    decisions: outcome.decisions.map(decisionRow),
    quarantine: outcome.refused.map(({ refusal, offset }) => ({
      ...refusal,
      offset,
      appendedAt: RECORDED_AT,
      headers: '{"content-type":"application/json"}',
      key: Buffer.from(contract.id),
      value: Buffer.from([0xff, 0x00]),
    })),
  };
}

function verdictRow({ verdict, revision, number }: Decision, contract: Contract): VerdictRow {
  const kind = contract.obligations.find((one) => one.id === verdict.obligation)?.kind;
  return {
    ...verdict,
    stateKey: `${kind}/${verdict.subject}`,
    revision,
    number,
    dimensions: JSON.stringify(verdict.dimensions),
  };
}

function decisionRow(decision: Decision): NonNullable<PartitionSave['decisions']>[number] {
  const { verdict, number, revision, supersedes, effectiveAt } = decision;
  const numbering = { generation: 1, number, supersedes };
  const record = {
    ...toRecord(verdict, revision),
    id: verdictId(verdict),
    ...numbering,
    effectiveAt: formatInstant(effectiveAt),
    decidedAt: formatInstant(RECORDED_AT),
    cause: decision.cause,
  };
  return { ...verdict, ...numbering, type: decision.type, revision, effectiveAt, record: JSON.stringify(record) };
}
