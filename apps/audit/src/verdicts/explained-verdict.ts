import { Injectable } from '@nestjs/common';
import type { Instant } from '#libs/calendar';
import type { Contract, Text } from '#libs/contract';
import { explain, explainTimeline, type JudgedVerdict, type Verdict } from '#libs/evaluation';
import { ReadSide, type RecordedDecision, type Snapshot } from '#libs/store';
import type { ContractShelf } from '../contracts/contract-shelf.js';
import { PublishedContracts } from '../contracts/published-contracts.js';
import { decisionItem } from '../decisions/decision-item.js';
import { notFound } from '../http/refuse-problems.js';
import { itemOf, type VerdictId, type VerdictItem } from './verdict-item.js';
import { judgeRows } from './verdict-lists.js';
import { VerdictsAsOf } from './verdicts-as-of.js';

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
    private readonly asOf: VerdictsAsOf,
  ) {}

  /**
   * @param only `breaches`: what is a breach, or was declared one before (a link in a message stays good).
   * @throws ProblemException `not-found`
   */
  find(id: VerdictId, only: 'verdicts' | 'breaches', asOf: Instant | undefined): Promise<ExplainedVerdict> {
    return this.reads.snapshot(async (read) => {
      const shelf = await this.contracts.load(read);
      const judged = asOf === undefined ? await this.byClock(read, shelf, id) : await this.about(read, shelf, id, asOf);
      const name = `${id.contract}/${id.obligation}/${id.subject}/${id.instance}`;
      if (judged === undefined) throw notFound(`there is no verdict '${name}'`);
      const decisions = await read.decisions({
        contracts: [id.contract],
        obligations: [id.obligation],
        subjects: [id.subject],
        instance: id.instance,
        limit: MAX_DECISIONS,
      });
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
    return row === undefined ? undefined : (await judgeRows(read, shelf, [row]))[0];
  }

  private async about(
    read: Snapshot,
    shelf: ContractShelf,
    id: VerdictId,
    asOf: Instant,
  ): Promise<JudgedVerdict | undefined> {
    if (shelf.versionsOf(id.contract).length === 0) return undefined;
    const all = await this.asOf.of(read, shelf, id.contract, asOf);
    return all.find(
      ({ verdict }) =>
        verdict.obligation === id.obligation && verdict.subject === id.subject && verdict.instance === id.instance,
    );
  }
}

function wasBreached(decisions: readonly RecordedDecision[]): boolean {
  return decisions.some((decision) => decision.type.startsWith('compliance.breach.'));
}

function wordsOf(
  verdict: Verdict,
  contract: Contract | undefined,
): Pick<ExplainedVerdict, 'explanation' | 'timeline' | 'title' | 'quote' | 'caseLink'> {
  if (contract === undefined) return { explanation: null, timeline: null, title: null, quote: null, caseLink: null };
  const obligation = contract.obligations.find((one) => one.id === verdict.obligation);
  return {
    explanation: { 'zh-CN': explain(verdict, contract, 'zh-CN'), en: explain(verdict, contract, 'en') },
    timeline: { 'zh-CN': explainTimeline(verdict, contract, 'zh-CN'), en: explainTimeline(verdict, contract, 'en') },
    title: obligation?.title ?? null,
    quote: obligation?.quote ?? null,
    caseLink: contract.caseLink?.replaceAll('{subject}', encodeURIComponent(verdict.subject)) ?? null,
  };
}
