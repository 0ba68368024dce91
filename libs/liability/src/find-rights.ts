import { endOfPeriod, endedBefore, otherParty, isNotice } from '#libs/evaluation';
import type { Instant } from '#libs/calendar';
import type { Contract, PartyId, Right } from '#libs/contract';
import type { ContractVersions, StandardVerdict } from '#libs/evaluation';
import type { Breach, Notice } from '#libs/evaluation';
import type { RaisedRight, Statement } from './statement.js';

interface RightsInput {
  readonly breaches: readonly Breach[];
  readonly standards: readonly StandardVerdict[];
  readonly notices: readonly Notice[];
  readonly statements: readonly Pick<Statement, 'cycle' | 'capped'>[];
}

/**
 * The rights that breaches have raised as of an instant, by the instant they were raised. Read by the latest version in
 * force. One that was to be exercised by an earlier instant stays, as one that has lapsed.
 * @throws UncoveredYearError where the years of the calendar do not show whether it has
 */
export function findRights(versions: ContractVersions, input: RightsInput, now: Instant): RaisedRight[] {
  const { rights } = latestOf(versions, now);
  const periods = new Map(rights.map(({ id, expires }) => [id, expires]));
  return raisedRights(versions, input, now).map((one) => {
    const period = periods.get(one.because.rule) ?? null;
    return period === null ? one : { ...one, expiredAt: endedBefore(period, one.since, now) };
  });
}

/** The rights that breaches raise up to an instant, whether or not they have lapsed since. */
export function raisedRights(versions: ContractVersions, input: RightsInput, until: Instant): RaisedRight[] {
  const contract = latestOf(versions, until);
  return contract.rights
    .flatMap((right) => raised(contract, right, input, until))
    .filter((one) => one.since <= until)
    .sort((a, b) => a.since - b.since || (a.about < b.about ? -1 : a.about > b.about ? 1 : 0));
}

function latestOf(versions: ContractVersions, now: Instant): Contract {
  let contract: Contract = versions[0];
  for (const version of versions) if (version.inForceFrom <= now) contract = version;
  return contract;
}

function raised(contract: Contract, right: Right, input: RightsInput, now: Instant): RaisedRight[] {
  const raise = (breaching: PartyId, about: string, since: Instant, facts: readonly string[] = []): RaisedRight => ({
    contract: contract.id,
    party: right.party ?? otherParty(breaching),
    right: right.right,
    clause: right.clause,
    about,
    since,
    expiredAt: null,
    because: { rule: right.id, version: contract.version, contractHash: contract.hash, facts },
  });
  const { when } = right;
  switch (when.by) {
    case 'missed-running':
      return when.standards.flatMap((id) => {
        const party = contract.standards.find((one) => one.id === id)?.party ?? 'provider';
        return runsOfMisses(
          input.standards.filter((one) => one.standard === id),
          when.periods,
        ).map((since) => raise(party, id, since));
      });
    case 'capped': {
      const since = cappedAgain(input.statements, when.limit, when.times, when.of);
      const limit = contract.money.limits.find((one) => one.about === when.limit);
      const party = limit === undefined || limit.party === 'both' ? 'provider' : limit.party;
      return since === undefined ? [] : [raise(party, when.limit, since)];
    }
    case 'breach':
      return input.breaches
        .filter((one) => one.rule === when.rule && !one.waived)
        .map((one) => raise(one.party, `${one.rule}/${one.subject}/${one.instance}`, one.at));
    case 'breaches':
      return accumulated(contract, when, input.breaches).map(({ party, since }) => raise(party, right.id, since));
    case 'uncured':
      return input.breaches
        .filter((one) => one.rule === when.rule && !one.waived)
        .flatMap((one) => {
          const about = `${one.rule}/${one.subject}`;
          const notice = input.notices.find(
            (served) =>
              served.about === about && served.at > one.at && served.at <= now && isNotice(when.notice, served),
          );
          if (notice === undefined) return [];
          const since = endOfPeriod(when.within, notice.at);
          return one.stoppedAt !== null && one.stoppedAt <= since
            ? []
            : [raise(one.party, about, since, [`${notice.source} ${notice.id}`])];
        });
  }
}

/** The end of the period that completes each run of misses; a period that was not missed, whatever it was, begins a new run. */
function runsOfMisses(verdicts: readonly StandardVerdict[], periods: number): Instant[] {
  const ends: Instant[] = [];
  let running = 0;
  for (const verdict of [...verdicts].sort((a, b) => a.period.from - b.period.from)) {
    running = verdict.state === 'missed' ? running + 1 : 0;
    if (running === periods) ends.push(verdict.period.to);
  }
  return ends;
}

/** The end of the first cycle by which the limit took back in `times` of `of` consecutive cycles. */
function cappedAgain(
  statements: RightsInput['statements'],
  limit: string,
  times: number,
  of: number,
): Instant | undefined {
  const capped = statements.map((one) => one.capped.includes(limit));
  for (let i = 0; i < capped.length; i++) {
    if (!capped[i]) continue;
    const within = capped.slice(Math.max(0, i - of + 1), i + 1).filter(Boolean).length;
    if (within >= times) return statements[i]!.cycle.to;
  }
  return undefined;
}

/** The breach that completes the number, within so many consecutive cycles or in all; once for each party. */
function accumulated(
  contract: Contract,
  when: Extract<Right['when'], { by: 'breaches' }>,
  breaches: readonly Breach[],
): { party: PartyId; since: Instant }[] {
  const cycleOf = (at: Instant): number => contract.cycles.findIndex((cycle) => cycle.from <= at && at < cycle.to);
  return (['client', 'provider'] as const).flatMap((party) => {
    const own = breaches
      .filter((one) => one.party === party && !one.waived && when.rules.includes(one.rule))
      .sort((a, b) => a.at - b.at);
    for (let i = when.times - 1; i < own.length; i++) {
      const first = own[i - when.times + 1]!;
      const last = own[i]!;
      if (when.cycles === null || cycleOf(last.at) - cycleOf(first.at) < when.cycles)
        return [{ party, since: last.at }];
    }
    return [];
  });
}
