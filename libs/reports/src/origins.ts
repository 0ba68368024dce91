import { parseInstant } from '#libs/calendar';
import type { Contract, Language } from '#libs/contract';
import {
  explain,
  formatLocal,
  toStandardRecord,
  verdictId,
  type StandardVerdict,
  type Verdict,
} from '#libs/evaluation';
import type { RecordedLine } from '#libs/liability';
import type { LineOrigin, Origin, ReportLine, StatementSource } from './statement-report.js';
import { wordsOf } from './words.js';

/** Null for limits and for adjustments, which have no verdict of their own. */
export function originOf(source: StatementSource, line: RecordedLine): LineOrigin | null {
  const { contract, publicUrl, statement } = source;
  const { about, subject, instance } = line;
  const base = publicUrl === null ? null : `${publicUrl}/v1`;
  if (instance !== null) {
    const id = verdictId({ contract: contract.id, obligation: about, subject, instance });
    // What is waived is no breach any more.
    const waived = statement.lines.some(
      (one) => one.remedy === 'waiver' && one.about === about && one.subject === subject && one.instance === instance,
    );
    const path = id.split('/').map(encodeURIComponent).join('/');
    return { id, kind: 'verdict', url: base && `${base}/${waived ? 'verdicts' : 'breaches'}/${path}` };
  }
  if (!source.versions.some(({ standards }) => standards.some(({ id }) => id === about))) return null;
  const query = `standard=${encodeURIComponent(about)}&period=${encodeURIComponent(subject)}`;
  return {
    id: `${contract.id}/${about}/${subject}`,
    kind: 'standard',
    url: base && `${base}/contracts/${encodeURIComponent(contract.id)}/standards?${query}`,
  };
}

/** Every origin once, in the order of the lines. */
export function originsOf(source: StatementSource, lines: readonly ReportLine[], language: Language): Origin[] {
  const words = wordsOf(language);
  const verdicts = new Map(source.verdicts.map((one) => [verdictId(one), one]));
  const standards = new Map(source.standards.map((one) => [`${one.contract}/${one.standard}/${one.period.name}`, one]));
  const numbers = new Map<string, { readonly origin: LineOrigin; readonly numbers: number[] }>();
  for (const { origin, number } of lines) {
    if (origin === null) continue;
    const entry = numbers.get(origin.id);
    if (entry === undefined) numbers.set(origin.id, { origin, numbers: [number] });
    else entry.numbers.push(number);
  }
  return [...numbers.values()].map(({ origin, numbers: of }) => {
    const verdict = origin.kind === 'verdict' ? verdicts.get(origin.id) : undefined;
    const standard = origin.kind === 'standard' ? standards.get(origin.id) : undefined;
    return {
      lines: words.lines(of.join(language === 'zh-CN' ? '、' : ', ')),
      id: origin.id,
      url: origin.url,
      sentence:
        verdict !== undefined
          ? setPlainly(explain(verdict, judgedBy(source, verdict.because.contractHash), language), language)
          : standard === undefined
            ? null
            : sentenceOf(standard, judgedBy(source, standard.because.contractHash), language),
      facts: verdict === undefined ? [] : factsOf(verdict, source.contract, language),
    };
  });
}

/** The font's curly quotes are as wide as a Chinese sign: in an English sentence they would tear it apart. */
function setPlainly(sentence: string, language: Language): string {
  return language === 'en' ? sentence.replace(/[“”]/g, '"') : sentence;
}

function judgedBy({ contract, versions }: StatementSource, hash: string): Contract {
  return versions.find((one) => one.hash === hash) ?? contract;
}

function sentenceOf(standard: StandardVerdict, contract: Contract, language: Language): string {
  const { period, value, target, numerator, denominator, sample } = toStandardRecord(standard);
  const title = contract.standards.find(({ id }) => id === standard.standard)?.title[language];
  return wordsOf(language).standard({
    title: title ?? standard.standard,
    period,
    value: value ?? '–',
    target,
    atLeast: standard.because.comparison === 'at-least',
    above: numerator,
    below: denominator,
    sample,
  });
}

function factsOf(verdict: Verdict, contract: Contract, language: Language): string[] {
  const { fact, factRole } = wordsOf(language);
  return verdict.because.facts.map(({ role, type, source, id, at }) => {
    const instant = parseInstant(at);
    const when = instant === undefined ? at : formatLocal(instant, contract.zone, language);
    return `${factRole[role]}: ${type} ${id} (${fact.from} ${source}, ${fact.occurred} ${when})`;
  });
}
