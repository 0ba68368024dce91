import { Injectable } from '@nestjs/common';
import type { Contract, Text } from '#libs/contract';
import { explain, explainTimeline, type JudgedVerdict, type Verdict } from '#libs/evaluation';
import { ReadSide, type RecordedDecision, type Snapshot } from '#libs/store';
import type { ContractShelf } from '../contracts/contract-shelf.js';
import { PublishedContracts } from '../contracts/published-contracts.js';
import { decisionItem } from '../decisions/decision-item.js';
import { notFound } from '../http/refuse-problems.js';
import { Judgements } from '../judgements/judgements.js';
import { mustBeSettled } from '../judgements/must-be-settled.js';
import type { Moment } from '../query/moment.js';
import { ClockCircumstances } from './clock-circumstances.js';
import { itemOf, recordedVerdict, type VerdictId, type VerdictItem } from './verdict-item.js';
import { judgeRows } from './verdict-lists.js';

/** Decisions about one instance that are shown beside it; more than any sound instance has. */
const MAX_DECISIONS = 1_000;

/** A verdict with its reasons in words. The words are null where the version that judged it cannot be read here. */
export type ExplainedVerdict = VerdictItem & {
  readonly explanation: Text | null;
  /** Facts and spans in order of time, one line each. */
  readonly timeline: Readonly<Record<keyof Text, readonly string[]>> | null;
  readonly title: Text | null;
  /** What the clause says. */
  readonly quote: string | null;
  readonly caseLink: string | null;
  readonly decisions: readonly object[];
};

/** One verdict, why it is so, and how it came to be so. */
@Injectable()
export class ExplainedVerdicts {
  constructor(
    private readonly reads: ReadSide,
    private readonly contracts: PublishedContracts,
    private readonly judgements: Judgements,
    private readonly circumstances: ClockCircumstances,
  ) {}

  /**
   * @param only `breaches`: what is a breach, or was declared one before (a link in a message stays good).
   * @throws ProblemException `not-found`
   */
  find(id: VerdictId, only: 'verdicts' | 'breaches', moment: Moment): Promise<ExplainedVerdict> {
    return this.reads.snapshot(async (read) => {
      const shelf = await this.contracts.load(read);
      const { asOf, knownAt } = moment;
      await mustBeSettled(read, [id.contract], knownAt);
      const name = `${id.contract}/${id.obligation}/${id.subject}/${id.instance}`;
      const decisions = await read.decisions({
        contracts: [id.contract],
        obligations: [id.obligation],
        subjects: [id.subject],
        instance: id.instance,
        decided: knownAt === undefined ? undefined : { to: knownAt + 1 },
        limit: MAX_DECISIONS,
      });
      const judged =
        asOf !== undefined
          ? await this.about(read, shelf, id, moment)
          : knownAt === undefined
            ? await this.byClock(read, shelf, id)
            : lastOf(decisions);
      if (judged === undefined)
        throw notFound(`there is no verdict '${name}'${knownAt === undefined ? '' : ' by then'}`);
      const { state } = judged.verdict;
      if (only === 'breaches' && state !== 'breached' && !wasBreached(decisions)) {
        throw notFound(
          `'${name}' is no breach: its verdict is '${state}' (see /v1/verdicts/${encodeURIComponent(name)})`,
        );
      }
      const contract = shelf.byHash(id.contract, judged.verdict.because.contractHash);
      return { ...itemOf(judged), ...wordsOf(judged.verdict, contract), decisions: decisions.map(decisionItem) };
    });
  }

  private async byClock(read: Snapshot, shelf: ContractShelf, id: VerdictId): Promise<JudgedVerdict | undefined> {
    const row = await read.verdict(id.contract, id.obligation, id.subject, id.instance);
    if (row === undefined) return undefined;
    const benches = await this.circumstances.of(read, shelf, [id.contract]);
    return (await judgeRows(read, benches, [row]))[0];
  }

  private async about(
    read: Snapshot,
    shelf: ContractShelf,
    id: VerdictId,
    moment: Moment,
  ): Promise<JudgedVerdict | undefined> {
    if (shelf.versionsOf(id.contract).length === 0) return undefined;
    const { verdicts } = await this.judgements.of(read, shelf, id.contract, moment);
    return verdicts.find(
      ({ verdict }) =>
        verdict.obligation === id.obligation && verdict.subject === id.subject && verdict.instance === id.instance,
    );
  }
}

function lastOf(decisions: readonly RecordedDecision[]): JudgedVerdict | undefined {
  const last = decisions.at(-1);
  return last === undefined ? undefined : recordedVerdict(last.record, undefined);
}

function wasBreached(decisions: readonly RecordedDecision[]): boolean {
  return decisions.some((decision) => decision.type.startsWith('compliance.breach.'));
}

function wordsOf(
  verdict: Verdict,
  contract: Contract | undefined,
): Pick<ExplainedVerdict, 'explanation' | 'timeline' | 'title' | 'quote' | 'caseLink'> {
  if (contract === undefined) return { explanation: null, timeline: null, title: null, quote: null, caseLink: null };
  const { obligations, duties, prohibitions } = contract;
  const rule = [...obligations, ...duties, ...prohibitions].find((one) => one.id === verdict.obligation);
  const isCase = obligations.some((one) => one.id === verdict.obligation);
  return {
    explanation: { 'zh-CN': explain(verdict, contract, 'zh-CN'), en: explain(verdict, contract, 'en') },
    timeline: { 'zh-CN': explainTimeline(verdict, contract, 'zh-CN'), en: explainTimeline(verdict, contract, 'en') },
    title: rule?.title ?? null,
    quote: rule?.quote ?? null,
    // The platform has no page of a period.
    caseLink: isCase ? (contract.caseLink?.replaceAll('{subject}', encodeURIComponent(verdict.subject)) ?? null) : null,
  };
}
