import { parseInstant, type Instant } from '#libs/calendar';
import type { Language } from '#libs/contract';
import { formatLocal } from '#libs/evaluation';
import type { RecordedLine } from '#libs/liability';
import { Decimal } from 'decimal.js';
import { groupedAmount, money, rateText } from './figures.js';
import { compareWithLoss } from './loss-note.js';
import { originOf, originsOf } from './origins.js';
import { quantityText } from './quantity.js';
import type { ReportLine, StatementReport, StatementSource } from './statement-report.js';
import { wordsOf } from './words.js';

const PARTIES = ['provider', 'client'] as const;

/** Puts a statement into words. Lines keep their order and their numbers. */
export function reportStatement(source: StatementSource, language: Language): StatementReport {
  const { contract, statement } = source;
  const words = wordsOf(language);
  const lines = statement.lines.map((line, index) => reportLine(source, line, index + 1, language));
  const { net, totals } = statement;
  const amount = (decimal: string): string => money(decimal, contract.currency, language);
  const other = net.from === 'client' ? 'provider' : 'client';
  return {
    language,
    title: words.title,
    columns: words.columns,
    contractTitle: contract.title[language],
    runningHead: [contract.id, statement.cycle, words.state[statement.state]].join(' · '),
    head: headOf(source, language),
    result:
      net.from === 'none'
        ? words.nobodyOwes
        : words.owes(words.party[net.from], words.party[other], amount(net.amount)),
    sums: PARTIES.map((party) => [words.total(words.party[party]), amount(totals[party])] as const),
    parties: PARTIES.map((party) => ({
      party,
      heading: words.liabilityOf(words.party[party]),
      lines: lines.filter((one) => one.party === party),
      empty: words.noLines(words.party[party]),
      total: [words.total(words.party[party]), groupedAmount(totals[party])] as const,
    })),
    disputes: disputesOf(source, lines, language),
    signatures: signaturesOf(source, language),
    origins: originsOf(source, lines, language),
    notes: notesOf(source, language),
    asOf: source.asOf,
  };
}

function reportLine(source: StatementSource, line: RecordedLine, number: number, language: Language): ReportLine {
  const words = wordsOf(language);
  const { contract, statement } = source;
  const rule = [...contract.obligations, ...contract.duties, ...contract.prohibitions, ...contract.standards].find(
    ({ id }) => id === line.about,
  );
  const disputes = statement.disputes.filter((one) => one.line === line.id);
  return {
    number,
    party: line.party,
    remedy: words.remedy[line.remedy as keyof typeof words.remedy] ?? line.remedy,
    clause: line.clause,
    about: rule === undefined ? line.about : rule.title[language],
    subject: line.instance !== null && line.instance > 1 ? `${line.subject} (${line.instance})` : line.subject,
    base: new Decimal(line.base).isZero() ? '' : groupedAmount(line.base),
    rate: rateText(line.rate),
    quantity: quantityText(contract, line, language),
    amount: groupedAmount(line.amount),
    line,
    origin: originOf(source, line),
    remarks: [
      ...(line.adjusts === null ? [] : [words.adjusts(line.adjusts.cycle, line.adjusts.line)]),
      ...disputes.map(({ state, amount }) => {
        const outcome = words.dispute.outcomes[state];
        return `${words.sections.disputes}: ${amount === null ? outcome : `${outcome} ${groupedAmount(amount)}`}`;
      }),
    ],
  };
}

function headOf(source: StatementSource, language: Language): [string, string][] {
  const { contract, statement, cycle, asOf } = source;
  const { head, state } = wordsOf(language);
  const at = (instant: Instant, ends = false): string => formatLocal(instant, contract.zone, language, ends);
  const written = (text: string | null, ends = false): string | null => {
    const instant = text === null ? undefined : parseInstant(text);
    return instant === undefined ? text : at(instant, ends);
  };
  const fee = contract.fees.filter((one) => one.from <= cycle.from).at(-1);
  const rows: [string, string | null][] = [
    [head.number, contract.id],
    [head.version, `${contract.version} (${contract.hash.slice(0, 12)})`],
    [head.client, contract.parties.client.name],
    [head.provider, contract.parties.provider.name],
    [head.cycle, `${statement.cycle}: ${at(cycle.from)} – ${at(cycle.to, true)} (${contract.zone})`],
    [head.fee, fee === undefined ? null : money(fee.amount, contract.currency, language)],
    [head.state, state[statement.state]],
    [head.revision, statement.revision === undefined ? null : String(statement.revision)],
    [head.frozen, written(statement.frozenAt, true)],
    [head.finalDue, statement.finalAt === null ? written(statement.finalDueAt, true) : null],
    [head.final, written(statement.finalAt)],
    [head.asOf, at(asOf, true)],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== null);
}

function disputesOf(source: StatementSource, lines: readonly ReportLine[], language: Language): string[][] {
  const words = wordsOf(language);
  const { contract, statement } = source;
  const when = (text: string | null): string => timeText(text, contract.zone, language);
  return statement.disputes.map((one) => {
    const number = lines.find(({ line }) => line.id === one.line)?.number;
    const outcome = words.dispute.outcomes[one.state];
    const decided = one.decidedBy === null ? '' : `${words.party[one.decidedBy]}, ${when(one.decidedAt)}`;
    return [
      number === undefined ? one.line : words.lineOf(number, one.line),
      `${words.party[one.by]}, ${when(one.at)}`,
      one.reason ?? '',
      one.amount === null ? outcome : `${outcome} ${groupedAmount(one.amount)}`,
      decided,
    ];
  });
}

function signaturesOf(source: StatementSource, language: Language): string[][] {
  const words = wordsOf(language);
  const { contract, statement } = source;
  return PARTIES.flatMap((party) => {
    const name = `${words.party[party]}: ${contract.parties[party].name}`;
    const signed = statement.signatures.filter((one) => one.party === party);
    if (signed.length === 0) return [[name, '', '', words.signature.missing]];
    return signed.map((one) => [
      name,
      timeText(one.at, contract.zone, language),
      String(one.revision),
      one.counts ? words.signature.valid : words.signature.overtaken,
    ]);
  });
}

function timeText(text: string | null, zone: string, language: Language): string {
  const instant = text === null ? undefined : parseInstant(text);
  return instant === undefined ? (text ?? '') : formatLocal(instant, zone, language);
}

function notesOf(source: StatementSource, language: Language): string[] {
  const { contract, statement, publicUrl, losses } = source;
  const { notes, party: parties } = wordsOf(language);
  const places = publicUrl === null ? notes.byCommand : notes.onServer(publicUrl);
  const amount = (decimal: string): string => money(decimal, contract.currency, language);
  return [
    notes.preliminary,
    notes[statement.state],
    notes.amounts(notes.rounding[contract.money.rounding]),
    ...(statement.lines.some((line) => originOf(source, line) !== null) ? [notes.origins(places)] : []),
    ...PARTIES.flatMap((party) => {
      const loss = losses[party];
      if (loss === undefined) return [];
      const compared = compareWithLoss(statement, party, loss);
      const said = {
        owed: amount(compared.owed),
        loss: amount(new Decimal(loss).toFixed(2)),
        liable: parties[party],
        injured: parties[party === 'client' ? 'provider' : 'client'],
      };
      return [
        compared.above === null
          ? notes.lossWithin(said)
          : notes.lossAbove({
              ...said,
              above: rateText(new Decimal(compared.above).toDecimalPlaces(4, Decimal.ROUND_UP).toString()),
            }),
      ];
    }),
  ];
}
