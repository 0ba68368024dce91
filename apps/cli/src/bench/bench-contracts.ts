import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { formatInstant } from '#libs/calendar';
import { homePartition, TOPICS, type NewRecord } from '#libs/bus';
import { loadContracts, type LoadedContract } from '../load-contracts.js';

/** Ids of contracts that lie evenly over the partitions of the stream: as many in each, or one more. */
export function spreadIds(prefix: string, count: number, partitions: number): string[] {
  const ids: string[] = [];
  const taken = new Array<number>(partitions).fill(0);
  for (let number = 1; ids.length < count; number++) {
    const id = `${prefix}-${number}`;
    const home = homePartition(id, partitions);
    if (taken[home]! > Math.min(...taken)) continue;
    taken[home]! += 1;
    ids.push(id);
  }
  return ids;
}

export interface ContractFolders {
  /** The product's configuration, with the sample contract and the calendars. */
  readonly configFolder: string;
  /** Where the copies go; its `calendars` are made where missing. */
  readonly folder: string;
}

/** Copies of the sample contract under other ids, in force in the year of `now`. */
export function sampleContracts(
  { configFolder, folder }: ContractFolders,
  ids: readonly string[],
  now: number,
): LoadedContract[] {
  const document = parseDocument(readFileSync(join(configFolder, 'contracts', 'ecommerce-crm.yaml'), 'utf8'));
  const { from, to } = yearOf(now);
  document.setIn(['term', 'from'], from);
  document.setIn(['term', 'to'], to);
  document.setIn(['fees', 0, 'from'], from);
  return write({ configFolder, folder }, ids, (id) => {
    document.set('contract', id);
    return document.toString({ lineWidth: 0 });
  });
}

/** Contracts with one rule that runs round the clock and is due soon, or with more of its kind. */
export function shortContracts(
  folders: ContractFolders,
  ids: readonly string[],
  targetSeconds: number,
  now: number,
  { rules = 1, rulesOfOthers = 0 }: { readonly rules?: number; readonly rulesOfOthers?: number } = {},
): LoadedContract[] {
  const { from, to } = yearOf(now);
  return write(
    folders,
    ids,
    (id) => `contract: ${id}
title: { zh-CN: 时限测量, en: Measuring of deadlines }
parties: { client: { name: Client }, provider: { name: Provider } }
term: { from: ${from}, to: ${to} }
zone: Asia/Shanghai
calendar: cn-office
sources: { ${SHORT_SOURCE}: { trust: trusted } }
clauses: { '1': Every ticket is answered within ${targetSeconds} seconds. }
events: { ${SHORT_OPENED}: , ${SHORT_ANSWERED}: ${rulesOfOthers === 0 ? '' : ', order.opened: , order.answered: '}}
subjects:
${subjectKind('ticket', '工单')}
${rulesOfOthers === 0 ? '' : subjectKind('order', '订单')}
obligations:
${numbered(rules, (number) => obligation(number === 1 ? 'answer' : `answer-${number}`, 'ticket', targetSeconds + number - 1))}
${numbered(rulesOfOthers, (number) => obligation(`order-${number}`, 'order', targetSeconds))}
`,
  );
}

const SHORT_SOURCE = '/desk';
const SHORT_OPENED = 'ticket.opened';
const SHORT_ANSWERED = 'ticket.answered';

function numbered(count: number, text: (number: number) => string): string {
  return Array.from({ length: count }, (_, index) => text(index + 1)).join('\n');
}

function subjectKind(kind: string, title: string): string {
  return `  ${kind}: { title: { zh-CN: ${title}, en: ${kind} }, opened: ${kind}.opened, answered: ${kind}.answered }`;
}

function obligation(id: string, kind: string, targetSeconds: number): string {
  return `  ${id}:
    title: { zh-CN: 答复, en: Answer }
    clauses: ['1']
    party: provider
    subject: ${kind}
    start: ${kind}.opened
    stop: ${kind}.answered
    target: PT${targetSeconds}S round the clock`;
}

/** A case that is opened under its own id, in a contract of `shortContracts`. */
export function opening(contract: string, id: string, now: number): NewRecord {
  return {
    topic: TOPICS.events,
    key: contract,
    value: ticketEvent(contract, id, id, SHORT_OPENED, now),
    headers: HEADERS,
  };
}

/** Its answer, or one more, as text. */
export function answering(contract: string, id: string, now: number, number = 1): string {
  return ticketEvent(contract, `${id}-answer-${number}`, id, SHORT_ANSWERED, now);
}

const HEADERS = { 'content-type': 'application/cloudevents+json; charset=utf-8' };

function ticketEvent(contract: string, id: string, subject: string, type: string, now: number): string {
  const event = {
    specversion: '1.0',
    id,
    source: SHORT_SOURCE,
    type,
    subject,
    time: formatInstant(now),
    contractid: contract,
    data: {},
  };
  return JSON.stringify(event);
}

function yearOf(now: number): { from: string; to: string } {
  // The year of the contracts' zone; at its turn an hour this way or that is of no matter here.
  const year = new Date(now + 8 * 3_600_000).getUTCFullYear();
  return { from: `${year}-01-01`, to: `${year}-12-31` };
}

function write({ configFolder, folder }: ContractFolders, ids: readonly string[], text: (id: string) => string) {
  const contracts = join(folder, 'contracts');
  mkdirSync(contracts, { recursive: true });
  cpSync(join(configFolder, 'calendars'), join(folder, 'calendars'), { recursive: true });
  const files = ids.map((id) => {
    const file = join(contracts, `${id}.yaml`);
    writeFileSync(file, text(id));
    return file;
  });
  return loadContracts(files, {});
}
