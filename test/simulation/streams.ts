import { formatInstant } from '#libs/calendar';
import { homePartition, TOPICS, type NewRecord } from '#libs/bus';
import type { JsonObject } from '#libs/contract';
import { contentHash, signOwn, signStamp, toRecordBinary } from '#libs/events';
import type { Dice } from './dice.js';
import {
  ARBITER,
  COUNTER,
  hours,
  idsAt,
  PHONE,
  POST,
  SHOP,
  smallContract,
  WORKS,
  type Extent,
  type PublishedFile,
} from './small-contract.js';

export const STAMP_KEY = Buffer.from('the key of a simulated deployment');
export const PARTITIONS = 3;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** In a year that the first calendar does not cover. */
const BEYOND = '2027-06-02T02:00:00Z';
/** A Monday morning. */
export const BEGIN = Date.parse('2026-03-02T01:00:00Z');
/** Cycles with their ends. */
const CYCLES: readonly (readonly [name: string, end: number])[] = [
  ['2026-02', Date.parse('2026-03-02T16:00:00Z')],
  ['2026-03', Date.parse('2026-04-02T16:00:00Z')],
];

/** How much happens in a world: how many contracts over how many facts and days. */
interface Size {
  /** Of each contract the partition; the first is the one that has money. */
  readonly places: readonly (readonly number[])[];
  readonly facts: readonly [from: number, to: number];
  readonly spans: readonly number[];
  readonly contract: Pick<Extent, 'hasMoney' | 'from' | 'to' | 'window'>;
  /** Second versions take effect at so many milliseconds and their multiples: so that few different ones must be compiled. */
  readonly grid: number;
  /** How likely troubles are, where other things that go on weigh about a hundred. */
  readonly troubles: number;
}

const DAY = 24 * HOUR;
const WHOLE_TERM = { from: '2026-01-01', to: '2026-04-30' };

const sizes = {
  /** Months of three contracts, with money and all of their standards. */
  long: {
    places: [
      [0, 0, 1],
      [0, 1],
      [1, 1, 0],
      [0, 0],
      [2, 0, 1],
    ],
    facts: [6, 26],
    spans: [2 * HOUR, 30 * HOUR, 8 * DAY],
    contract: { ...WHOLE_TERM, hasMoney: true, window: 2 },
    grid: 1,
    troubles: 1.5,
  },
  /** The same months and statements, of fewer facts. */
  months: {
    places: [[0], [1], [2]],
    facts: [4, 12],
    spans: [2 * HOUR, 30 * HOUR],
    contract: { ...WHOLE_TERM, hasMoney: true, window: 30 },
    grid: 6 * HOUR,
    troubles: 2,
  },
  /** A few days of a contract that ends soon, without money. */
  days: {
    places: [[0], [1], [0, 1], [0, 0]],
    facts: [3, 9],
    spans: [2 * HOUR, 30 * HOUR, 4 * DAY],
    contract: { from: '2026-02-16', to: '2026-03-10', hasMoney: false, window: 4 },
    grid: DAY,
    troubles: 2,
  },
} as const satisfies Record<string, Size>;

/** Of fourteen seeds one has a long world, and three have months; 241 and 283, which once found defects, are long. */
function sizeOf(seed: number): Size {
  const place = seed % 14;
  return place === 3 ? sizes.long : place % 5 === 0 ? sizes.months : sizes.days;
}

/** What a stream may hold that is out of the ordinary; a long simulation must meet all of it. */
export const peculiarities = [
  'correction before its target',
  'correction',
  'correction of a correction',
  'same again',
  'id used again',
  'refused',
  'forged',
  'unreadable',
  'stray',
  'default contract',
  'foreign tick',
  'import',
  'second version',
  'bytes after the publication',
  'burst of deadlines',
  'same instant',
  'subject that cannot be judged',
  'exemption',
  'exemption withdrawn',
  'waiver',
  'wait for the other party',
  'decision on evidence',
  'line disputed',
  'dispute decided',
  'statement signed',
  'notice',
] as const;
export type Peculiarity = (typeof peculiarities)[number];

/** What happens outside, in the order of its instants. */
export interface Happening {
  readonly at: number;
  readonly records: readonly NewRecord[];
  /** Files that are in the database from then on. */
  readonly files: readonly PublishedFile[];
}

interface Event {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string | undefined;
  readonly time: number;
  readonly contract: string | null;
  readonly data: JsonObject;
  readonly extensions?: Readonly<Record<string, string>>;
  /** Where it is put, whatever its key says. */
  readonly partition?: number;
}

function eventRecord(event: Event): NewRecord {
  const { contract, partition, id, source, type, subject, time, data, extensions = {} } = event;
  const record = toRecordBinary({
    id,
    source,
    type,
    subject,
    time,
    contractid: contract ?? undefined,
    data,
    extensions,
  });
  return { topic: TOPICS.events, ...record, ...(partition === undefined ? {} : { partition }) };
}

function ownRecord(event: Omit<Event, 'extensions'>): NewRecord {
  const { contract, source, id, type, subject, time, data } = event;
  const hash = contentHash({ type, subject, time, data });
  const ownsig = signOwn(STAMP_KEY, { contract: contract ?? '', source, id, type, contentHash: hash });
  return eventRecord({ ...event, extensions: { ownsig } });
}

function stamped(event: Event, appendedAt: number): NewRecord {
  const { contract, source, id, type, subject, time, data } = event;
  const hash = contentHash({ type, subject, time, data });
  const stampsig = signStamp(STAMP_KEY, { contract: contract ?? '', source, id, contentHash: hash, appendedAt });
  return eventRecord({
    ...event,
    extensions: { ...event.extensions, appendedtime: formatInstant(appendedAt), stampsig },
  });
}

const JOB_STEPS = ['taken', 'taken', 'asked', 'asked', 'held', 'freed', 'done', 'done', 'back', 'dropped', 'ranked'];
const GOODS_STEPS = ['promised', 'loaded', 'unloaded', 'loaded', 'came'];
const RULES = ['take', 'do', 'bring', 'load', 'count', 'report'];

/** A few contracts and what is told about them over some days. */
export class Streams {
  readonly contracts: readonly string[];
  readonly met = new Set<Peculiarity>();
  private readonly happenings: Happening[] = [];
  private lastId = 0;
  /** What was told, by contract: what may be told again, changed or corrected. */
  private readonly told = new Map<string, Event[]>();
  /** Contracts about whose rules nobody says anything, so that no sweep goes over them. */
  private readonly calm = new Set<string>();

  private constructor(
    private readonly dice: Dice,
    readonly size: Size,
  ) {
    this.contracts = idsAt(dice.pick(size.places), PARTITIONS);
  }

  /** The size of a world follows from its seed, and moves no dice. */
  static of(seed: number, dice: Dice): { readonly happenings: readonly Happening[]; readonly streams: Streams } {
    const streams = new Streams(dice, sizeOf(seed));
    streams.tell();
    return { happenings: streams.happenings.sort((a, b) => a.at - b.at), streams };
  }

  private tell(): void {
    const { dice, size } = this;
    const span = dice.pick(size.spans);
    this.contracts.forEach((contract, index) => {
      this.told.set(contract, []);
      if (index === 0 && dice.chance(0.5)) this.calm.add(contract);
      const publishedAt = BEGIN + dice.between(0, 2) * MINUTE;
      this.publish(contract, 1, publishedAt, index === 0);
      let from = publishedAt;
      if (dice.chance(0.25)) from = this.importHistory(contract, publishedAt + MINUTE);
      const until = BEGIN + span;
      const calm = this.calm.has(contract);
      if (!calm && dice.chance(0.3)) this.publish(contract, 2, dice.between(from, until), index === 0);
      if (dice.chance(0.25)) this.burst(contract, dice.between(from, until));
      const facts = dice.between(...size.facts);
      for (let n = 0; n < facts; n++) this.tellOne(contract, index === 0, dice.between(from, until));
      if (!calm && dice.chance(0.6)) this.exempt(contract, dice.between(from, until));
      if (!calm && dice.chance(0.4)) this.forgive(contract, dice.between(from, until));
      if (!calm && dice.chance(0.4)) this.keepWaiting(contract, dice.between(from, until));
      if (!calm && dice.chance(0.4)) this.lateProof(contract, dice.between(from, until));
      if (dice.chance(0.1)) this.importHistory(contract, dice.between(from, until));
      if (index === 0 && size.contract.hasMoney) this.account(contract);
    });
    for (let n = dice.between(0, 3); n > 0; n--) this.tellNoise(BEGIN + dice.between(0, span));
  }

  private happen(at: number, records: readonly NewRecord[], files: readonly PublishedFile[] = []): void {
    this.happenings.push({ at, records, files });
  }

  private publish(contract: string, version: 1 | 2, at: number, isDefault: boolean): void {
    const { grid, contract: extent } = this.size;
    const hasMoney = extent.hasMoney && contract === this.contracts[0];
    const text = smallContract(contract, version, { ...extent, isDefault, hasMoney });
    const late = this.dice.chance(0.15);
    const calendar = hours[version];
    this.happen(late ? at + this.dice.between(1, 40) * 1_000 : at, [], [text, calendar]);
    if (late) this.met.add('bytes after the publication');
    if (version === 2) this.met.add('second version');
    const from = version === 1 ? null : at + this.dice.between(-2, 2) * HOUR;
    this.happen(at, [
      ownRecord({
        id: `${contract}/${version}`,
        source: '/pactwatch/publish',
        type: 'contract.published',
        time: at,
        contract,
        data: {
          version,
          hash: text.hash,
          from: from === null ? null : formatInstant(Math.round(from / grid) * grid),
          calendars: { [calendar.id]: calendar.hash },
        },
      }),
    ]);
  }

  private nextId(): string {
    return `e${++this.lastId}`;
  }

  private anEvent(contract: string, time: number): Event {
    const { dice } = this;
    const calm = this.calm.has(contract);
    const kind = dice.weighed([
      [6, 'job'],
      [3, 'goods'],
      [2, 'lot'],
      [calm ? 0 : 1, 'parts'],
      [1, 'month'],
      [calm ? 0 : 1, 'word'],
    ] as const);
    const source = dice.pick([COUNTER, COUNTER, COUNTER, PHONE, PHONE, POST, POST, WORKS]);
    const about = (type: string, subject: string | undefined, data: JsonObject): Event => ({
      id: this.nextId(),
      source,
      type,
      subject,
      time,
      contract,
      data,
    });
    if (kind === 'job') {
      const step = dice.chance(0.35) ? 'came' : dice.pick(JOB_STEPS);
      const rank = dice.pick(['now', 'now', 'soon', 'later']);
      const data = step === 'came' ? (dice.chance(0.5) ? { rank, shift: 'day' } : { rank }) : { rank };
      return about(`job.${step}`, `J-${dice.between(1, 4)}`, step === 'came' || step === 'ranked' ? data : {});
    }
    if (kind === 'goods') {
      const step = dice.chance(0.4) ? 'ordered' : dice.pick(GOODS_STEPS);
      const by = dice.chance(0.07) ? BEYOND : formatInstant(time + dice.between(-2, 30) * HOUR);
      const day = by.slice(0, 10);
      const data = step === 'promised' || (step === 'ordered' && dice.chance(0.6)) ? { by: dice.pick([by, day]) } : {};
      return about(`goods.${step}`, `G-${dice.between(1, 3)}`, data);
    }
    if (kind === 'parts') {
      const asked = dice.chance(0.5);
      const data = asked && dice.chance(0.8) ? { for: [`J-${dice.between(1, 4)}`] } : {};
      return about(asked ? 'parts.asked' : 'parts.given', `P-${dice.between(1, 2)}`, data);
    }
    if (kind === 'month') {
      const period = dice.pick(['2026-01', '2026-02', '2026-03']);
      return about(dice.pick(['report.sent', 'bill.sent', 'bill.paid']), period, { period });
    }
    if (kind === 'word') return this.aWord(contract, time);
    const lot = dice.pick(['L-1', 'L-2', 'L-3']);
    return about(dice.pick(['lot.closed', 'lot.closed', 'lot.counted']), dice.pick(['x', 'y']), { lot });
  }

  /** What somebody says about an excuse, whether or not it is his to say. */
  private aWord(contract: string, time: number): Event {
    const { dice } = this;
    const known = dice.pick([undefined, ...this.told.get(contract)!]);
    const event = {
      id: this.nextId(),
      source: dice.pick([SHOP, SHOP, WORKS, PHONE]),
      subject: contract,
      time,
      contract,
    };
    const what = dice.pick(['excuse', 'breach', 'proof'] as const);
    if (what === 'excuse') {
      const data = this.aSpan(time);
      const type = dice.pick(['excuse.claimed', 'excuse.accepted', 'excuse.rejected']);
      return { ...event, type, subject: dice.pick(['E-1', 'E-2']), data };
    }
    if (what === 'breach') {
      const instance = this.anInstance();
      return { ...event, type: dice.pick(['breach.forgiven', 'breach.recalled']), data: { instance } };
    }
    const fact = { source: known?.source ?? WORKS, id: known?.id ?? 'unknown' };
    return { ...event, type: dice.pick(['proof.accepted', 'proof.rejected']), data: { fact } };
  }

  private aSpan(time: number): JsonObject {
    const { dice } = this;
    return {
      begins: formatInstant(time - dice.between(0, 20) * HOUR),
      ends: formatInstant(time + dice.between(-2, 30) * HOUR),
      affects: RULES.filter(() => dice.chance(0.5)),
    };
  }

  private anInstance(): string {
    const { dice } = this;
    return `${dice.pick(['take', 'do'])}/J-${dice.between(1, 4)}/1`;
  }

  private say(contract: string, at: number, what: Pick<Event, 'source' | 'type' | 'subject' | 'data'>): Event {
    const event: Event = { id: this.nextId(), time: at, contract, ...what };
    this.told.get(contract)!.push(event);
    this.happen(at, [eventRecord(event)]);
    return event;
  }

  /** The works claim, the shop accepts, and may think again; many cases may be there by then. */
  private exempt(contract: string, at: number): void {
    const { dice } = this;
    this.met.add('exemption');
    const subject = dice.pick(['E-1', 'E-2']);
    const data = this.aSpan(at);
    const accepted = at + dice.between(0, 5 * HOUR);
    const claim = () => this.say(contract, at, { source: WORKS, type: 'excuse.claimed', subject, data });
    const word = this.say(contract, accepted, { source: SHOP, type: 'excuse.accepted', subject, data });
    // It may come before what it is about.
    if (dice.chance(0.8)) claim();
    if (dice.chance(0.3)) {
      this.say(contract, accepted + dice.between(0, HOUR), { source: SHOP, type: 'excuse.rejected', subject, data });
    } else if (dice.chance(0.3)) {
      this.met.add('exemption withdrawn');
      const corrects = { corrects: word.id, source: word.source, action: 'withdraw' };
      const gone = accepted + dice.between(0, 2 * HOUR);
      this.say(contract, gone, { source: SHOP, type: 'entry.mended', subject: undefined, data: corrects });
    }
  }

  private forgive(contract: string, at: number): void {
    this.met.add('waiver');
    const data = { instance: this.anInstance() };
    this.say(contract, at, { source: SHOP, type: 'breach.forgiven', subject: contract, data });
    if (!this.dice.chance(0.4)) return;
    const later = at + this.dice.between(0, 3 * HOUR);
    this.say(contract, later, { source: SHOP, type: 'breach.recalled', subject: contract, data });
  }

  /** The works wait for parts that come late, or never. */
  private keepWaiting(contract: string, at: number): void {
    const { dice } = this;
    this.met.add('wait for the other party');
    const subject = dice.pick(['P-1', 'P-2']);
    const data = { for: ['J-1', 'J-2', 'J-3', 'J-4'].filter(() => dice.chance(0.6)) };
    this.say(contract, at, { source: COUNTER, type: 'parts.asked', subject, data });
    if (dice.chance(0.3)) return;
    const given = at + dice.between(0, 4 * HOUR);
    this.say(contract, given, { source: COUNTER, type: 'parts.given', subject, data: {} });
  }

  /** The works tell too late that a job was done in time, and the shop says whether that counts. */
  private lateProof(contract: string, at: number): void {
    const { dice } = this;
    this.met.add('decision on evidence');
    const done: Event = {
      id: this.nextId(),
      source: WORKS,
      type: dice.pick(['job.taken', 'job.done']),
      subject: `J-${dice.between(1, 4)}`,
      time: at - dice.between(3, 12) * HOUR,
      contract,
      data: {},
    };
    this.told.get(contract)!.push(done);
    this.happen(at, [eventRecord(done)]);
    const data = { fact: { source: done.source, id: done.id } };
    const words = dice.pick([['proof.accepted'], ['proof.rejected'], ['proof.accepted', 'proof.rejected']]);
    let when = at;
    for (const type of words) {
      when += dice.between(-HOUR, 3 * HOUR);
      this.say(contract, when, { source: SHOP, type, subject: contract, data });
    }
  }

  /** What the parties say about the statements of one cycle after the other, some of it too early or too late. */
  private account(contract: string): void {
    const { dice } = this;
    for (const [cycle, end] of dice.pick([CYCLES, CYCLES.slice(0, 1), []])) {
      const when = (): number =>
        end +
        dice.weighed([
          [1, -HOUR],
          [8, 3 * HOUR],
          [1, 70 * HOUR],
        ]) +
        dice.between(0, 90) * HOUR;
      for (let n = dice.between(0, 3); n > 0; n--) this.dispute(contract, cycle, when());
      if (dice.chance(0.5)) this.sign(contract, cycle, when());
      for (let n = dice.between(0, 4); n > 0; n--) {
        const at = when();
        this.tellOne(contract, false, at);
      }
    }
    if (dice.chance(0.4)) this.serveNotice(contract, dice.between(BEGIN, BEGIN + 40 * HOUR));
  }

  /** A party doubts a line of a statement; the other, or the arbiter, decides, and so may one whom nobody has asked. */
  private dispute(contract: string, cycle: string, at: number): void {
    const { dice } = this;
    this.met.add('line disputed');
    const source = dice.pick([SHOP, WORKS]);
    const other = source === SHOP ? WORKS : SHOP;
    const line = dice.chance(0.7) ? dice.between(1, 4) : `provider/per-breach/1/${this.anInstance()}`;
    const doubt = this.say(contract, at, {
      source,
      type: 'account.doubted',
      subject: contract,
      data: { cycle, line },
    });
    let when = at;
    for (let n = dice.pick([0, 1, 1, 2]); n > 0; n--) {
      this.met.add('dispute decided');
      // It may come before what it is about.
      when += dice.between(-HOUR, 40 * HOUR);
      const outcome = dice.pick(['upheld', 'waived', 'adjusted']);
      this.say(contract, when, {
        source: dice.pick([other, other, ARBITER, source]),
        type: 'account.settled',
        subject: contract,
        data: { dispute: doubt.id, outcome, ...(outcome === 'adjusted' ? { amount: '7.50' } : {}) },
      });
    }
  }

  /** Both parties sign, or one alone; perhaps what is no longer, or not yet, the last revision. */
  private sign(contract: string, cycle: string, at: number): void {
    const { dice } = this;
    this.met.add('statement signed');
    const data = { cycle, revision: dice.pick([1, 1, 1, 2, 3]) };
    let when = at;
    for (const source of dice.pick([[SHOP, WORKS], [WORKS, SHOP], [SHOP], [COUNTER, WORKS]])) {
      this.say(contract, when, { source, type: 'account.signed', subject: contract, data });
      when += dice.between(0, HOUR);
    }
  }

  private serveNotice(contract: string, at: number): void {
    this.met.add('notice');
    const data = { about: `load/G-${this.dice.between(1, 3)}` };
    this.say(contract, at, { source: SHOP, type: 'notice.served', subject: contract, data });
  }

  private tellOne(contract: string, isDefault: boolean, at: number): void {
    const { dice } = this;
    const told = this.told.get(contract)!;
    const way = dice.weighed([
      [60, 'new'],
      [14, 'correct'],
      [6, 'again'],
      [4, 'altered'],
      [3, 'refused'],
      [4, 'stray'],
      [2, 'forged'],
      [5, 'pair'],
    ] as const);
    const time =
      at -
      dice.weighed([
        [6, dice.between(0, 5_000)],
        [2, dice.between(0, 20 * HOUR)],
        [1, -dice.between(0, 4 * MINUTE)],
        [1, 0],
      ] as const);
    const fresh = this.anEvent(contract, time);
    const known = told.length === 0 ? undefined : dice.pick(told);
    const place = this.placeOf(contract, false);
    if (way === 'again' && known !== undefined) {
      this.met.add('same again');
      this.happen(at, [eventRecord({ ...known, ...place })]);
    } else if (way === 'altered' && known !== undefined) {
      this.met.add('id used again');
      this.happen(at, [eventRecord({ ...known, ...place, time: known.time + 1_000 })]);
    } else if (way === 'refused') {
      this.met.add('refused');
      this.happen(at, [eventRecord({ ...fresh, type: 'job.came', subject: 'J-1', data: { rank: 7 } })]);
    } else if (way === 'forged') {
      this.met.add('forged');
      this.happen(at, [
        eventRecord({ ...fresh, source: '/pactwatch/import', type: 'import.begun', data: { import: 'x' } }),
      ]);
    } else if (way === 'stray') {
      this.met.add('stray');
      told.push(fresh);
      this.happen(at, [eventRecord({ ...fresh, ...this.placeOf(contract, true) })]);
    } else if (way === 'correct') {
      this.correct(contract, at, time, known);
    } else if (way === 'pair') {
      this.met.add('same instant');
      const other = { ...this.anEvent(contract, time), time };
      told.push(fresh, other);
      this.happen(at, [eventRecord({ ...fresh, time }), eventRecord(other)]);
    } else {
      told.push(fresh);
      const bare = isDefault && fresh.source === COUNTER && dice.chance(0.4);
      if (bare) this.met.add('default contract');
      this.happen(at, [
        eventRecord(bare ? { ...fresh, contract: null, partition: homePartition(contract, PARTITIONS) } : fresh),
      ]);
    }
  }

  private correct(contract: string, at: number, time: number, known: Event | undefined): void {
    const { dice } = this;
    const told = this.told.get(contract)!;
    const early = known === undefined || dice.chance(0.3);
    const target = early ? this.anEvent(contract, time - dice.between(0, HOUR)) : known;
    const ofCorrection = target.type === 'entry.mended';
    this.met.add(early ? 'correction before its target' : ofCorrection ? 'correction of a correction' : 'correction');
    const replacement = { ...this.anEvent(contract, time).data };
    const data: JsonObject = ofCorrection
      ? { ...target.data, action: 'replace', data: replacement }
      : dice.chance(0.6)
        ? { ...target.data, ...(dice.chance(0.5) ? { rank: 'later' } : replacement) }
        : replacement;
    const mended: Event = {
      id: this.nextId(),
      source: dice.pick([COUNTER, target.source]),
      type: 'entry.mended',
      time,
      contract,
      data: {
        corrects: target.id,
        source: target.source,
        ...(dice.chance(0.4) ? { action: 'withdraw' } : { action: 'replace', data }),
      },
    };
    told.push(mended);
    this.happen(at, [eventRecord(mended)]);
    if (!early) return;
    told.push(target);
    this.happen(at + dice.between(0, 3 * HOUR), [eventRecord(target)]);
  }

  private importHistory(contract: string, at: number): number {
    const { dice } = this;
    this.met.add('import');
    const id = `import ${this.nextId()}`;
    const bracket = (type: string, when: number): NewRecord =>
      ownRecord({
        id: `${id} ${type}`,
        source: '/pactwatch/import',
        type,
        time: when,
        contract,
        data: { import: id, alerts: dice.pick(['each', 'summary']) },
      });
    this.happen(at, [bracket('import.begun', at)]);
    const told = this.told.get(contract)!;
    let stamp = at - 6 * 24 * HOUR;
    let now = at;
    for (let n = dice.between(1, 14); n > 0; n--) {
      stamp = Math.min(stamp + dice.between(0, 14 * HOUR), at);
      now += dice.between(0, 3_000);
      const event = this.anEvent(contract, stamp - dice.between(0, 2 * HOUR));
      told.push(event);
      const live = dice.chance(0.1);
      this.happen(now, [live ? eventRecord(event) : stamped({ ...event, extensions: { importid: id } }, stamp)]);
    }
    this.happen(now + 1_000, [bracket('import.completed', now + 1_000)]);
    return now + 2_000;
  }

  /** Many things that fall due at nearly the same time: more than one slice. */
  private burst(contract: string, at: number): void {
    const { dice } = this;
    this.met.add('burst of deadlines');
    const same = dice.chance(0.5);
    for (let n = dice.between(6, 14); n > 0; n--) {
      const time = same ? at : at + dice.between(0, 2_000);
      this.happen(at + dice.between(0, 2_000), [
        eventRecord({
          id: this.nextId(),
          source: PHONE,
          type: 'job.came',
          subject: `burst ${n}`,
          time,
          contract,
          data: { rank: 'now' },
        }),
      ]);
    }
  }

  private tellNoise(at: number): void {
    const { dice } = this;
    const partition = dice.between(0, PARTITIONS - 1);
    const noise = dice.pick(['tick', 'bytes', 'unknown'] as const);
    if (noise === 'tick') {
      this.met.add('foreign tick');
      const tick = { id: `tick/${partition}/0/${at}`, source: '/pactwatch/monitor', type: 'tick', time: at, data: {} };
      this.happen(at, [{ ...ownRecord({ ...tick, contract: null }), key: null, partition }]);
    } else if (noise === 'bytes') {
      this.met.add('unreadable');
      this.happen(at, [{ topic: TOPICS.events, key: dice.pick(this.contracts), value: '{', partition }]);
    } else {
      const event = this.anEvent(this.contracts[0]!, at);
      this.happen(at, [eventRecord({ ...event, contract: null, source: '/nobody', partition })]);
    }
  }

  private placeOf(contract: string, wrong: boolean): { partition?: number } {
    const home = homePartition(contract, PARTITIONS);
    return wrong ? { partition: (home + this.dice.between(1, PARTITIONS - 1)) % PARTITIONS } : {};
  }
}
