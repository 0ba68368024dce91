import { Injectable } from '@nestjs/common';
import { formatInstant, type Instant } from '#libs/calendar';
import type { Budget, Contract, Duty, Obligation, Prohibition, RuleHead, Standard, Target } from '#libs/contract';
import { ReadSide, type ContractStanding } from '#libs/store';
import { notFound } from '../http/refuse-problems.js';
import type { ContractShelf, ShelfVersion } from './contract-shelf.js';
import { PublishedContracts } from './published-contracts.js';

export const CONTRACT_COLUMNS = [
  'id',
  'version',
  'hash',
  'title',
  'zone',
  'currency',
  'term',
  'inForceFrom',
  'clock',
  'lastNumber',
];

/** Published contracts as readers see them: the version in force at the contract's clock. */
@Injectable()
export class ContractPages {
  constructor(
    private readonly reads: ReadSide,
    private readonly contracts: PublishedContracts,
  ) {}

  list(): Promise<readonly object[]> {
    return this.reads.snapshot(async (read) => {
      const shelf = await this.contracts.load(read);
      const standings = await read.standings();
      return shelf.ids().map((id) => summaryOf(shelf, id, standings.get(id)));
    });
  }

  /** @throws ProblemException `not-found` */
  find(id: string): Promise<object> {
    return this.reads.snapshot(async (read) => {
      const shelf = await this.contracts.load(read);
      if (shelf.versionsOf(id).length === 0) throw unknown(id, shelf);
      const standing = (await read.standings([id])).get(id);
      const contract = shelf.inForce(id, standing?.clock ?? null)?.contract;
      return {
        ...summaryOf(shelf, id, standing),
        ...(contract === undefined ? {} : detailsOf(contract)),
        feeds: (standing?.feeds ?? []).map((feed) => ({ ...feed, lastSign: formatInstant(feed.lastSign) })),
        versions: shelf.versionsOf(id).map(versionOf),
      };
    });
  }

  /** @throws ProblemException `not-found` */
  mustExist(id: string): Promise<void> {
    return this.reads.snapshot(async (read) => {
      const shelf = await this.contracts.load(read);
      if (shelf.versionsOf(id).length === 0) throw unknown(id, shelf);
    });
  }
}

function unknown(id: string, shelf: ContractShelf): Error {
  const known = shelf.ids();
  const shown = known.slice(0, 20).join(', ') + (known.length > 20 ? ', …' : '');
  return notFound(`no contract '${id}' is published (there: ${shown === '' ? 'none' : shown})`);
}

function summaryOf(shelf: ContractShelf, id: string, standing: ContractStanding | undefined): object {
  const inForce = shelf.inForce(id, standing?.clock ?? null);
  const contract = inForce?.contract;
  return {
    id,
    version: inForce?.published.version,
    hash: inForce?.published.hash,
    title: contract?.title ?? null,
    zone: contract?.zone ?? null,
    currency: contract?.currency ?? null,
    term:
      contract === undefined ? null : { from: formatInstant(contract.term.from), to: formatInstant(contract.term.to) },
    inForceFrom: inForce === undefined ? null : formatInstant(inForce.published.fromInstant),
    clock: textOf(standing?.clock),
    lastNumber: standing?.lastNumber ?? 0,
  };
}

function versionOf({ published, contract }: ShelfVersion): object {
  return {
    version: published.version,
    hash: published.hash,
    calendars: published.calendars,
    inForceFrom: formatInstant(published.fromInstant),
    readable: contract !== undefined,
  };
}

/** Contacts stay in the file: a reader of verdicts needs roles, not people. */
function detailsOf(contract: Contract): object {
  return {
    language: contract.language,
    parties: Object.fromEntries(
      Object.entries(contract.parties).map(([id, party]) => [
        id,
        { name: party.name, contactRoles: Object.keys(party.contacts) },
      ]),
    ),
    cycle: contract.cycle,
    caseLink: contract.caseLink,
    calendar: {
      id: contract.calendar.id,
      hash: contract.calendar.hash,
      data: contract.calendar.data,
      coveredYears: contract.calendar.coveredYears,
    },
    obligations: contract.obligations.map(obligationOf),
    duties: contract.duties.map(dutyOf),
    prohibitions: contract.prohibitions.map(prohibitionOf),
    standards: contract.standards.map(standardOf),
    remedies: contract.money.rules.map(({ rule, clause, combine, remedies }) => ({
      rule,
      clause,
      combine,
      remedies: remedies.map((one) => one.remedy),
    })),
    limits: contract.money.limits.map(({ about, kind, clause, party, over }) => ({
      id: about,
      kind,
      clause,
      party,
      over,
    })),
    rights: contract.rights.map(({ id, right, clause, party }) => ({ id, right, clause, party })),
    sources: [...contract.sources.values()].map(({ delayPeriod: _, ...source }) => source),
  };
}

function obligationOf(obligation: Obligation): object {
  return {
    ...headOf(obligation),
    party: obligation.party,
    subjectKind: obligation.kind,
    allowed: allowedOf(obligation.target),
    warnings: obligation.warnings.map((warning) => warning.text),
  };
}

function headOf({ id, clauses, title, quote }: Pick<RuleHead, 'id' | 'clauses' | 'title' | 'quote'>): object {
  return { id, clauses, title, quote };
}

function dutyOf(duty: Duty): object {
  return {
    ...headOf(duty),
    party: duty.party,
    every: duty.every,
    opens: duty.opens.by,
    allowed: duty.within === null ? null : budgetOf(duty.within),
    warnings: duty.warnings.map((warning) => warning.text),
  };
}

/** `party` is null where a fact says who breaches. */
function prohibitionOf(prohibition: Prohibition): object {
  const { party } = prohibition;
  return {
    ...headOf(prohibition),
    party: party.by === 'rule' ? party.party : party.only,
    until: formatInstant(prohibition.until),
  };
}

function standardOf(standard: Standard): object {
  return {
    ...headOf(standard),
    party: standard.party,
    every: standard.every,
    rollingDays: standard.rollingDays,
    comparison: standard.comparison,
    target: standard.target,
    challenge: standard.challenge,
    minimumSample: standard.minimumSample,
  };
}

function allowedOf(target: Target): object {
  if (target.by === 'priority') {
    const budgets = Object.entries(target.budgets).map(([priority, budget]) => [priority, budgetOf(budget)]);
    return { by: 'priority', budgets: Object.fromEntries(budgets) as object };
  }
  return target.by === 'fact' ? { by: 'fact', field: target.field } : { by: 'budget', budget: budgetOf(target.budget) };
}

function budgetOf(budget: Budget): object {
  return { counting: budget.counting, text: budget.text };
}

function textOf(at: Instant | null | undefined): string | null {
  return at === null || at === undefined ? null : formatInstant(at);
}
