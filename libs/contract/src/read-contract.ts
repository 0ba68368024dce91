import { createHash } from 'node:crypto';
import { Temporal } from 'temporal-polyfill';
import type { z } from 'zod';
import type { Calendar } from '#libs/calendar';
import { openYaml, type Checked, type Problem } from '#libs/document';
import { compileKind } from './compile-kind.js';
import { compileExcuses } from './compile-excuses.js';
import { compileLimits, compileStatements } from './compile-money.js';
import { compileRights } from './compile-rights.js';
import { compileRules } from './compile-rules.js';
import { compileSources } from './compile-sources.js';
import { compileTerm } from './compile-term.js';
import { contractFile } from './contract-file.js';
import { describeIssues } from './describe-issues.js';
import { compileEventTypes, declaredTypes, feedReads } from './event-types.js';
import type { Budget, Contract, Party, PartyId } from './model.js';
import type { Money } from './money.js';
import { unknownName } from './nearest-name.js';
import { bothLanguages, type LooseFile, type Reading, type Report } from './reading.js';
import { ruleNamesOf } from './rule-names.js';
import type { RuleReads } from './rule-reads.js';
import { rules } from './rules.js';
import { salvage } from './salvage.js';
import { periodsOf } from './service-periods.js';

/**
 * Reads, checks and compiles one contract file against the calendars at hand (by id). Gives either the contract or every
 * problem of the file, each with line, column and what was allowed, in the order of the file.
 */
export function readContract(file: string, text: string, calendars: ReadonlyMap<string, Calendar>): Checked<Contract> {
  const read = openYaml(file, text);
  if (!read.ok) return read;
  const { locate, problem } = read;
  const parsed = contractFile.safeParse(read.value);
  const malformed = parsed.success ? [] : describeIssues(read.value, parsed.error.issues);
  const problems: Problem[] = [
    ...read.problems,
    ...malformed.map(({ path, message, of }) => problem(path, message, of)),
  ];
  const report: Report = (path, message, of) => problems.push(problem(path, message, of));
  const usable = salvage<z.infer<typeof contractFile>>(
    read.value,
    malformed.filter((one) => one.unusable).map(({ path }) => path),
  );
  const reading = startReading(usable, calendars, report, (path, offset, message) => {
    const { line, column } = locate(path);
    problems.push({ ...problem(path, message), line, column: column + shift(text, line, column, offset) });
  });
  const contract = usable !== null && typeof usable === 'object' ? compile(reading, text) : undefined;
  if (contract !== undefined && problems.length === 0) return { ok: true, value: contract, locate, problem };
  return { ok: false, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
}

/** Columns from the beginning of a scalar to a character of its text; none where it is folded over lines or escaped. */
function shift(text: string, line: number, column: number, offset: number): number {
  const written = (text.split('\n')[line - 1] ?? '').slice(column - 1);
  if (written.startsWith('|') || written.startsWith('>')) return 0;
  const quoted = written.startsWith("'") || written.startsWith('"');
  const before = written.slice(quoted ? 1 : 0, (quoted ? 1 : 0) + offset);
  return before.includes('\\') || before.includes("''") ? 0 : offset + (quoted ? 1 : 0);
}

function startReading(
  file: LooseFile,
  calendars: ReadonlyMap<string, Calendar>,
  report: Report,
  reportInside: Reading['reportInside'],
): Reading {
  const calendar = file?.calendar === undefined ? undefined : calendars.get(file.calendar);
  if (file?.calendar !== undefined && calendar === undefined) {
    report(['calendar'], unknownName('calendar', file.calendar, calendars.keys()));
  }
  let zone = 'UTC';
  if (file?.zone !== undefined) {
    if (isZone(file.zone)) zone = file.zone;
    else
      report(['zone'], `'${file.zone}' is no time zone (allowed: IANA names such as Asia/Shanghai, America/New_York)`);
  }
  return {
    file,
    report,
    reportInside,
    calendars,
    calendar,
    zone,
    types: declaredTypes(file ?? {}, report),
    rules: ruleNamesOf(file, report),
  };
}

function compile(reading: Reading, text: string): Contract | undefined {
  const { file, report, calendar } = reading;
  const kinds = Object.entries(file.subjects ?? {}).flatMap(([id, written]) =>
    written === undefined ? [] : [compileKind(reading, id, written)],
  );
  const kindsById = new Map(kinds.map(({ kind }) => [kind.id, kind]));
  const term = compileTerm(reading);
  const rulesOfFile = compileRules(reading, kinds, term);
  const excuses = compileExcuses(reading, term);
  const limits = compileLimits(reading);
  const statements = compileStatements(reading);
  const rights = compileRights(reading);
  const sources = compileSources(reading);
  checkVocabulary(reading);
  for (const rule of rules) rule.check(reading, { kinds: kindsById, obligations: rulesOfFile.clocks });
  const { contract: id, parties, language } = file;
  if (id === undefined || calendar === undefined || term === undefined || parties === undefined) return undefined;
  const { clocks, obligations, duties, prohibitions, standards, remedies, materialBreaches } = rulesOfFile;
  if (reading.rules.sortOf.size === 0)
    report(['obligations'], 'no rule is declared (needed: an obligation, duty, prohibition or standard)', 'key');
  const money: Money = {
    rules: remedies,
    limits,
    rounding: file.rounding ?? 'half-up',
    finalAfter: statements.finalAfter,
    statementEvents: statements.statementEvents,
  };
  const cycle = { every: file.cycle?.every ?? 'month', startsOn: file.cycle?.startsOn ?? 1 } as const;
  const reads: RuleReads[] = [
    ...rulesOfFile.reads,
    ...excuses.reads,
    ...rights.reads,
    { feeds: statements.feeds, fieldsRead: statements.fieldsRead },
    feedReads(file),
  ];
  const parts = {
    obligations,
    duties,
    prohibitions,
    standards,
    excuses: excuses.excuses,
    money,
    rights: rights.rights,
    materialBreaches,
    sources,
    calendar,
  };
  return Object.freeze({
    ...parts,
    id,
    version: file.version ?? 1,
    hash: createHash('sha256').update(text).digest('hex'),
    calendarHashes: Object.fromEntries(usedCalendars(parts).map((one) => [one.id, one.hash])),
    title: bothLanguages(file.title, id),
    language: language ?? 'en',
    zone: reading.zone,
    currency: file.currency ?? 'XXX',
    parties: { client: partyOf(file, 'client'), provider: partyOf(file, 'provider') },
    caseLink: file.caseLink ?? null,
    term: term.term,
    inForceFrom: term.inForceFrom,
    cycle,
    fees: term.fees,
    vocabulary: { correction: file.vocabulary?.correction ?? null, heartbeat: file.vocabulary?.heartbeat ?? null },
    eventTypes: compileEventTypes(file, reading.types, kinds, clocks, reads),
    subjectKinds: kindsById,
    cycles: periodsOf('cycle', term.days, cycle, reading.zone),
  } satisfies Contract);
}

function checkVocabulary({ file, report }: Reading): void {
  const { correction, heartbeat } = file.vocabulary ?? {};
  if (correction !== undefined && correction === heartbeat) {
    report(['vocabulary', 'heartbeat'], `${heartbeat} cannot be both correction and heartbeat (allowed: two types)`);
  }
}

type WithPeriods = Pick<
  Contract,
  'obligations' | 'duties' | 'excuses' | 'money' | 'rights' | 'materialBreaches' | 'sources' | 'calendar'
>;

function usedCalendars(contract: WithPeriods): Calendar[] {
  const used = [
    contract.calendar,
    ...periodsIn(contract).flatMap((budget) => (budget !== null && 'calendar' in budget ? [budget.calendar] : [])),
  ];
  return [...new Map(used.map((one) => [one.id, one])).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function periodsIn({ obligations, duties, excuses, money, rights, materialBreaches, sources }: WithPeriods) {
  return [
    ...obligations.flatMap(({ target, reopen }): (Budget | null)[] => [
      ...(target.by === 'priority' ? Object.values(target.budgets) : [target.budget]),
      reopen?.within ?? null,
    ]),
    ...duties.map(({ within }) => within),
    excuses.exemption?.notice ?? null,
    money.finalAfter,
    ...rights.flatMap(({ when, expires }) => [expires, when.by === 'uncured' ? when.within : null]),
    ...materialBreaches.map(({ within }) => within),
    ...[...sources.values()].map(({ delayPeriod }) => delayPeriod),
  ];
}

function partyOf(file: LooseFile, id: PartyId): Party {
  const written = file.parties?.[id];
  return {
    name: written?.name ?? '',
    contacts: Object.fromEntries(
      Object.entries(written?.contacts ?? {}).map(([role, contact]) => [
        role,
        {
          name: contact?.name ?? '',
          email: contact?.email ?? null,
          phone: contact?.phone ?? null,
          webhook: contact?.webhook ?? null,
          wecom: contact?.wecom ?? null,
          dingtalk: contact?.dingtalk ?? null,
          feishu: contact?.feishu ?? null,
          language: contact?.language ?? null,
        },
      ]),
    ),
  };
}

function isZone(zone: string): boolean {
  try {
    Temporal.PlainDate.from('2026-01-01').toZonedDateTime(zone);
    return !/^[+-]/.test(zone);
  } catch {
    return false;
  }
}
