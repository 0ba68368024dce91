import { homePartition, TOPICS, type LogBatch, type NewRecord } from '#libs/bus';
import { FencedError } from '#libs/store';
import { Calls, type Call } from './calls.js';
import { Checks, Divergence } from './checks.js';
import { Database } from './database.js';
import { Dice } from './dice.js';
import { Process, type Surroundings } from './process.js';
import { firstSweep } from './process-store.js';
import { SharedLog } from './shared-log.js';
import { BEGIN, PARTITIONS, Streams, type Happening } from './streams.js';

/** What may go wrong. A long simulation must have met all of it. */
export const faults = [
  'crash before a save took effect',
  'crash after a save, before its answer',
  'crash while loading',
  'crash while taking',
  'crash before a send took effect',
  'crash after a send, before its answer',
  'crash before the outbox was acknowledged',
  'save of a dead process took effect later',
  'answer to a save lost, saved',
  'answer to a save lost, not saved',
  'answer to a save lost, saved later',
  'load failed',
  'take failed',
  'answer to a take lost',
  'send failed',
  'answer to a send lost',
  'send took effect after it was given up',
  'tick failed',
  'acknowledgement failed',
  'save of a former owner refused',
  'connection of a former owner ended while it saved',
  'former owner reads on',
  'partition moved',
  'partition given to two at once',
  'partition moved while a batch was under way',
  'process fell asleep',
  'process fell asleep while it saved',
  'clock of a process went back',
  'clock of the log went back',
  'records delivered again',
  'clean end',
  'slice of firings',
  'slice of a sweep',
  'slice of a sweep with decisions',
  'partition taken in the middle of a sweep',
  'batch judged while another was being saved',
  'compliance.statement.frozen',
  'compliance.statement.revised',
  'compliance.statement.final',
  'compliance.right.raised',
  'final statement adjusted',
  'statement compared word by word',
] as const;
export type Fault = (typeof faults)[number];

/** Where a spec reaches in, to break something and see it caught. */
export interface Tampering {
  readonly database?: () => Database;
  readonly process?: (process: Process) => void;
  readonly log?: (log: SharedLog) => void;
  /** How likely a partition is given to two at once, where other troubles are between 1 and 4; default 2. */
  readonly contests?: number;
}

export interface Run {
  readonly steps: number;
  readonly decisions: number;
  readonly records: number;
  readonly met: ReadonlyMap<string, number>;
}

const MOST_STEPS = 60_000;
/** Seconds in which nothing happens, after which nothing will. */
const MOST_IDLE_SECONDS = 700;
/** In the name of a save that moves no offset. */
const SLICES = ['slice of firings', 'slice of a sweep', 'slice of a sweep with decisions'] as const;

/** One simulated deployment: a few processes, one database, one log, and everything that may go wrong between them. */
export class World implements Surroundings {
  readonly database: Database;
  readonly log: SharedLog;
  readonly calls = new Calls();
  readonly limits: { readonly firings: number; readonly heldStates: number };
  readonly met = new Map<string, number>();
  private readonly dice: Dice;
  private readonly checks: Checks;
  private readonly happenings: Happening[];
  private readonly streams: Streams;
  private processes: Process[] = [];
  /** By name, the dead, too. */
  private readonly everyone = new Map<string, Process>();
  private time = BEGIN;
  private logSkew: number;
  private started = 0;
  private steps = 0;
  private readonly assignment = new Map<number, Process>();
  private readonly untold = new Set<Process>();
  /** On their way out. */
  private readonly closing = new Set<Process>();
  private readonly silenceSeen = new Map<Process, number>();
  private disturbed = true;
  private idle = 0;
  private failure: Error | undefined;

  constructor(
    seed: number,
    private readonly tampering: Tampering = {},
    private readonly trace: (line: string) => void = () => {},
  ) {
    this.dice = new Dice(seed);
    this.database = tampering.database?.() ?? new Database();
    this.logSkew = this.dice.between(-400, 400);
    this.log = new SharedLog(PARTITIONS, () => this.time + this.logSkew);
    tampering.log?.(this.log);
    this.checks = new Checks(this.database, this.log, (connection) => this.gone(connection));
    this.limits = { firings: this.dice.pick([2, 3, 5, 1_000]), heldStates: this.dice.pick([0, 2, 5, 20_000]) };
    const { happenings, streams } = Streams.of(seed, this.dice.fork());
    this.happenings = [...happenings];
    this.streams = streams;
    for (const one of streams.met) this.count(one);
  }

  now(): number {
    return this.time;
  }

  /** @throws Divergence and whatever ends a process: with the seed it happens again. */
  async run(): Promise<Run> {
    for (let n = this.dice.between(1, 3); n > 0; n--) this.start();
    this.rebalance();
    while (this.happenings.length > 0 || this.dice.chance(0.995)) {
      if (this.happenings.length === 0 && this.steps % 7 === 0 && this.dice.chance(0.3)) break;
      await this.step();
    }
    this.disturbed = false;
    for (const process of this.processes) {
      process.asleepUntil = 0;
      // Who was passed over when a partition moved on hears of it at last: else two take it from each other for ever.
      if (process.holds().some((partition) => this.assignment.get(partition) !== process)) this.untold.add(process);
    }
    while (await this.step());
    await this.checks.atRest(this.time + this.logSkew, this.dice);
    const decisions = [...this.database.decisions.values()].reduce((sum, list) => sum + list.length, 0);
    this.countDecisions();
    for (let n = this.checks.statementsCompared; n > 0; n--) this.count('statement compared word by word');
    let records = 0;
    for (let partition = 0; partition < PARTITIONS; partition++)
      records += this.log.records(TOPICS.events, partition).length;
    return { steps: this.steps, decisions, records, met: this.met };
  }

  onFatal(process: Process, error: Error): void {
    this.failure ??= new Divergence(`process ${process.name} ended: ${error.stack ?? error.message}`);
  }

  onSent(records: readonly NewRecord[]): void {
    try {
      this.checks.sent(records);
    } catch (error) {
      this.failure ??= error as Error;
    }
  }

  onDelivered(process: Process, { partition, records, nextOffset }: LogBatch): void {
    this.say(`${process.name} reads ${partition} from ${records[0]?.offset} before ${nextOffset}`);
    if (process.isHandling(partition)) this.count('batch judged while another was being saved');
    if (this.assignment.get(partition) !== process) this.count('former owner reads on');
  }

  /** One thing happens; false where nothing is left to happen. */
  private async step(): Promise<boolean> {
    if (++this.steps > MOST_STEPS) throw new Divergence(`it does not come to rest: ${this.standing()}`);
    const went = this.choose();
    if (!went) return false;
    await new Promise(setImmediate);
    const saves = await this.checks.saves();
    if (saves > 0) await new Promise(setImmediate);
    if (this.failure !== undefined) throw this.failure;
    return true;
  }

  private choose(): boolean {
    const { dice } = this;
    const all = [...this.processes, ...this.closing];
    const calls = this.calls.ready((name) => all.some((one) => one.name === name && one.awake));
    const reads = this.processes.flatMap((process) =>
      process.awake
        ? process.holds().flatMap((partition) => (process.canRead(partition) ? [{ process, partition }] : []))
        : [],
    );
    const ways: [number, () => boolean][] = [];
    if (calls.length > 0) ways.push([60, () => this.progress(dice.pick(calls))]);
    if (reads.length > 0) ways.push([25, () => this.read(dice.pick(reads))]);
    if (this.untold.size > 0) ways.push([6, () => this.tell()]);
    if (this.disturbed) {
      ways.push([12, () => this.advance()]);
      ways.push([this.streams.size.troubles, () => this.trouble()]);
    } else if (ways.length === 0) {
      return this.advance();
    }
    return dice.weighed(ways)();
  }

  private progress(call: Call): boolean {
    const { dice, calls } = this;
    const { what, says, owner } = call;
    if (calls.isOrphan(call)) {
      const arrives = dice.chance(0.5);
      this.say(`${owner} (gone) ${says}: ${arrives ? 'takes effect' : 'is lost'}`);
      if (!arrives) calls.forget(call);
      else {
        if (what === 'save') this.count('save of a dead process took effect later');
        if (what === 'send') this.count('send took effect after it was given up');
        this.apply(call);
      }
      return true;
    }
    const fails = this.disturbed && dice.chance(0.035);
    if (!call.applied && fails) {
      const lingers = (what === 'save' || what === 'send') && dice.chance(0.4);
      this.say(`${owner} ${says}: fails${lingers ? ', for now' : ''}`);
      this.countFailure(call, lingers);
      calls.lose(call, lingers);
      return true;
    }
    if (!call.applied) {
      this.apply(call);
      if (dice.chance(0.3)) {
        this.say(`${owner} ${says}: takes effect`);
        return true;
      }
    } else if (fails) {
      this.say(`${owner} ${says}: its answer is lost`);
      if (what === 'save') this.count('answer to a save lost, saved');
      if (what === 'send') this.count('answer to a send lost');
      if (what === 'take') this.count('answer to a take lost');
      calls.lose(call);
      return true;
    }
    this.say(`${owner} ${says}: answered`);
    calls.answer(call);
    return true;
  }

  private countFailure({ what }: Call, lingers: boolean): void {
    if (what === 'save')
      this.count(lingers ? 'answer to a save lost, saved later' : 'answer to a save lost, not saved');
    if (what === 'load') this.count('load failed');
    if (what === 'take') this.count('take failed');
    if (what === 'send') this.count('send failed');
    if (what === 'tick') this.count('tick failed');
    if (what === 'acknowledge') this.count('acknowledgement failed');
  }

  private apply(call: Call): void {
    const ended = this.calls.savesEnded;
    this.calls.apply(call);
    if (call.refusal instanceof FencedError) this.count('save of a former owner refused');
    if (this.calls.savesEnded > ended) this.count('connection of a former owner ended while it saved');
    for (const slice of SLICES) if (call.what === 'save' && call.says.includes(slice)) this.count(slice);
    if (call.what === 'take' && call.refusal === undefined) this.countSweepsTaken(call);
  }

  private countSweepsTaken({ says }: Call): void {
    const partition = /^takes (\d+)$/.exec(says)?.[1];
    if (partition === undefined) return;
    for (const { contract, state } of this.database.contracts.values()) {
      const isIn = homePartition(contract, PARTITIONS) === Number(partition);
      if (isIn && firstSweep(state) !== undefined) this.count('partition taken in the middle of a sweep');
    }
  }

  private read({ process, partition }: { readonly process: Process; readonly partition: number }): boolean {
    const { dice } = this;
    const back = this.disturbed && dice.chance(0.1) ? dice.between(1, 6) : 0;
    if (back > 0) this.count('records delivered again');
    process.read(partition, dice.pick([1, 2, 5, 20, 1_000]), back);
    return true;
  }

  /** One process hears what the group has decided. */
  private tell(): boolean {
    const process = this.dice.pick([...this.untold]);
    if (!process.awake) return true;
    this.untold.delete(process);
    const mine = [...this.assignment].flatMap(([partition, owner]) => (owner === process ? [partition] : []));
    this.say(`${process.name} hears that it has ${mine.join(', ') || 'nothing'}`);
    process.joined(mine);
    return true;
  }

  private start(): Process {
    const process = new Process(`P${++this.started}`, this);
    process.skew = this.dice.between(-2_000, 150);
    this.tampering.process?.(process);
    this.processes.push(process);
    this.everyone.set(process.name, process);
    this.say(`${process.name} starts`);
    return process;
  }

  /** The group gives out its partitions anew; who has them hears of it in its own time. */
  private rebalance(): void {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const before = this.assignment.get(partition);
      const stays = before !== undefined && this.processes.includes(before) && this.dice.chance(0.4);
      const owner = stays ? before : this.dice.pick(this.processes);
      if (owner === before) continue;
      this.assignment.set(partition, owner);
      if (before === undefined) continue;
      this.count('partition moved');
      if (before.isHandling(partition)) this.count('partition moved while a batch was under way');
    }
    for (const process of this.processes) this.untold.add(process);
  }

  /** A partition moves twice in a moment: who had it in between does not hear that it is gone. */
  private contest(): void {
    const partition = this.dice.between(0, PARTITIONS - 1);
    for (const process of this.processes.filter((one) => one.awake).slice(0, 2)) {
      if (this.assignment.get(partition) === process) continue;
      this.assignment.set(partition, process);
      process.joined([...process.holds(), partition]);
      this.untold.add(process);
      this.count('partition given to two at once');
    }
  }

  private trouble(): boolean {
    const { dice } = this;
    const what = dice.weighed([
      [4, 'crash'],
      [3, 'move'],
      [this.tampering.contests ?? 2, 'contest'],
      [2, 'sleep'],
      [1, 'clock'],
      [1, 'log clock'],
      [1, 'close'],
      [1, 'start'],
    ] as const);
    const process = dice.pick(this.processes);
    if (what === 'crash') this.crash(process);
    else if (what === 'close') this.close(process);
    else if (what === 'start' && this.processes.length < 4) {
      this.start();
      this.rebalance();
    } else if (what === 'move') this.rebalance();
    else if (what === 'contest') this.contest();
    else if (what === 'sleep') this.sleep(process);
    else if (what === 'clock') {
      const skew = dice.between(-2_000, 150);
      if (skew < process.skew) this.count('clock of a process went back');
      process.skew = skew;
    } else if (what === 'log clock') {
      const skew = dice.between(-400, 400);
      if (skew < this.logSkew) this.count('clock of the log went back');
      this.logSkew = skew;
    }
    return true;
  }

  private crash(process: Process): void {
    this.say(`${process.name} dies`);
    for (const { what, applied } of this.calls.of(process.name)) {
      if (what === 'save')
        this.count(applied ? 'crash after a save, before its answer' : 'crash before a save took effect');
      if (what === 'send')
        this.count(applied ? 'crash after a send, before its answer' : 'crash before a send took effect');
      if (what === 'load') this.count('crash while loading');
      if (what === 'take') this.count('crash while taking');
      if (what === 'acknowledge' && !applied) this.count('crash before the outbox was acknowledged');
    }
    process.kill();
    const lingers = new Set(['save', 'send', 'tick', 'acknowledge']);
    this.calls.abandon(process.name, ({ what }) => lingers.has(what) && this.dice.chance(0.6));
    this.remove(process);
  }

  private close(process: Process): void {
    if (this.processes.length === 1 || !process.awake) return;
    this.say(`${process.name} ends in order`);
    this.count('clean end');
    this.untold.delete(process);
    // The group hears of it at once; what is under way goes on meanwhile.
    this.closing.add(process);
    void process.close().then(
      () => this.closing.delete(process),
      (error: unknown) => this.onFatal(process, error as Error),
    );
    this.processes = this.processes.filter((one) => one !== process);
    this.rebalance();
  }

  private remove(process: Process): void {
    this.processes = this.processes.filter((one) => one !== process);
    this.untold.delete(process);
    if (this.processes.length === 0 || this.dice.chance(0.6)) this.start();
    this.rebalance();
  }

  private sleep(process: Process): void {
    this.count('process fell asleep');
    if (this.calls.of(process.name).some(({ what }) => what === 'save'))
      this.count('process fell asleep while it saved');
    process.asleepUntil = this.time + this.dice.pick([50, 5_000, 600_000]);
    this.say(`${process.name} sleeps until ${process.asleepUntil}`);
    if (this.dice.chance(0.7)) this.rebalance();
  }

  /** Time goes on to where something is to happen; false where nothing is. */
  private advance(): boolean {
    const { dice } = this;
    const all = [...this.processes, ...this.closing];
    const timers = all.flatMap((one) => (one.awake ? (one.nextTimer() ?? []) : []));
    const timer = timers.length === 0 ? undefined : Math.min(...timers);
    const happening = this.happenings[0]?.at;
    const next = Math.min(timer ?? Infinity, happening ?? Infinity);
    if (next === Infinity) {
      // Only the seconds in which owners look after silent partitions, and sleepers, are left.
      const waits = this.outboxWaits() || this.nextDeadline() > 0 || all.some((one) => !one.awake);
      if (!waits || ++this.idle > MOST_IDLE_SECONDS) return false;
      this.pass(this.time + 1_000);
      return true;
    }
    this.idle = 0;
    let to = Math.max(this.time, next);
    if (this.disturbed && dice.chance(0.4)) to = Math.min(to, this.time + dice.between(1, 50));
    else if (this.disturbed && happening !== undefined && dice.chance(0.1)) to = Math.max(this.time, happening);
    else if (!this.disturbed && !all.some((one) => one.busy) && !this.outboxWaits())
      to = Math.max(to, this.nextDeadline());
    this.pass(to);
    return true;
  }

  private pass(to: number): void {
    if (to > this.time) this.say(`it is ${new Date(to).toISOString()}`);
    this.time = to;
    while ((this.happenings[0]?.at ?? Infinity) <= to) {
      const { records, files } = this.happenings.shift()!;
      for (const { hash, text } of files) this.database.documents.set(hash, Buffer.from(text));
      const appended = this.log.append(records);
      for (const { partition, offset } of appended) this.say(`record ${offset} of ${partition} comes in`);
    }
    for (const process of [...this.processes, ...this.closing]) {
      if (!process.awake) continue;
      while (process.fireTimer());
      const seen = this.silenceSeen.get(process) ?? 0;
      if (to - seen < 1_000) continue;
      this.silenceSeen.set(process, to);
      process.ticker.watchSilence();
    }
  }

  /** Dead, now or since then; one that slept could not say that it was alive. */
  private gone(connection: string): () => boolean {
    const owner = this.everyone.get(connection.split(' ').at(-1)!)!;
    const asleep = !owner.awake;
    return () => asleep || owner.dead;
  }

  private countDecisions(): void {
    for (const list of this.database.decisions.values())
      for (const { state, type, record } of list) {
        if (state === 'faulted') this.count('subject that cannot be judged');
        if (/^compliance\.(statement|right)\./.test(type)) this.count(type);
        if (type.startsWith('compliance.statement.') && record.includes('"remedy":"adjustment"'))
          this.count('final statement adjusted');
      }
  }

  private outboxWaits(): boolean {
    return [...this.database.outbox.values()].some((rows) => rows.length > 0);
  }

  private nextDeadline(): number {
    let next = Infinity;
    for (const { nextInstant } of this.database.states.values())
      if (nextInstant !== null && nextInstant < next) next = nextInstant;
    const happening = this.happenings[0]?.at ?? Infinity;
    return next === Infinity ? 0 : Math.min(next, happening);
  }

  private standing(): string {
    const rows = [...this.database.owners.values()].map(
      ({ row }) => `${row.partition} at ${row.nextOffset}/${row.slice} epoch ${row.epoch}`,
    );
    const calls = this.calls.underWay.map(({ owner, says }) => `${owner} ${says}`);
    return [`it is ${new Date(this.time).toISOString()}`, ...rows, ...calls].join('; ');
  }

  private count(what: Fault | string): void {
    this.met.set(what, (this.met.get(what) ?? 0) + 1);
  }

  private say(line: string): void {
    this.trace(`${this.steps} ${line}`);
  }
}
