import { durationMillis } from './compile-warnings.js';
import { explainMoney } from './explain-money.js';
import { explainRules } from './explain-rules.js';
import type { JsonObject, JsonValue } from './fact.js';
import { FEED_TITLES } from './feed-types.js';
import type { Contract, Language, Source, SubjectKind } from './model.js';
import { code, makeNarrator, type Narrator } from './narrator.js';

/**
 * The contract as it was understood, in sentences: all that is judged, with its clauses. Plain text with Markdown headings,
 * made of the compiled contract alone; conditions stand as they are written.
 */
export function explainContract(contract: Contract, language: Language): string {
  const narrator = makeNarrator(contract, language);
  const paragraphs = [
    explainHeader(contract, narrator),
    explainSources(contract, narrator),
    explainEvents(contract, narrator),
    explainSubjects(contract, narrator),
    ...explainRules(contract, narrator),
    ...explainExcuses(contract, narrator),
    ...explainMoney(contract, narrator),
  ];
  return `${paragraphs.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function explainHeader(contract: Contract, narrator: Narrator): string[] {
  const { say, text, date, lastDate, list, instant } = narrator;
  const { term, cycle, parties, currency } = contract;
  const party = (id: 'client' | 'provider'): string => {
    const { name, contacts } = parties[id];
    const people = Object.entries(contacts).map(([role, contact]) => `${contact.name} (${role})`);
    const known = people.length === 0 ? '' : say(`，联系人：${list(people)}`, `, contacts: ${list(people)}`);
    return say(`${narrator.party(id)}：${name}${known}。`, `${capital(narrator.party(id))}: ${name}${known}.`);
  };
  const every = { month: say('月', 'month'), quarter: say('季度', 'quarter'), year: say('年', 'year') }[cycle.every];
  const calendars = Object.keys(contract.calendarHashes);
  const first = contract.cycles[0]?.name ?? '';
  const last = contract.cycles.at(-1)?.name ?? '';
  const survives = term.survivesUntil > term.to;
  const lines = [
    party('client'),
    party('provider'),
    say(
      `期限：${date(term.from)} 至 ${lastDate(term.to)}，首尾两日均在内。`,
      `Term: ${date(term.from)} to ${lastDate(term.to)}, both days included.`,
    ),
    ...(survives
      ? [
          say(
            `最长的义务延续至 ${lastDate(term.survivesUntil)}。`,
            `The last duty outlives it until ${lastDate(term.survivesUntil)}.`,
          ),
        ]
      : []),
    say(
      `本版本自 ${instant(contract.inForceFrom)} 起生效。`,
      `This version is in force from ${instant(contract.inForceFrom)}.`,
    ),
    say(
      `日期与时刻按时区 ${contract.zone}；日历：${list(calendars)}，未另作约定的按 ${contract.calendar.id}。`,
      `Dates and times are those of ${contract.zone}; calendars: ${list(calendars)}, ${contract.calendar.id} where nothing else is agreed.`,
    ),
    say(
      `服务周期：每${every}，自第 ${cycle.startsOn} 日起（${first} 至 ${last}，共 ${contract.cycles.length} 期）。`,
      `Service cycle: each ${every}, from day ${cycle.startsOn} (${first} to ${last}, ${contract.cycles.length} in all).`,
    ),
    ...contract.fees.map(({ from, amount }) =>
      say(
        `自 ${date(from)} 起每周期服务费 ${amount} ${currency}。`,
        `Fee per cycle from ${date(from)}: ${amount} ${currency}.`,
      ),
    ),
    ...(contract.caseLink === null
      ? []
      : [say(`案件页面：${contract.caseLink}`, `Page of a case: ${contract.caseLink}`)]),
    say(
      `发给双方的消息使用${contract.language === 'zh-CN' ? '中文' : '英文'}。`,
      `Messages to the parties are in ${contract.language === 'zh-CN' ? 'Chinese' : 'English'}.`,
    ),
  ];
  const title = text(contract.title);
  return [
    `# ${say(`合同 ${contract.id} 第 ${contract.version} 版：${title}`, `Contract ${contract.id}, version ${contract.version}: ${title}`)}`,
    ...lines.map((one) => `- ${one}`),
  ];
}

function explainSources(contract: Contract, narrator: Narrator): string[] {
  const { say, type } = narrator;
  const { correction, heartbeat } = contract.vocabulary;
  return [
    `## ${say('事件来源', 'Sources of events')}`,
    ...[...contract.sources.values()].map((source) => `- ${explainSource(narrator, source)}`),
    ...(correction === null
      ? []
      : [`- ${say(`更正以${type(correction)}作出。`, `Facts are corrected by ${type(correction)}.`)}`]),
    ...(heartbeat === null ? [] : [`- ${say(`心跳为${type(heartbeat)}。`, `A sign of life is ${type(heartbeat)}.`)}`]),
  ];
}

function explainSource({ say, party, period, span, list, type }: Narrator, source: Source): string {
  const heartbeat = source.heartbeat === null ? undefined : durationMillis(source.heartbeat);
  const trust = source.arbiter
    ? say('裁决方的来源', 'that of the arbiter')
    : source.trust === 'trusted'
      ? say('可信', 'trusted')
      : say(
          `${source.party === null ? '一方' : party(source.party)}自行陈述`,
          `asserted by ${source.party === null ? 'a party' : party(source.party)}`,
        );
  const parts = [
    trust,
    source.delayPeriod === null
      ? say('未约定迟到期限', 'no delay agreed')
      : say(`可迟到 ${period(source.delayPeriod)}`, `may be late by ${period(source.delayPeriod)}`),
    ...(source.precision === 'date' ? [say('只精确到日', 'knows dates only')] : []),
    ...(heartbeat === undefined
      ? []
      : [say(`每 ${span(heartbeat)}报告一次心跳`, `promises a sign of life every ${span(heartbeat)}`)]),
    ...(source.sends === null
      ? []
      : [say(`报告${list(source.sends.map(type))}`, `reports ${list(source.sends.map(type))}`)]),
    ...(heartbeat === undefined
      ? []
      : [
          source.whenSilent === 'unknown'
            ? say('中断期间到期的无法认定', 'what falls due while it is silent is unknown')
            : say(
                '中断期间到期的无法认定，计为未履行',
                'what falls due while it is silent is unknown and counts as not kept',
              ),
        ]),
    ...(source.door === null ? [] : [say(`经由 ${source.door}`, `comes in through ${source.door}`)]),
    ...(source.isDefault ? [say('未注明合同的事件归本合同', 'its events without a contract id belong here')] : []),
  ];
  return say(`${source.uri}：${parts.join('，')}。`, `${source.uri}: ${parts.join(', ')}.`);
}

function explainEvents(contract: Contract, narrator: Narrator): string[] {
  const { say, type, list } = narrator;
  return [
    `## ${say('事件', 'Events')}`,
    ...[...contract.eventTypes.values()]
      .filter((one) => FEED_TITLES[one.type] === undefined)
      .map((one) => {
        const fields = explainFields(narrator, one.schema);
        const data = fields.length === 0 ? say('无须数据', 'no data needed') : list(fields);
        return `- ${say(`${type(one.type)}：${data}。`, `${type(one.type)}: ${data}.`)}`;
      }),
  ];
}

/** The fields that the data must hold, with the values of a list and what may be missing. */
function explainFields({ say }: Narrator, schema: JsonObject): string[] {
  const { properties, required } = schema;
  const needed = Array.isArray(required) ? required : [];
  return Object.entries(isObject(properties) ? properties : {}).map(([name, shape]) => {
    const values = isObject(shape) && Array.isArray(shape['enum']) ? shape['enum'].map(String) : [];
    const notes = [
      ...(values.length === 0 ? [] : [values.join(' | ')]),
      ...(needed.includes(name) ? [] : [say('可缺', 'may be missing')]),
    ];
    return notes.length === 0 ? name : say(`${name}（${notes.join('，')}）`, `${name} (${notes.join(', ')})`);
  });
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function explainSubjects(contract: Contract, narrator: Narrator): string[] {
  const { say } = narrator;
  return [
    `## ${say('标的', 'Subjects')}`,
    ...[...contract.subjectKinds.values()].map((kind) => `- ${explainKind(narrator, kind)}`),
  ];
}

function explainKind({ say, text, triggers, list, type }: Narrator, kind: SubjectKind): string {
  const when = (zh: string, en: string, on: SubjectKind['opened']): string[] =>
    on.length === 0 ? [] : [say(`${zh}：${triggers(on)}`, `${en} ${triggers(on)}`)];
  const parts = [
    ...when('立案', 'opened by', kind.opened),
    ...when('响应', 'answered by', kind.answered),
    ...when('解决', 'solved by', kind.solved),
    ...when('重新提出', 'reopened by', kind.reopened),
    ...when('取消', 'cancelled by', kind.cancelled),
    ...(kind.priority === null
      ? []
      : [
          say(
            `级别 ${kind.priority.field}（${kind.priority.values.join('、')}）由${list(kind.priority.setBy.map(type))}给出`,
            `priority ${kind.priority.field} (${list(kind.priority.values)}) set by ${list(kind.priority.setBy.map(type))}`,
          ),
        ]),
    ...(kind.dimensions.length === 0
      ? []
      : [say(`维度：${list(kind.dimensions)}`, `dimensions ${list(kind.dimensions)}`)]),
  ];
  return say(
    `${text(kind.title)}（${kind.id}）——${parts.join('；')}。`,
    `${text(kind.title)} (${kind.id}): ${parts.join('; ')}.`,
  );
}

function explainExcuses(contract: Contract, narrator: Narrator): string[][] {
  const { say, type, list, period, rule, rules, instant } = narrator;
  const { exemption, waiver, evidence, waits, windows } = contract.excuses;
  const types = (some: readonly string[]): string => list(some.map(type));
  const lines = [
    ...(exemption === null
      ? []
      : [
          say(
            `免责：由一方以${types(exemption.claimed)}主张，相对方或裁决方以${types(exemption.accepted)}接受、以${types(exemption.rejected)}拒绝；自字段 ${code(exemption.fromField)} 起至字段 ${code(exemption.toField)} 止，字段 ${code(exemption.affectsField)} 所列义务停止计时，所列标准不计入该期间的项目${exemption.notice === null ? '' : `；须自起始时刻起 ${period(exemption.notice)}内主张`}。`,
            `Exemption: claimed by ${types(exemption.claimed)}, accepted by the other party or the arbiter with ${types(exemption.accepted)} or rejected with ${types(exemption.rejected)}; from the field ${code(exemption.fromField)} to the field ${code(exemption.toField)} the clocks of the rules in the field ${code(exemption.affectsField)} stand still and items of its standards do not count${exemption.notice === null ? '' : `; it must be claimed within ${period(exemption.notice)} from the start of its span`}.`,
          ),
        ]),
    ...(waiver === null
      ? []
      : [
          say(
            `豁免：${types(waiver.agreed)}使字段 ${code(waiver.instanceField)} 所指违约不再计入，直至${types(waiver.revoked)}。`,
            `Waiver: ${types(waiver.agreed)} excuses the breach that the field ${code(waiver.instanceField)} names, until ${types(waiver.revoked)}.`,
          ),
        ]),
    ...(evidence === null
      ? []
      : [
          say(
            `迟到的证据：由相对方或裁决方以${types(evidence.accepted)}接受或以${types(evidence.rejected)}拒绝字段 ${code(evidence.factField)} 所指的事实。`,
            `Late evidence: the other party or the arbiter accepts the fact that the field ${code(evidence.factField)} names with ${types(evidence.accepted)}, or rejects it with ${types(evidence.rejected)}.`,
          ),
        ]),
    ...waits.map((wait) => {
      const whose =
        wait.subjects.by === 'all'
          ? say('全部标的', 'of all subjects')
          : say(
              `字段 ${code(wait.subjects.field)} 所列标的`,
              `of the subjects in the field ${code(wait.subjects.field)}`,
            );
      return say(
        `${rule(wait.duty)}逾期期间，${whose}的${rules(wait.standstill)}停止计时。`,
        `While ${rule(wait.duty)} is overdue, the clocks of ${rules(wait.standstill)} ${whose} stand still.`,
      );
    }),
    ...windows.map(({ id, affects, spans }) => {
      const first = spans.slice(0, 3).map(({ from, to }) => `${instant(from)}–${instant(to)}`);
      const more =
        spans.length > first.length ? say(` 等 ${spans.length} 段`, ` and ${spans.length - first.length} more`) : '';
      return say(
        `约定窗口 ${id}：${list(first)}${more}，${rules(affects)}停止计时或不计入。`,
        `Agreed window ${id}: ${list(first)}${more}; clocks of ${rules(affects)} stand still, and items do not count.`,
      );
    }),
  ];
  return lines.length === 0 ? [] : [[`## ${say('免责与豁免', 'Excuses')}`, ...lines.map((one) => `- ${one}`)]];
}

function capital(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}
