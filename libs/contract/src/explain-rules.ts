import { percentOfShare } from './decimal-text.js';
import type { Duty, Prohibition } from './duties.js';
import { explainMaterial, explainRemedies } from './explain-money.js';
import type { Contract, Obligation, ReopenPolicy, RuleHead, Target, Warning } from './model.js';
import { code, type Narrator } from './narrator.js';
import { isRatio } from './is-ratio.js';
import type { Measure, Standard } from './standard.js';

/** Each rule as a paragraph: its name and clause, who owes what when, and what follows a breach. */
export function explainRules(contract: Contract, narrator: Narrator): string[][] {
  const { say } = narrator;
  const section = (title: string, paragraphs: readonly string[][]): string[][] =>
    paragraphs.length === 0 ? [] : [[`## ${title}`], ...paragraphs];
  const consequences = (id: string): string[] => [
    ...explainRemedies(contract, narrator, id),
    ...explainMaterial(contract, narrator, id),
  ];
  const paragraph = (rule: Omit<RuleHead, 'party'>, sentences: readonly string[]): string[] => [
    ...head(narrator, rule),
    ...[...sentences, ...consequences(rule.id)].map((one) => `- ${one}`),
  ];
  return [
    ...section(
      say('计时义务', 'Obligations with a clock'),
      contract.obligations.map((one) => paragraph(one, explainObligation(contract, narrator, one))),
    ),
    ...section(
      say('定期义务', 'Recurring duties'),
      contract.duties.map((one) => paragraph(one, explainDuty(narrator, one))),
    ),
    ...section(
      say('禁止事项', 'Prohibitions'),
      contract.prohibitions.map((one) => paragraph(one, explainProhibition(narrator, one))),
    ),
    ...section(
      say('质量标准', 'Standards'),
      contract.standards.map((one) => paragraph(one, explainStandard(narrator, one))),
    ),
  ];
}

function head({ say, text, clauses }: Narrator, rule: Omit<RuleHead, 'party'>): string[] {
  return [
    `### ${say(`${text(rule.title)}（${rule.id}，${clauses(rule.clauses)}）`, `${text(rule.title)} (${rule.id}, ${clauses(rule.clauses)})`)}`,
    say(`条款原文：“${rule.quote}”`, `The clause reads: “${rule.quote}”`),
  ];
}

function explainObligation(contract: Contract, narrator: Narrator, rule: Obligation): string[] {
  const { say, triggers, party, text } = narrator;
  const kind = contract.subjectKinds.get(rule.kind);
  const about = kind === undefined ? rule.kind : text(kind.title);
  const when = (zh: string, en: string, on: Obligation['start']): string[] =>
    on.length === 0 ? [] : [say(`${zh}：${triggers(on)}。`, `${en}: ${triggers(on)}.`)];
  return [
    say(
      `由${party(rule.party)}承担，标的为${about}（${rule.kind}）；${rule.turns === 'once' ? '每个标的计时一次' : '每一轮各计时一次'}。`,
      `Owed by ${party(rule.party)}, about each ${about} (${rule.kind}); the clock runs ${rule.turns === 'once' ? 'once' : 'anew for each turn'}.`,
    ),
    ...when('开始计时', 'The clock starts with', rule.start),
    ...when('停止计时', 'It stops with', rule.stop),
    ...when('暂停', 'It pauses with', rule.pause),
    ...when('恢复', 'It goes on with', rule.resume),
    ...when('重新起算', 'It starts anew with', rule.reset),
    ...when('终止且不作认定', 'It ends without a verdict with', rule.cancel),
    explainTarget(narrator, rule.target),
    ...(rule.reopen === null ? [] : [explainReopen(narrator, rule.reopen)]),
    ...explainDue(narrator, rule),
    rule.onAmendment === 'keep'
      ? say(
          '合同变更后，进行中的实例仍按其立案时生效的版本认定。',
          'After an amendment, running instances stay under the version in force when their case was opened.',
        )
      : say(
          '合同变更后，进行中的实例改按新版本的期限计算，已有的暂停保留。',
          'After an amendment, running instances move to the new version’s target with their pauses kept.',
        ),
  ];
}

function explainTarget({ say, period, list }: Narrator, target: Target): string {
  switch (target.by) {
    case 'budget':
      return say(`期限：${period(target.budget)}。`, `Time allowed: ${period(target.budget)}.`);
    case 'priority': {
      const each = Object.entries(target.budgets).map(([value, budget]) =>
        say(`${value} 为 ${period(budget)}`, `${value}: ${period(budget)}`),
      );
      return say(`期限按级别：${each.join('；')}。`, `Time allowed by priority: ${each.join('; ')}.`);
    }
    case 'fact':
      return say(
        `到期时刻由 ${list(target.setBy)} 的字段 ${code(target.field)} 给出；没有时不到期。`,
        `Due at the instant that the field ${code(target.field)} of ${list(target.setBy)} carries; never where there is none.`,
      );
  }
}

function explainReopen({ say, triggers, period, list, type }: Narrator, reopen: ReopenPolicy): string {
  const does = {
    continue: say('原实例继续计时', 'the instance goes on, the gap being a pause'),
    restart: say('原实例重新起算', 'the instance starts anew'),
    'new-instance': say('产生新的实例', 'a new instance begins'),
    ignore: say('不影响', 'nothing changes'),
  };
  return say(
    `${triggers(reopen.on)}时：自${list(reopen.from.map(type))}起 ${period(reopen.within)}内，${does[reopen.inside]}；此后，${does[reopen.after]}。`,
    `On ${triggers(reopen.on)}: within ${period(reopen.within)} from ${list(reopen.from.map(type))}, ${does[reopen.inside]}; later, ${does[reopen.after]}.`,
  );
}

function explainDue(
  { say, span, list, unit }: Narrator,
  rule: Pick<Obligation, 'warnings' | 'graceMillis' | 'overdueUnit'>,
): string[] {
  const warning = (one: Warning): string =>
    one.kind === 'fraction'
      ? say(`期限用去 ${one.text} 时`, `at ${one.text} of the time allowed`)
      : say(`到期前 ${span(one.millis)}`, `${span(one.millis)} before due`);
  return [
    ...(rule.warnings.length === 0
      ? []
      : [say(`预警：${list(rule.warnings.map(warning))}。`, `Warnings: ${list(rule.warnings.map(warning))}.`)]),
    ...(rule.graceMillis === 0
      ? []
      : [
          say(
            `到期后 ${span(rule.graceMillis)} 才认定违约。`,
            `A breach is declared ${span(rule.graceMillis)} after due.`,
          ),
        ]),
    ...(rule.overdueUnit === null
      ? []
      : [say(`逾期按${unit(rule.overdueUnit)}计算。`, `Lateness is counted by the ${unit(rule.overdueUnit)}.`)]),
  ];
}

function explainDuty(narrator: Narrator, duty: Duty): string[] {
  const { say, party, triggers, period, list } = narrator;
  const every = periodWords(narrator, duty.every);
  const first = duty.periods[0]?.name ?? '';
  const last = duty.periods.at(-1)?.name ?? '';
  const { opens, within } = duty;
  const opening =
    opens.by === 'period-start'
      ? say('自该期间开始时起。', 'It shows when its period begins.')
      : opens.by !== 'fact'
        ? say('自该期间结束时起。', 'It shows when its period has ended.')
        : say(
            `自该期间结束与${triggers(opens.fact.triggers)}（字段 ${code(opens.fact.field)} 指明期间）两者较晚者起；没有该事件则不产生。`,
            `It shows with the later of the period's end and ${triggers(opens.fact.triggers)} (the field ${code(opens.fact.field)} names the period); without that fact it is not owed.`,
          );
  const amount =
    opens.by === 'fact' && opens.amountField !== null
      ? say(
          `应付金额为该事件的字段 ${code(opens.amountField)}；履行事件的字段 ${code(duty.paidField ?? '')} 累计达到该金额即为履行。`,
          `The sum due is its field ${code(opens.amountField)}; it is paid when the amounts in the field ${code(duty.paidField ?? '')} add up to it.`,
        )
      : undefined;
  return [
    say(
      `由${party(duty.party)}承担，${every}一次：${duty.every === 'dates' ? list(duty.periods.map(({ name }) => name)) : `${first} 至 ${last}`}。`,
      `Owed by ${party(duty.party)}, once for ${every}: ${duty.every === 'dates' ? list(duty.periods.map(({ name }) => name)) : `${first} to ${last}`}.`,
    ),
    opening,
    within === null
      ? say('期限：至该期间末日 24:00。', 'Due when the period ends, 24:00 of its last day.')
      : say(`期限：${period(within)}。`, `Time allowed: ${period(within)}.`),
    say(
      `履行：${triggers(duty.fulfilledBy.triggers)}（字段 ${code(duty.fulfilledBy.field)} 指明期间），提前履行亦可。`,
      `Fulfilled by ${triggers(duty.fulfilledBy.triggers)} (the field ${code(duty.fulfilledBy.field)} names the period), early or not.`,
    ),
    ...(amount === undefined ? [] : [amount]),
    ...explainDue(narrator, duty),
  ];
}

function periodWords({ say }: Narrator, every: Duty['every'] | Standard['every']): string {
  const words = {
    month: say('每个自然月', 'each calendar month'),
    quarter: say('每个季度', 'each quarter'),
    year: say('每个年度', 'each year'),
    cycle: say('每个服务周期', 'each service cycle'),
    dates: say('以下每个日期', 'each of these dates'),
    'rolling-days': say('每日', 'each day'),
  };
  return words[every];
}

function explainProhibition({ say, party, triggers, lastDate }: Narrator, rule: Prohibition): string[] {
  const who =
    rule.party.by === 'rule'
      ? say(`违约方为${party(rule.party.party)}`, `the party in breach is ${party(rule.party.party)}`)
      : rule.party.only === null
        ? say(
            `违约方由字段 ${code(rule.party.field)} 指明`,
            `the field ${code(rule.party.field)} names the party in breach`,
          )
        : say(
            `违约方由字段 ${code(rule.party.field)} 指明，仅限${party(rule.party.only)}`,
            `the field ${code(rule.party.field)} names the party in breach, which counts only for ${party(rule.party.only)}`,
          );
  return [
    say(`发生${triggers(rule.on)}即为违约；${who}。`, `A breach at once: ${triggers(rule.on)}; ${who}.`),
    say(`效力至 ${lastDate(rule.until)}。`, `It holds until ${lastDate(rule.until)}.`),
  ];
}

function explainStandard(narrator: Narrator, standard: Standard): string[] {
  const { say, party, date, lastDate, text } = narrator;
  const shown = (value: string): string => (isRatio(standard.measure) ? percentOfShare(value) : value);
  const side = standard.comparison === 'at-least' ? say('不低于', 'at least') : say('不高于', 'at most');
  const over =
    standard.rollingDays === null
      ? periodWords(narrator, standard.every)
      : say(
          `每日计算截至当日的 ${standard.rollingDays} 日`,
          `each day over the ${standard.rollingDays} days that end with it`,
        );
  const days = standard.excluded.map(({ title, from, to }) => {
    const name = title === undefined ? '' : say(`${text(title)}，`, `${text(title)}, `);
    return say(`${name}${date(from)} 至 ${lastDate(to)}`, `${name}${date(from)} to ${lastDate(to)}`);
  });
  return [
    say(`由${party(standard.party)}承担，${over}。`, `Owed by ${party(standard.party)}, for ${over}.`),
    say(
      `指标：${explainMeasure(narrator, standard.measure)}。`,
      `The figure: ${explainMeasure(narrator, standard.measure)}.`,
    ),
    ...(standard.segment === undefined
      ? []
      : [say(`仅限满足 ${code(standard.segment)} 的项目。`, `Only items for which ${code(standard.segment)}.`)]),
    say(`目标：${side} ${shown(standard.target)}。`, `Target: ${side} ${shown(standard.target)}.`),
    ...(standard.challenge === null
      ? []
      : [
          say(
            `挑战值：${side} ${shown(standard.challenge)}。`,
            `Challenge value: ${side} ${shown(standard.challenge)}.`,
          ),
        ]),
    standard.minimumSample === 0
      ? say('无论数量多少均予评定。', 'It is judged however few the items are.')
      : say(
          `样本少于 ${standard.minimumSample} 的期间不予评定。`,
          `Not judged with fewer than ${standard.minimumSample} item${standard.minimumSample === 1 ? '' : 's'}.`,
        ),
    ...(days.length === 0
      ? []
      : [say(`不计入的日期：${days.join('；')}。`, `Days that are left out: ${days.join('; ')}.`)]),
  ];
}

function explainMeasure(narrator: Narrator, measure: Measure): string {
  const { say, triggers } = narrator;
  if (measure.by === 'instances') return explainInstances(narrator, measure);
  const of = triggers(measure.of);
  switch (measure.figure) {
    case 'share':
      return say(`${of}中，${triggers(measure.good)} 的占比`, `the share of ${triggers(measure.good)} among ${of}`);
    case 'mean':
      return say(
        `${of}的字段 ${code(measure.field)} 的平均值`,
        `the mean of the field ${code(measure.field)} of ${of}`,
      );
    case 'sum':
      return say(`${of}的字段 ${code(measure.field)} 的合计`, `the sum of the field ${code(measure.field)} of ${of}`);
    case 'count':
      return say(`${of}的次数`, `the number of ${of}`);
    case 'percentile':
      return say(
        `${of}的字段 ${code(measure.field)} 的第 ${measure.percent} 百分位数（最近秩）`,
        `the percentile ${measure.percent} (nearest rank) of the field ${code(measure.field)} of ${of}`,
      );
    case 'rate':
      return say(
        `每 ${measure.perCount} 次${triggers(measure.per)}中${of}的次数`,
        `the number of ${of} per ${measure.perCount} of ${triggers(measure.per)}`,
      );
  }
}

function explainInstances(narrator: Narrator, measure: Extract<Measure, { by: 'instances' }>): string {
  const { say, rule, span } = narrator;
  const as = {
    excluded: say('不计入', 'left out'),
    met: say('计为按时', 'counted as met'),
    missed: say('计为未按时', 'counted as missed'),
  };
  const { thresholdMillis, within, beyond } = measure.cancelled;
  const cancelled =
    thresholdMillis === null
      ? say(`已取消的${as[within]}`, `cancelled ones are ${as[within]}`)
      : say(
          `${span(thresholdMillis)}内取消的${as[within]}，此后取消的${as[beyond]}`,
          `those cancelled within ${span(thresholdMillis)} are ${as[within]}, later ones ${as[beyond]}`,
        );
  const placed = measure.placedBy === 'start' ? say('开始', 'start') : say('到期', 'due instant');
  const undecided =
    measure.undecided === 'wait'
      ? say('全部有结果后才评定', 'the period stays open until all are decided')
      : say('尚无结果的不计入', 'undecided ones are left out');
  return say(
    `${rule(measure.obligation)}按时完成的占比，按${placed}时刻归期；${cancelled}；${undecided}`,
    `the share of ${rule(measure.obligation)} that was met, placed by the ${placed}; ${cancelled}; ${undecided}`,
  );
}
