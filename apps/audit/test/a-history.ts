import { createHash } from 'node:crypto';
import { formatInstant, parseInstant, readCalendar, type Instant } from '#libs/calendar';
import { readContract, type Contract } from '#libs/contract';
import {
  compareCodePoints,
  FactSet,
  packState,
  PartitionJudge,
  toFindingRecord,
  toRecord,
  toStandardRecord,
  verdictId,
  versionsOf,
  type ContractVersions,
  type Decision,
  type JudgeItem,
  type JudgeOutcome,
} from '#libs/evaluation';
import { parseJsonEvent, reservedExtensions, toFact } from '#libs/events';
import { findRights, makeStatements, toRightRecord, toStatementRecord } from '#libs/liability';
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
function deskContract(id: string): string {
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

/** One CloudEvents line of the source /desk; `different` states other attributes. */
export function aLine(
  contractid: string,
  id: string,
  time: string,
  type: string,
  subject?: string,
  data: object = {},
  different: object = {},
): string {
  const event = { specversion: '1.0', id, source: '/desk', type, time, contractid, subject, data };
  return JSON.stringify({ ...event, ...different });
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
  /** What is saved, one after the other. */
  readonly saves: readonly Partial<PartitionSave>[];
}

/** What comes into the log, and when it is recorded. */
export interface Portion {
  readonly lines: readonly string[];
  /** The text of a further version of the contract, published before the lines; in force when it says so. */
  readonly version?: string;
  readonly recordedAt?: string;
}

/**
 * Judges portions of lines as the owner of a partition does, each line stamped with its own time unless it says otherwise, and
 * gives the rows to save.
 */
export function aHistory(
  id: string,
  portions: readonly Portion[] | readonly string[],
  text: string = deskContract(id),
): History {
  const judge = new PartitionJudge([], { firings: Infinity, heldStates: Infinity });
  const texts: string[] = [];
  const saves: Partial<PartitionSave>[] = [];
  const known = new Set<string>();
  let offset = 0;
  const save = (recordedAt: Instant): void => {
    const outcome = judge.take();
    for (const { key } of outcome.states.values()) known.add(key);
    const { clock, lastNumber } = judge.contracts.get(id)!;
    const rows = rowsOf(outcome, compileAll(texts), recordedAt);
    saves.push({ ...rows, toOffset: ++offset, contracts: [{ contract: id, clock, lastNumber, state: '{}' }] });
  };
  const step = (items: readonly JudgeItem[]): void => {
    judge.accept({ ids: [], waiting: [], states: [] }, judge.plan(items));
    judge.judge(items);
  };
  const publish = (version: string): void => {
    texts.push(version);
    const { hash, calendarHashes, inForceFrom: from, term } = compile(version);
    const published = { version: texts.length, hash, calendars: calendarHashes, from };
    const versions = compileAll(texts);
    step([{ kind: 'published', contract: id, version: published, versions, at: term.plausibleFrom, offset }]);
  };
  const all = isPortions(portions) ? portions : [{ lines: portions }];
  for (const [index, { lines, version, recordedAt }] of all.entries()) {
    const at = recordedAt === undefined ? RECORDED_AT : (parseInstant(recordedAt) ?? NaN);
    if (index === 0) {
      publish(text);
      const begun = compile(text).term.plausibleFrom;
      step([{ kind: 'import-begun', contract: id, importId: 'history', alerts: 'summary', at: begun, offset }]);
    }
    if (version !== undefined) publish(version);
    step(lines.map((line) => itemOf(line, compileAll(texts).at(-1)!, offset)));
    save(at);
    for (let slice = judge.nextSweep(); slice !== undefined; slice = judge.nextSweep()) {
      const { kinds = [], after, limit } = slice;
      const ofKinds = [...known].filter((key) => kinds.includes(key.slice(0, key.indexOf('/'))) && key > after);
      judge.sweep(slice, slice.keys ?? ofKinds.sort(compareCodePoints).slice(0, limit));
      save(at);
    }
  }
  return {
    contract: id,
    documents: [...texts.map((one) => documentOf('contract', one)), documentOf('calendar', CALENDAR_TEXT)],
    saves,
  };
}

function isPortions(given: readonly Portion[] | readonly string[]): given is readonly Portion[] {
  return typeof given[0] === 'object';
}

/**
 * The lines that `evaluate` prints, kind by kind: judged in memory as a set of facts, without a store.
 *
 * @param asOf default: the greatest `time` accepted
 */
export function evaluated(
  lines: readonly string[],
  texts: readonly string[],
  asOf?: string,
): Record<'verdicts' | 'standards' | 'statements' | 'rights' | 'findings', readonly string[]> {
  const versions = compileAll(texts);
  const set = new FactSet(versions);
  for (const line of lines) {
    const item = itemOf(line, versions.at(-1)!, 0);
    if (item.kind === 'fact') set.add(item.fact);
  }
  const at = asOf === undefined ? set.greatestTime : (parseInstant(asOf) ?? NaN);
  const judged = set.judge(at);
  const statements = makeStatements(versions, judged, at);
  const rights = findRights(versions, { ...judged, statements }, at);
  return {
    verdicts: judged.verdicts.map(({ verdict, revision }) => JSON.stringify(toRecord(verdict, revision))),
    standards: judged.standards.map((one) => JSON.stringify(toStandardRecord(one))),
    statements: statements.map((one) => JSON.stringify(toStatementRecord(one))),
    rights: rights.map((one) => JSON.stringify(toRightRecord(one))),
    findings: judged.findings.map((one) => JSON.stringify(toFindingRecord(versions[0].id, one))),
  };
}

/** Of a contract of the service desk, the verdicts. */
export function evaluatedLines(id: string, lines: readonly string[], asOf?: string): readonly string[] {
  return evaluated(lines, [deskContract(id)], asOf).verdicts;
}

function compileAll(texts: readonly string[]): ContractVersions {
  return versionsOf(texts.map(compile));
}

const compiled = new Map<string, Contract>();

function compile(text: string): Contract {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const calendar = readCalendar('office.yaml', CALENDAR_TEXT);
  if (!calendar.ok) throw new Error(JSON.stringify(calendar.problems));
  const contract = readContract('contract.yaml', text, new Map([['office', calendar.value]]));
  if (!contract.ok) throw new Error(JSON.stringify(contract.problems));
  compiled.set(text, contract.value);
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
  const at = parseInstant(event.extensions[reservedExtensions.appendedTime] ?? '') ?? event.time;
  const read = toFact(event, contract, at, 'offline');
  return read.ok
    ? { kind: 'fact', fact: read.fact, at, stamped: true, importId: 'history', offset }
    : { kind: 'refused', refusal: read.refusal, at, live: false, offset };
}

const RECORDED_AT = parseInstant('2031-06-01T00:00:00Z') ?? 0;

function rowsOf(outcome: JudgeOutcome, versions: ContractVersions, recordedAt: Instant): Partial<PartitionSave> {
  const verdicts = outcome.decisions.map((decision) => verdictRow(decision, versions));
  return {
    recordedAt,
    published: outcome.published.map(({ contract, version: { from, ...version } }) => ({
      ...{ contract, ...version, fromInstant: from },
    })),
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
    decisions: outcome.decisions.map((decision) => decisionRow(decision, recordedAt)),
    quarantine: outcome.refused.map(({ refusal, offset }) => ({
      ...refusal,
      offset,
      appendedAt: recordedAt,
      headers: '{"content-type":"application/json"}',
      key: Buffer.from(versions[0].id),
      value: Buffer.from([0xff, 0x00]),
    })),
  };
}

function verdictRow({ verdict, revision, number }: Decision, versions: ContractVersions): VerdictRow {
  const { obligations, duties } = versions[0];
  const { obligation } = verdict;
  const ruleKind = duties.some(({ id }) => id === obligation) ? `duty:${obligation}` : `prohibition:${obligation}`;
  const kind = obligations.find((one) => one.id === obligation)?.kind ?? ruleKind;
  return {
    ...verdict,
    stateKey: `${kind}/${verdict.subject}`,
    revision,
    number,
    dimensions: JSON.stringify(verdict.dimensions),
  };
}

function decisionRow(decision: Decision, recordedAt: Instant): NonNullable<PartitionSave['decisions']>[number] {
  const { verdict, number, revision, supersedes, effectiveAt } = decision;
  const numbering = { generation: 1, number, supersedes };
  const record = {
    ...toRecord(verdict, revision),
    id: verdictId(verdict),
    ...numbering,
    effectiveAt: formatInstant(effectiveAt),
    decidedAt: formatInstant(recordedAt),
    cause: decision.cause,
  };
  return { ...verdict, ...numbering, type: decision.type, revision, effectiveAt, record: JSON.stringify(record) };
}
