import { readFileSync } from 'node:fs';
import { readCalendar, type Calendar } from '#libs/calendar';
import type { Fact } from './fact.js';
import type { Contract, Standing } from './model.js';
import { readContract } from './read-contract.js';

const calendars = new Map(['cn-office', 'cn-staffed'].map((id) => [id, shippedCalendar(id)]));
const office = calendars.get('cn-office')!;

function shippedCalendar(id: string): Calendar {
  const file = `config/calendars/${id}.yaml`;
  const read = readCalendar(file, readFileSync(file, 'utf8'));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.value;
}

type Change = readonly [was: string, is: string];

/** An ordinary contract; a test states what differs: text that stands in it, and what stands there instead. */
function written(...changes: readonly Change[]): string {
  const ordinary = `contract: DESK-1
title: { zh-CN: 服务台, en: Service desk }
parties: { client: { name: Buyer }, provider: { name: Desk } }
term: { from: 2026-01-01, to: 2026-12-31 }
zone: Asia/Shanghai
calendar: cn-office
sources: { /desk: { trust: trusted } }
clauses: { '1.1': Solve in time., '1.2': Within three days. }
events:
  ticket.opened: { data: { urgency: [high, low], team: text?, due: instant? } }
  ticket.replied: { data: { channel: text? } }
  ticket.solved:
  ticket.reopened:
  ticket.withdrawn:
  round.closed: { data: { round: id } }
subjects:
  ticket:
    opened: ticket.opened
    solved: ticket.solved
    reopened: ticket.reopened
    cancelled: ticket.withdrawn
    priority: { field: urgency, setBy: ticket.opened }
    dimensions: [team]
obligations:
  solve:
    title: { zh-CN: 解决, en: Solution }
    clauses: ['1.1', '1.2']
    party: provider
    subject: ticket
    start: ticket.opened
    stop: ticket.solved
    target: 3 working days
`;
  return changes.reduce((text, [was, is]): string => {
    if (!text.includes(was)) throw new Error(`'${was}' does not stand in the ordinary contract`);
    return text.replace(was, is);
  }, ordinary);
}

function contract(...changes: readonly Change[]): Contract {
  const read = readContract('desk.yaml', written(...changes), calendars);
  if (!read.ok)
    throw new Error(read.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`).join('\n'));
  return read.value;
}

function problems(text: string): string[] {
  const read = readContract('desk.yaml', text, calendars);
  return read.ok ? [] : read.problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
}

const open: Standing = { answered: false, solved: false, cancelled: false, priority: '' };
const target = 'target: 3 working days';

describe('a contract file with many mistakes', () => {
  const planted = `contract: BAD 1
version: 0
title: { zh-CN: 标题 }
parties:
  client: { name: A, contacts: { boss: { name: X, email: nobody } } }
  providr: { name: B }
term: { from: 2026-12-31, to: 2026-01-01, survives: PT5M }
zone: Asia/Shangai
calendar: cn-ofice
fees: [{ from: 2027-02-30, amount: 12.345 }]
sources:
  /a: { trust: trusty }
  /b: { trust: asserted, delay: soon, heartbeat: PT0S }
clauses: { '1': words }
events:
  ticket.opened: { data: { priority: [high, low], score: number?, colour: colur } }
  ticket.answered:
subjects:
  ticket:
    opened: ticket.openned
    answered: { on: ticket.opened, where: data.scor == 3 }
    priority: { field: priority, setBy: ticket.opened }
    colour: red
obligations:
  first:
    clauses: ['2', 1]
    party: vendor
    subject: tickets
    start: { on: ticket.opened, where: "data.score == 'x'" }
    stop: []
    target: { byPriority: { high: 3 workdays, mid: 2 working days } }
    warnings: [120%, soon, 80%, 80%]
    grace: later
    reopen: { within: 7 calendar days }
  second:
    clauses: ['1']
    party: provider
    subject: ticket
    start: ticket.opened
    stop: ticket.opened
    pause: ticket.answered
    target: { byPriority: { high: 3 working days, mid: 2 working days of nowhere } }
  second:
    clauses: ['1']
    party: provider
    subject: ticket
    start: ticket.opened
    stop: ticket.opened
    pause: ticket.answered
    target: { byPriority: { high: 3 working days, mid: 2 working days of nowhere } }
`;

  const expected = [
    '1:11: contract is not allowed: "BAD 1" (allowed: letters, digits, dots, dashes and underscores, at most 100)',
    '2:10: version is not allowed: 0 (allowed: a whole number from 1)',
    '3:1: en is missing (allowed: text)',
    '4:1: provider is missing (allowed: the fields name, contacts)',
    '5:58: email is not allowed: "nobody" (allowed: a mail address such as name@example.com)',
    "6:3: 'providr' is no field here; did you mean provider? (allowed: client, provider)",
    '7:31: the term ends on 2026-01-01, before it begins (allowed: 2026-12-31 or later)',
    "7:53: 'PT5M' is no time that a duty outlives the term (allowed: years, months or days such as P3Y, P6M, P30D)",
    "8:7: 'Asia/Shangai' is no time zone (allowed: IANA names such as Asia/Shanghai, America/New_York)",
    "9:11: 'cn-ofice' is no calendar; did you mean cn-office? (allowed: cn-office, cn-staffed)",
    '10:1: the fees have no currency (needed: currency, such as CNY)',
    '10:16: 2027-02-30 is no date of the calendar (allowed: such as 2026-01-31)',
    '10:36: amount is not allowed: 12.345 (allowed: an amount in quotes with at most two places)',
    '12:16: trust is not allowed: "trusty" (allowed: trusted, asserted)',
    '13:3: asserted source /b names no party (allowed: client, provider)',
    "13:33: 'soon' is no delay (allowed: such as PT10M, P3D, 1 working day)",
    '13:39: /b promises a heartbeat that no event type carries (needed: vocabulary.heartbeat)',
    "13:50: 'PT0S' is no interval (allowed: above zero, such as PT5M)",
    "16:75: 'colur' is no type of field (allowed: text, id, boolean, amount, date, instant, month, quarter, period, object, any, number, integer, list of …)",
    "20:13: 'ticket.openned' is no event type; did you mean ticket.opened? (allowed: ticket.answered, ticket.opened)",
    "21:48: where 'data.scor == 3' on ticket.opened: 'scor' is no field of data; did you mean score? (allowed: priority, score)",
    "23:5: 'colour' is no field here (allowed: title, opened, answered, solved, reopened, cancelled, priority, dimensions, key)",
    "26:15: '2' is no clause that is quoted under clauses; did you mean 1? (allowed: 1)",
    "26:20: clauses[1] is not allowed: 1 (allowed: a clause in quotes, such as '5.1.2')",
    '27:12: party is not allowed: "vendor" (allowed: client, provider)',
    "28:14: 'tickets' is no kind of subject; did you mean ticket? (allowed: ticket)",
    "29:41: where 'data.score == 'x'' on ticket.opened: no such overload: double == string (allowed: numbers beside numbers, text beside text, true or false beside each other)",
    '30:11: stop is not allowed: [] (allowed: at least one event type)',
    "31:35: '3 workdays' is no period (allowed: 'PT24H round the clock', 'PT4H working time', '3 working days', '7 calendar days', '1 month', '3 years', each with 'of CALENDAR', days also with 'ending at close' or 'ending at 24:00')",
    '32:16: a warning at 120% is out of range (allowed: above 0% and below 100%)',
    "32:22: 'soon' is no warning (allowed: a share such as 80%, or a duration before due such as PT4H or P1D)",
    '32:33: the warning at 80% is there twice',
    "33:12: 'later' is no grace (allowed: a duration such as PT0S, PT10M, P1D)",
    '34:5: countedFrom is missing (allowed: an event type, or a list of event types)',
    '34:5: inside is missing (allowed: continue, restart, new-instance, ignore)',
    '34:5: after is missing (allowed: continue, restart, new-instance, ignore)',
    '43:3: second is there twice (allowed: each key once)',
    '48:5: ticket.opened starts and stops second at once (allowed: another type, or a condition)',
    '49:5: second pauses and nothing lets it go on (needed: resume)',
    '50:15: no period for low (needed: one for each of high, low)',
    "50:51: 'mid' is no priority (allowed: high, low)",
    "50:56: '2 working days of nowhere': 'nowhere' is no calendar (allowed: cn-office, cn-staffed)",
  ];

  it('has each of them reported in one run, in order, with file, line, column and what is allowed', () => {
    expect(problems(planted)).toEqual(expected.map((one) => `desk.yaml:${one}`));
  });

  it('is the ordinary contract where none is planted', () => {
    expect(problems(written())).toEqual([]);
  });
});

describe('a single mistake', () => {
  it.each<[string, Change, string]>([
    [
      'a calendar of another zone',
      ['zone: Asia/Shanghai', 'zone: Europe/Paris'],
      "counts in Asia/Shanghai (allowed: a calendar of the contract's zone Europe/Paris)",
    ],
    [
      'a fee after the term',
      ['sources:', "currency: CNY\nfees: [{ from: 2027-01-01, amount: '1.00' }]\nsources:"],
      'the fee from 2027-01-01 lies outside the term (allowed: 2026-01-01 to 2026-12-31)',
    ],
    [
      'fees out of order',
      [
        'sources:',
        "currency: CNY\nfees: [{ from: 2026-05-01, amount: '1.00' }, { from: 2026-02-01, amount: '1.00' }]\nsources:",
      ],
      'the fee from 2026-02-01 does not come after the one before it (allowed: later dates, in order)',
    ],
    [
      'an effect outside the term',
      ['zone:', 'inForceFrom: 2027-01-01\nzone:'],
      '2027-01-01 lies outside the term (allowed: 2026-01-01 to 2026-12-31)',
    ],
    ['an effect that is no time', ['zone:', 'inForceFrom: spring\nzone:'], "'spring' is neither a date nor an instant"],
    [
      'a resume without a pause',
      [target, `${target}\n    resume: ticket.replied`],
      'solve resumes and nothing pauses it (needed: pause)',
    ],
    [
      'a pause by what resumes',
      [target, `${target}\n    pause: ticket.replied\n    resume: ticket.replied`],
      'ticket.replied pauses and resumes solve at once',
    ],
    [
      'a turn that reopens',
      [
        target,
        `${target}\n    turns: each-turn\n    reopen: { countedFrom: ticket.solved, within: 7 calendar days, inside: ignore, after: restart }`,
      ],
      'solve runs each turn, and a turn is not reopened (allowed: turns: once)',
    ],
    [
      'a share of no budget',
      [target, 'target: { dueField: due }\n    warnings: [80%]'],
      '80% of a due instant that the fact carries is no instant',
    ],
    [
      'a warning before the start',
      [target, 'target: PT2H working time\n    warnings: [PT4H]'],
      'a warning PT4H before due comes before the start (allowed: less than PT2H working time)',
    ],
    [
      'a due field that is no instant',
      [target, 'target: { dueField: team }'],
      'ticket.opened does not declare team as an instant or a date',
    ],
    [
      'a correction that stops a clock',
      ['obligations:', 'vocabulary: { correction: ticket.solved }\nobligations:'],
      'ticket.solved is about no subject (allowed: ticket.opened, ',
    ],
    [
      'a kind without a duty',
      ['obligations:', '  round: { opened: round.closed }\nobligations:'],
      'no obligation is about round (needed: one, or leave the kind out)',
    ],
    [
      'a key that is no id',
      ['dimensions: [team]', 'key: { ticket.opened: team }'],
      'ticket.opened does not declare team as an id',
    ],
    [
      'a priority that is no list',
      ['field: urgency', 'field: team'],
      'ticket.opened does not declare team as a list of values',
    ],
    [
      'targets by a priority that is not there',
      [
        '    priority: { field: urgency, setBy: ticket.opened }\n    dimensions: [team]\nobligations:\n  solve:',
        "obligations:\n  other: { clauses: ['1.1'], party: client, subject: ticket, start: ticket.opened, stop: ticket.solved, target: { byPriority: { high: 1 month } } }\n  solve:",
      ],
      'ticket has no priority (allowed: a period, or a priority under subjects.ticket)',
    ],
    [
      'a field of two shapes',
      ['team: text?', 'team: { type: text, oneOf: [a] }'],
      'a field needs exactly one of type, oneOf, fields (here: several)',
    ],
    [
      'bounds of text',
      ['team: text?', 'team: { type: text, from: 1 }'],
      'from and to bound numbers only (allowed: number, integer)',
    ],
    ['no day at all', [target, 'target: 0 working days'], "'0 working days' counts no day (allowed: from 1)"],
    [
      'days within a time',
      [target, 'target: P1D working time'],
      'P1D is no duration in hours, minutes and seconds (allowed: such as PT30M, PT24H)',
    ],
    [
      'no rule',
      ['obligations:', 'obligations: {}\nignored:'],
      'no rule is declared (needed: an obligation, duty, prohibition or standard)',
    ],
  ])('%s is reported', (_, change, message) => {
    expect(problems(written(change))).toEqual(expect.arrayContaining([expect.stringContaining(message)]));
  });

  it('of syntax stands alone, with its place', () => {
    expect(problems(written([target, 'target: [']))).toEqual([expect.stringMatching(/^desk\.yaml:\d+:\d+: /)]);
  });
});

describe('a contract that is read', () => {
  it('has an identity by its bytes and by those of its calendars', () => {
    const read = contract();
    expect(read.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(contract(['Buyer', 'Another']).hash).not.toBe(read.hash);
    expect(read.calendarHashes).toEqual({ 'cn-office': office.hash });
    expect(contract([target, 'target: PT1H working time of cn-staffed']).calendarHashes).toEqual({
      'cn-office': office.hash,
      'cn-staffed': calendars.get('cn-staffed')?.hash,
    });
    expect(Object.isFrozen(read)).toBe(true);
  });

  it('has a half-open term in its zone, and facts plausible from a year before until the last duty ends', () => {
    expect(contract(['to: 2026-12-31', 'to: 2026-12-31, survives: P3Y']).term).toEqual({
      from: Date.parse('2026-01-01T00:00:00+08:00'),
      to: Date.parse('2027-01-01T00:00:00+08:00'),
      survivesUntil: Date.parse('2030-01-01T00:00:00+08:00'),
      plausibleFrom: Date.parse('2025-01-01T00:00:00+08:00'),
    });
  });

  it.each([
    ['2026-04-01', '2026-04-01T00:00:00+08:00'],
    ['2026-04-01T12:00:00Z', '2026-04-01T12:00:00Z'],
  ])('takes effect at %s', (text, instant) => {
    expect(contract(['zone:', `inForceFrom: ${text}\nzone:`]).inForceFrom).toBe(Date.parse(instant));
  });

  it('takes effect with its term where nothing is written, and is the first version', () => {
    const read = contract();
    expect([read.inForceFrom, read.version, read.language]).toEqual([read.term.from, 1, 'en']);
  });

  it('knows its money, its cycle, its sources and its contacts', () => {
    const read = contract(
      [
        'sources: {',
        "currency: CNY\ncycle: { every: quarter, startsOn: 16 }\nfees: [{ from: 2026-02-01, amount: '480000.00' }]\nsources: {",
      ],
      [
        '/desk: { trust: trusted }',
        '/desk: { trust: trusted, delay: PT10M, precision: date, default: true }, /ops: { trust: asserted, party: client, delay: 1 working day }',
      ],
      [
        'client: { name: Buyer }',
        'client: { name: Buyer, contacts: { legal: { name: He, email: he@example.com, wecom: HeMin, feishu: ou_7d8 } } }',
      ],
    );
    expect(read.currency).toBe('CNY');
    expect(read.cycle).toEqual({ every: 'quarter', startsOn: 16 });
    expect(read.fees).toEqual([{ from: Date.parse('2026-02-01T00:00:00+08:00'), amount: '480000.00' }]);
    expect(read.sources.get('/desk')).toEqual({
      uri: '/desk',
      trust: 'trusted',
      party: null,
      arbiter: false,
      delay: 'PT10M',
      delayPeriod: { counting: 'elapsed-time', millis: 600_000, text: 'PT10M round the clock' },
      precision: 'date',
      heartbeat: null,
      sends: null,
      whenSilent: 'unknown',
      door: null,
      isDefault: true,
    });
    expect(read.sources.get('/ops')).toMatchObject({
      trust: 'asserted',
      party: 'client',
      delay: '1 working day',
      precision: 'instant',
    });
    expect(read.parties.client.contacts['legal']).toEqual({
      name: 'He',
      email: 'he@example.com',
      phone: null,
      webhook: null,
      wecom: 'HeMin',
      dingtalk: null,
      feishu: 'ou_7d8',
      language: null,
    });
  });

  it('quotes the most specific clause of a rule', () => {
    const [rule] = contract().obligations;
    expect([rule?.clauses, rule?.quote]).toEqual([['1.1', '1.2'], 'Within three days.']);
  });

  it('cancels a clock with its case', () => {
    expect(contract().obligations[0]?.cancel.map(({ on }) => on)).toEqual(['ticket.withdrawn']);
  });

  it.each([
    ['3 working days', { counting: 'working-days', count: 3, calendar: 'cn-office', endsAt: 'close' }],
    ['1 working day ending at 24:00', { counting: 'working-days', count: 1, calendar: 'cn-office', endsAt: '24:00' }],
    ['7 calendar days of cn-staffed', { counting: 'calendar-days', count: 7, calendar: 'cn-staffed', endsAt: '24:00' }],
    ['2 months', { counting: 'months', count: 2, calendar: 'cn-office', endsAt: '24:00' }],
    ['1 year ending at close', { counting: 'years', count: 1, calendar: 'cn-office', endsAt: 'close' }],
    ['PT4H working time', { counting: 'working-time', millis: 14_400_000, calendar: 'cn-office' }],
    ['PT30S working time of cn-staffed', { counting: 'working-time', millis: 30_000, calendar: 'cn-staffed' }],
    ['PT24H round the clock', { counting: 'elapsed-time', millis: 86_400_000 }],
  ])('counts %s', (text, expected) => {
    const compiled = contract([target, `target: ${text}`]).obligations[0]?.target;
    if (compiled?.by !== 'budget') throw new Error('no budget');
    const calendar = 'calendar' in compiled.budget ? { calendar: compiled.budget.calendar.id } : {};
    expect({ ...compiled.budget, ...calendar }).toEqual({ ...expected, text });
  });

  it('has a target for each priority', () => {
    const compiled = contract([target, 'target: { byPriority: { high: PT1H round the clock, low: 1 month } }'])
      .obligations[0]?.target;
    expect(compiled).toMatchObject({
      by: 'priority',
      budgets: { high: { millis: 3_600_000 }, low: { counting: 'months' } },
    });
  });

  it('takes a due instant from the fact that starts the clock where no other is named', () => {
    expect(
      contract([target, 'target: { dueField: due, counting: working time }']).obligations[0]?.target,
    ).toMatchObject({
      by: 'fact',
      field: 'due',
      setBy: ['ticket.opened'],
      budget: { counting: 'working-time', millis: 0 },
    });
  });

  it('has its reopening, pauses, reset, turns, warnings, grace and unit of lateness', () => {
    const [rule] = contract([
      target,
      `${target}
    pause: { on: ticket.replied, where: data.channel == 'app' }
    resume: { on: ticket.replied, where: data.channel == 'phone' }
    reset: [round.closed]
    reopen: { countedFrom: ticket.solved, within: 7 calendar days, inside: continue, after: new-instance }
    warnings: [50%, P1D]
    grace: PT10M
    overdueIn: calendar-days`,
    ]).obligations;
    expect(rule?.pause[0]?.holds({ channel: 'app' }, open)).toBe(true);
    expect(rule?.pause[0]?.holds({ channel: 'phone' }, open)).toBe(false);
    expect(rule?.reset.map(({ on }) => on)).toEqual(['round.closed']);
    expect(rule?.reopen).toMatchObject({
      on: [{ on: 'ticket.reopened' }],
      from: ['ticket.solved'],
      within: { count: 7 },
      inside: 'continue',
      after: 'new-instance',
    });
    expect(rule?.warnings).toEqual([
      { kind: 'fraction', fraction: 0.5, text: '50%' },
      { kind: 'before-due', millis: 86_400_000, text: 'P1D' },
    ]);
    expect([rule?.turns, rule?.graceMillis, rule?.overdueUnit]).toEqual(['once', 600_000, 'calendar-days']);
    expect(contract([target, `${target}\n    turns: each-turn`]).obligations[0]?.turns).toBe('each-turn');
  });

  it('compiles one condition for each of the types that it is about', () => {
    const [rule] = contract([
      'start: ticket.opened',
      "start: [ticket.opened, { on: [ticket.replied, ticket.reopened], where: '!case.solved' }]",
    ]).obligations;
    expect(rule?.start.map(({ on, where }) => [on, where])).toEqual([
      ['ticket.opened', null],
      ['ticket.replied', '!case.solved'],
      ['ticket.reopened', '!case.solved'],
    ]);
  });
});

describe('an event type', () => {
  const feeds = (read: Contract, type: string, fact: Pick<Fact, 'subject' | 'data'>) =>
    read.eventTypes.get(type)?.feeds.map(({ kind, keyOf }) => [kind, keyOf({ source: '/desk', id: 'e1', ...fact })]);

  it('feeds the kinds whose rules name it, by the subject of the event', () => {
    const fact = { subject: 'T-1', data: { round: 'R-1' } };
    expect(feeds(contract(), 'ticket.opened', fact)).toEqual([['ticket', 'T-1']]);
    expect(feeds(contract(), 'ticket.replied', fact)).toEqual([]);
    const pausing = contract([target, `${target}\n    pause: ticket.replied\n    resume: ticket.reopened`]);
    expect(feeds(pausing, 'ticket.replied', fact)).toEqual([['ticket', 'T-1']]);
  });

  it('feeds by the field of its data where the contract says so', () => {
    const read = contract(
      ['obligations:', '  round: { opened: round.closed, key: { round.closed: round } }\nobligations:'],
      [
        target,
        `${target}\n  propose: { clauses: ['1.1'], party: client, subject: round, start: round.closed, stop: ticket.replied, target: 1 month }`,
      ],
    );
    expect(feeds(read, 'round.closed', { subject: 'X', data: { round: 'R-1' } })).toEqual([['round', 'R-1']]);
    expect(feeds(read, 'round.closed', { subject: 'X', data: {} })).toEqual([['round', undefined]]);
    expect(feeds(read, 'ticket.replied', { subject: 'R-1', data: {} })).toEqual([['round', 'R-1']]);
  });

  it('refuses a name of a case that no index could hold, and a dimension that would fill each decision', () => {
    const read = contract(
      [
        'obligations:',
        '  round: { opened: round.closed, key: { round.closed: round }, dimensions: [site] }\nobligations:',
      ],
      ['{ round: id }', '{ round: id, site: text? }'],
      [
        target,
        `${target}\n  propose: { clauses: ['1.1'], party: client, subject: round, start: round.closed, stop: ticket.replied, target: 1 month }`,
      ],
    );
    const refuse = (data: Fact['data']) => read.eventTypes.get('round.closed')!.refuse(data);
    expect(refuse({ round: 'R'.repeat(2_000), site: 's'.repeat(1_000) })).toBeUndefined();
    expect(refuse({ round: '中'.repeat(667) })).toBe(
      'data.round is too long: 2001 bytes (allowed: 2000, since it names a case)',
    );
    expect(refuse({ round: 'R', site: 's'.repeat(1_001) })).toBe(
      'data.site is too long: 1001 characters (allowed: 1000, since it is a dimension)',
    );
  });

  it('names the fields that a rule reads, and no others', () => {
    const read = contract([
      target,
      "target: { dueField: due }\n    pause: { on: ticket.replied, where: data.channel == 'app' }\n    resume: ticket.reopened",
    ]);
    expect([...(read.eventTypes.get('ticket.opened')?.fieldsRead ?? [])].sort()).toEqual(['due', 'team', 'urgency']);
    expect(read.eventTypes.get('ticket.replied')?.fieldsRead).toEqual(['channel']);
    expect(read.eventTypes.get('round.closed')?.fieldsRead).toEqual([]);
  });

  it('needs a subject unless it is a correction or a heartbeat', () => {
    const read = contract([
      'obligations:',
      'vocabulary: { correction: fact.corrected, heartbeat: desk.alive }\nobligations:',
    ]);
    expect(
      ['ticket.opened', 'fact.corrected', 'desk.alive'].map((type) => read.eventTypes.get(type)?.needsSubject),
    ).toEqual([true, false, false]);
  });

  it('of a correction holds what is corrected and how', () => {
    const read = contract(['obligations:', 'vocabulary: { correction: fact.corrected }\nobligations:']);
    const refuse = read.eventTypes.get('fact.corrected')?.refuse;
    expect([
      refuse?.({ corrects: 'e1', action: 'withdraw' }),
      refuse?.({ corrects: 'e1', action: 'replace', data: {} }),
      refuse?.({ corrects: 'e1', action: 'replace' }),
      refuse?.({ corrects: 'e1', action: 'delete' }),
      refuse?.({ action: 'withdraw' }),
    ]).toEqual([
      undefined,
      undefined,
      'data.data is missing',
      "data.action is not allowed: 'delete' (allowed: withdraw, replace)",
      'data.corrects is missing',
    ]);
  });
});
