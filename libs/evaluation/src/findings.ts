import { formatInstant, type Instant } from '#libs/calendar';
import type { Language, Text } from '#libs/contract';
import type { Circumstances } from './circumstances.js';
import type { DerivedSubject } from './derive-subject.js';
import { compareCodePoints } from './order-facts.js';
import type { NamedFact } from './suspension.js';

/**
 * A fact that was accepted and does not act: a decision of somebody who is not entitled to it (readings 6), a fact that lies
 * before the opening of its case or opens it a second time (readings 8), late evidence that nobody has accepted yet.
 */
export interface JudgedFinding extends NamedFact {
  readonly finding: 'NO_STANDING' | 'STRAY' | 'AWAITING_ACCEPTANCE';
  /** What the decision is about; the subject of a stray; the instance (`rule/subject/number`) or standard that late evidence would change. */
  readonly about: string;
}

/** The public record of `evaluate --findings --format json` for a finding. */
export interface FindingRecord {
  readonly kind: 'finding';
  readonly contract: string;
  readonly finding: JudgedFinding['finding'];
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly at: string;
  readonly about: string;
  /** One sentence, in both languages. */
  readonly detail: Text;
}

export function findingsOfSubject({ folded, verdicts }: DerivedSubject, subject: string): JudgedFinding[] {
  const strays = (folded?.strays ?? []).map((fact) => ({ ...fact, finding: 'STRAY' as const, about: subject }));
  const waiting = verdicts.flatMap(({ rule, number, awaiting }) =>
    awaiting.map((fact) => awaitingAcceptance(fact, `${rule.id}/${subject}/${number}`)),
  );
  return [...strays, ...waiting];
}

export function awaitingAcceptance({ source, id, type, at }: NamedFact, about: string): JudgedFinding {
  return { source, id, type, at, finding: 'AWAITING_ACCEPTANCE', about };
}

/** All of a contract, each once, by the time of the fact. */
export function allFindings(found: readonly JudgedFinding[], { findings }: Circumstances): readonly JudgedFinding[] {
  const all = new Map(
    [...findings, ...found].map((one) => [JSON.stringify([one.finding, one.source, one.id, one.about]), one]),
  );
  return [...all.values()].sort(
    (a, b) =>
      a.at - b.at ||
      compareCodePoints(a.source, b.source) ||
      compareCodePoints(a.id, b.id) ||
      compareCodePoints(a.about, b.about),
  );
}

export function toFindingRecord(contract: string, finding: JudgedFinding): FindingRecord {
  const { finding: what, source, id, type, at, about } = finding;
  return {
    kind: 'finding',
    contract,
    finding: what,
    source,
    id,
    type,
    at: formatInstant(at as Instant),
    about,
    detail: { 'zh-CN': describeFinding(finding, 'zh-CN'), en: describeFinding(finding, 'en') },
  };
}

function describeFinding({ finding, source, id, type, about }: JudgedFinding, language: Language): string {
  const chinese = language === 'zh-CN';
  const fact = chinese ? `${type} ${id}（${source}）` : `${type} ${id} (${source})`;
  switch (finding) {
    case 'NO_STANDING':
      return chinese
        ? `${fact}对 ${about} 作出的决定不生效：作出者不是有权决定的相对方或裁决方。`
        : `${fact} decides about ${about} and does not act: it comes neither from the other party nor from the arbiter.`;
    case 'STRAY':
      return chinese
        ? `${fact}不计入 ${about}：早于其立案，或重复立案。`
        : `${fact} counts for nothing in ${about}: it lies before the opening, or opens it a second time.`;
    case 'AWAITING_ACCEPTANCE':
      return chinese
        ? `${fact}逾期提交，将改变 ${about}，待相对方或裁决方认可后才计入。`
        : `${fact} came late and would change ${about}; it counts once the other party or the arbiter accepts it.`;
  }
}
