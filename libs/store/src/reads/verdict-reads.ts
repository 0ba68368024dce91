import type { ClientBase } from 'pg';
import type { VerdictRow } from '../api.js';
import { Conditions, timestamp } from './conditions.js';

/** What a list of verdicts is narrowed by; an absent field narrows nothing. Instants are epoch milliseconds. */
export interface VerdictFilter {
  readonly contracts?: readonly string[] | undefined;
  readonly obligations?: readonly string[] | undefined;
  readonly clauses?: readonly string[] | undefined;
  readonly parties?: readonly string[] | undefined;
  readonly states?: readonly string[] | undefined;
  readonly subjects?: readonly string[] | undefined;
  /** Half-open, on the start of the instance. */
  readonly started?: { readonly from?: number | undefined; readonly to?: number | undefined } | undefined;
  readonly dueBefore?: number | undefined;
  /** A verdict counts into the span its due instant lies in (without one: its start); spans differ by the zone of contracts. */
  readonly counted?:
    readonly { readonly contracts: readonly string[]; readonly from: number; readonly to: number }[] | undefined;
  readonly dimensions?: Readonly<Record<string, string>> | undefined;
}

/** Where a page begins: behind the verdict with these values. */
export interface VerdictPlace {
  readonly dueAt: number | null;
  readonly contract: string;
  readonly obligation: string;
  readonly subject: string;
  readonly instance: number;
}

/** `identity`: contract, obligation, subject, instance by code points. `due`: by due instant, those without one last. */
export interface VerdictPage {
  readonly order: 'identity' | 'due';
  readonly after?: VerdictPlace | undefined;
  readonly limit: number;
}

interface Row {
  contract: string;
  obligation: string;
  subject: string;
  instance: number;
  clause: string;
  party: string;
  state: string;
  started_at: Date;
  due_at: Date | null;
  stopped_at: Date | null;
  state_key: string;
  revision: number;
  number: string;
  effective_at: Date;
  dimensions: string;
}

const COLUMNS = `contract, obligation, subject, instance, clause, party, state, started_at, due_at, stopped_at,
  state_key, revision, number, effective_at, dimensions::text AS dimensions`;

const IDENTITY = `contract, obligation, subject, instance`;

export async function selectVerdicts(
  client: ClientBase,
  filter: VerdictFilter,
  page: VerdictPage,
): Promise<readonly VerdictRow[]> {
  if (page.order === 'identity') return selectSection(client, filter, page, 'all');
  // Two sections instead of one order over nulls: each can follow an index and stop at the limit.
  const dated =
    page.after !== undefined && page.after.dueAt === null ? [] : await selectSection(client, filter, page, 'dated');
  if (dated.length >= page.limit) return dated;
  const after = page.after !== undefined && page.after.dueAt === null ? page.after : undefined;
  const undated = await selectSection(
    client,
    filter,
    { order: 'due', after, limit: page.limit - dated.length },
    'undated',
  );
  return [...dated, ...undated];
}

async function selectSection(
  client: ClientBase,
  filter: VerdictFilter,
  page: VerdictPage,
  section: 'all' | 'dated' | 'undated',
): Promise<readonly VerdictRow[]> {
  const where = conditionsOf(filter);
  if (section === 'dated') where.add('due_at IS NOT NULL');
  if (section === 'undated') where.add('due_at IS NULL');
  const { after } = page;
  if (after !== undefined) {
    const place = [after.contract, after.obligation, after.subject].map((text) => `${where.value(text)}::text`);
    place.push(`${where.value(after.instance)}::integer`);
    if (section === 'dated') {
      const due = `${where.value(timestamp(after.dueAt ?? 0))}::timestamptz`;
      where.add(`(due_at, ${IDENTITY}) > (${[due, ...place].join(', ')})`);
    } else {
      where.add(`(${IDENTITY}) > (${place.join(', ')})`);
    }
  }
  const limit = where.value(page.limit);
  const order = section === 'dated' ? `due_at, ${IDENTITY}` : IDENTITY;
  const { rows } = await client.query<Row>(
    `SELECT ${COLUMNS} FROM verdict WHERE ${where} ORDER BY ${order} LIMIT ${limit}`,
    where.values,
  );
  return rows.map(verdictOf);
}

export async function selectVerdict(
  client: ClientBase,
  contract: string,
  obligation: string,
  subject: string,
  instance: number,
): Promise<VerdictRow | undefined> {
  const { rows } = await client.query<Row>(
    `SELECT ${COLUMNS} FROM verdict WHERE contract = $1 AND obligation = $2 AND subject = $3 AND instance = $4`,
    [contract, obligation, subject, instance],
  );
  return rows[0] === undefined ? undefined : verdictOf(rows[0]);
}

function conditionsOf(filter: VerdictFilter): Conditions {
  const where = new Conditions().add("state <> 'withdrawn'");
  where.anyOf('contract', filter.contracts);
  where.anyOf('obligation', filter.obligations);
  where.anyOf('clause', filter.clauses);
  where.anyOf('party', filter.parties);
  where.anyOf('state', filter.states);
  // What the index of breaches holds.
  if (filter.states?.every((state) => state === 'breached') === true) where.add('breached');
  where.anyOf('subject', filter.subjects);
  where.within('started_at', filter.started ?? {});
  where.within('due_at', { to: filter.dueBefore });
  if (filter.counted !== undefined) {
    const spans = filter.counted.map((span) => {
      const contracts = where.value(span.contracts);
      const from = where.value(timestamp(span.from));
      const to = where.value(timestamp(span.to));
      return (
        `(contract = ANY(${contracts}::text[]) AND coalesce(due_at, started_at) >= ${from}::timestamptz` +
        ` AND coalesce(due_at, started_at) < ${to}::timestamptz)`
      );
    });
    where.add(spans.length === 0 ? 'false' : `(${spans.join(' OR ')})`);
  }
  if (filter.dimensions !== undefined)
    where.add(`dimensions @> ${where.value(JSON.stringify(filter.dimensions))}::jsonb`);
  return where;
}

function verdictOf(row: Row): VerdictRow {
  return {
    contract: row.contract,
    obligation: row.obligation,
    subject: row.subject,
    instance: row.instance,
    clause: row.clause,
    party: row.party,
    state: row.state,
    startedAt: row.started_at.getTime(),
    dueAt: row.due_at?.getTime() ?? null,
    stoppedAt: row.stopped_at?.getTime() ?? null,
    stateKey: row.state_key,
    revision: row.revision,
    number: Number(row.number),
    effectiveAt: row.effective_at.getTime(),
    dimensions: row.dimensions,
  };
}
