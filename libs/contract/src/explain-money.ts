import { percentOfShare } from './decimal-text.js';
import { isRatio } from './is-ratio.js';
import type { Contract } from './model.js';
import type { Limit, MaterialBreach, Remedy, Right } from './money.js';
import { code, type Narrator } from './narrator.js';
import type { Standard } from './standard.js';

/** What follows a breach of a rule. */
export function explainRemedies(contract: Contract, narrator: Narrator, rule: string): string[] {
  const { say } = narrator;
  const found = contract.money.rules.find((one) => one.rule === rule);
  if (found === undefined) return [];
  const combine = {
    all: [],
    greatest: [say('以下责任取其最大者：', 'Of what follows, the greatest applies:')],
    smallest: [say('以下责任取其最小者：', 'Of what follows, the smallest applies:')],
  }[found.combine];
  const standard = contract.standards.find(({ id }) => id === rule);
  return [
    ...combine,
    ...found.remedies.map((one) => explainRemedy(narrator, one, standard)),
    ...(found.earnBack === null
      ? []
      : [
          say(
            `其后紧接的连续 ${found.earnBack.periods} 期均达标的，所扣金额返还。`,
            `What a miss cost is given back when each of the next ${found.earnBack.periods} periods is met.`,
          ),
        ]),
  ];
}

function explainRemedy(narrator: Narrator, remedy: Remedy, standard: Standard | undefined): string {
  const { say, sum, unit } = narrator;
  const per = (
    zh: { before: string; unit: string },
    en: string,
    one: Extract<Remedy, { counted: unknown }>,
  ): string => {
    const started = one.counted === 'started';
    const cap = one.cap === null ? '' : say(`，每项最多 ${sum(one.cap)}`, `, at most ${sum(one.cap)} for each breach`);
    return say(
      `违约责任：${zh.before}每${started ? '开始' : '满'}${zh.unit} ${sum(one.sum)}${cap}。`,
      `Remedy: ${sum(one.sum)} for each ${started ? 'started' : 'completed'} ${en}${cap}.`,
    );
  };
  switch (remedy.remedy) {
    case 'per-breach': {
      const byPriority = Object.entries(remedy.byPriority)
        .map(([value, own]) => say(`，${value} 级 ${sum(own)}`, `, ${value}: ${sum(own)}`))
        .join('');
      return say(
        `违约责任：每次 ${sum(remedy.sum)}${byPriority}。`,
        `Remedy: ${sum(remedy.sum)} for each breach${byPriority}.`,
      );
    }
    case 'per-day-late':
    case 'per-unit-late':
      return per(
        {
          before: '逾期',
          unit: `${remedy.per === 1 ? '一' : ` ${remedy.per} `}${remedy.unit === 'weeks' ? '' : '个'}${unit(remedy.unit)}`,
        },
        `${remedy.per === 1 ? unit(remedy.unit) : `${remedy.per} ${unit(remedy.unit)}s`} of delay`,
        remedy,
      );
    case 'per-point':
      return per({ before: '偏离目标', unit: '一个百分点' }, 'percentage point beyond the target', remedy);
    case 'per-step':
      return per({ before: '偏离目标', unit: ` ${remedy.step}` }, `${remedy.step} beyond the target`, remedy);
    case 'tier': {
      const atMost = standard?.comparison === 'at-most';
      const tiers = remedy.tiers.map((tier) => {
        const bound = standard !== undefined && isRatio(standard.measure) ? percentOfShare(tier.bound) : tier.bound;
        return say(
          `${atMost ? '高于' : '低于'} ${bound} 为${sum(tier.sum)}`,
          `${atMost ? 'above' : 'below'} ${bound}: ${sum(tier.sum)}`,
        );
      });
      return say(
        `违约责任分档，仅适用所达到的最${atMost ? '高' : '低'}一档：${tiers.join('；')}。`,
        `Remedy by tiers, of which only the ${atMost ? 'highest' : 'lowest'} reached applies: ${tiers.join('; ')}.`,
      );
    }
    case 'fee-share':
      return say(`违约责任：${sum(remedy.sum)}。`, `Remedy: ${sum(remedy.sum)}.`);
    case 'bonus':
      return say(
        `奖励：自目标至挑战值由零线性升至${sum(remedy.sum)}，由相对方支付。`,
        `Bonus, owed by the other party: rising in a straight line from nothing at the target to ${sum(remedy.sum)} at the challenge value.`,
      );
    case 'interest': {
      const cap = remedy.cap === null ? '' : say(`，最多${sum(remedy.cap)}`, `, at most ${sum(remedy.cap)}`);
      const rate = percentOfShare(remedy.dailyRate);
      return say(
        `逾期利息：未付金额每日 ${rate}，不计复利${cap}。`,
        `Interest: ${rate} of the unpaid sum per day late, not compounded${cap}.`,
      );
    }
    case 'service-extension':
      return say(
        `违约责任：每次延长服务 ${remedy.days} 日。`,
        `Remedy: ${remedy.days} more day${remedy.days === 1 ? '' : 's'} of service for each breach.`,
      );
  }
}

export function explainMaterial(contract: Contract, narrator: Narrator, rule: string): string[] {
  return contract.materialBreaches
    .filter((one) => one.rule === rule)
    .map((one) => {
      const { say } = narrator;
      return say(
        `${explainNotice(narrator, one)}仍未补救的，构成重大违约。`,
        `Not made good ${explainNotice(narrator, one)}, the breach is material.`,
      );
    });
}

function explainNotice(
  { say, triggers, period }: Narrator,
  { notice, aboutField, within }: Pick<MaterialBreach, 'notice' | 'aboutField' | 'within'>,
): string {
  return say(
    `${triggers(notice)}（字段 ${code(aboutField)} 指明所涉违约）后 ${period(within)}`,
    `within ${period(within)} after ${triggers(notice)} (the field ${code(aboutField)} names the breach)`,
  );
}

/** Limits, the life of statements, and rights. */
export function explainMoney(contract: Contract, narrator: Narrator): string[][] {
  const { say, period, type } = narrator;
  const { limits, finalAfter, statementEvents, rounding } = contract.money;
  const rounded = {
    'half-up': say('四舍五入', 'half up'),
    'half-even': say('四舍六入五成双', 'half to even'),
    down: say('舍去', 'down'),
  };
  const statements = [
    say(
      `责任评估单每行金额按“${rounded[rounding]}”取整到分一次。`,
      `Each line of a statement is rounded to the fen once, ${rounded[rounding]}.`,
    ),
    ...(statementEvents === null
      ? []
      : [
          say(
            `异议：${type(statementEvents.disputed)}；裁定：${type(statementEvents.decided)}；签署：${type(statementEvents.signed)}。双方签署后最终确定。`,
            `Disputed by ${type(statementEvents.disputed)}, decided by ${type(statementEvents.decided)}, signed by ${type(statementEvents.signed)}; final when both parties have signed.`,
          ),
        ]),
    ...(finalAfter === null
      ? []
      : [
          say(
            `没有未决异议的，自冻结起 ${period(finalAfter)}后最终确定。`,
            `Where no dispute is open it is final ${period(finalAfter)} after freezing.`,
          ),
        ]),
  ];
  return [
    ...(limits.length === 0
      ? []
      : [
          [
            `## ${say('责任限额（按适用次序）', 'Limits, in the order of application')}`,
            ...limits.map((one) => `- ${explainLimit(narrator, one)}`),
          ],
        ]),
    [`## ${say('责任评估单', 'Statements')}`, ...statements.map((one) => `- ${one}`)],
    ...(contract.rights.length === 0
      ? []
      : [[`## ${say('权利', 'Rights')}`, ...contract.rights.map((one) => `- ${explainRight(narrator, one)}`)]]),
  ];
}

function explainLimit({ say, party, sum, rules, clauses }: Narrator, limit: Limit): string {
  const over = {
    cycle: say('每个服务周期', 'each service cycle'),
    'rolling-12-months': say('任意连续十二个月', 'any twelve months running'),
    contract: say('整个合同', 'the whole contract'),
  }[limit.over];
  const except =
    limit.except.length === 0 ? '' : say(`，不计${rules(limit.except)}`, `, without ${rules(limit.except)}`);
  const bound = limit.kind === 'cap' ? say('最多', 'at most') : say('最少', 'at least');
  return say(
    `${limit.about}（${clauses([limit.clause])}）：${party(limit.party)}的责任在${over}${bound} ${sum(limit.sum, limit.feeMonths)}${except}。`,
    `${limit.about} (${clauses([limit.clause])}): the liability of ${party(limit.party)} over ${over} is ${bound} ${sum(limit.sum, limit.feeMonths)}${except}.`,
  );
}

function explainRight(narrator: Narrator, right: Right): string {
  const { say, party, clauses, period } = narrator;
  const who = right.party === null ? say('守约方', 'the party that did not breach') : party(right.party);
  const expires =
    right.expires === null
      ? ''
      : say(
          `，自产生起 ${period(right.expires)}内行使`,
          `, to be exercised within ${period(right.expires)} from when it arises`,
        );
  return say(
    `${right.id}（${clauses([right.clause])}）：${explainWhen(narrator, right)}，${who}可以解除合同${expires}。`,
    `${right.id} (${clauses([right.clause])}): ${who} may terminate when ${explainWhen(narrator, right)}${expires}.`,
  );
}

function explainWhen(narrator: Narrator, { when }: Right): string {
  const { say, rule, rules } = narrator;
  switch (when.by) {
    case 'missed-running':
      return say(
        `同一标准（${rules(when.standards)}）连续 ${when.periods} 期未达标`,
        `the same standard (${rules(when.standards)}) is missed ${when.periods} periods running`,
      );
    case 'capped':
      return say(
        `任意连续 ${when.of} 个周期中有 ${when.times} 个达到限额 ${when.limit}`,
        `the limit ${when.limit} is reached in ${when.times} of any ${when.of} cycles running`,
      );
    case 'breach':
      return say(`违反${rule(when.rule)}`, `${rule(when.rule)} is broken`);
    case 'breaches': {
      const span =
        when.cycles === null ? '' : say(`连续 ${when.cycles} 个周期内`, ` within ${when.cycles} cycles running`);
      return say(
        `${span}违反${rules(when.rules)}累计 ${when.times} 次`,
        `${rules(when.rules)} ${when.rules.length === 1 ? 'is' : 'are'} broken ${when.times} times${span}`,
      );
    }
    case 'uncured':
      return say(
        `违反${rule(when.rule)}，到期后经${explainNotice(narrator, when)}仍未补救`,
        `a breach of ${rule(when.rule)} is not made good ${explainNotice(narrator, when)}, served after due`,
      );
  }
}
