import { homePartition, TOPICS, type NewRecord } from '#libs/bus';
import { DEPOT } from './parcel-contract.js';

/** A record, and when the wall clock says that it is to be sent. */
interface Planned {
  readonly at: number;
  readonly record: NewRecord;
}

/**
 * Live traffic of parcels and lockers under several contracts: most in order and in time, some late, twice, under another
 * contract's key, withdrawn, with a used id, or no event at all.
 */
export class ParcelTraffic {
  private readonly planned: Planned[] = [];
  private cases = 0;
  private ids = 0;

  constructor(
    private readonly contracts: readonly string[],
    private readonly partitions: number,
    private readonly random: () => number,
    /** The share of records that arrive in another partition than their contract's. */
    private readonly strays = 0.03,
  ) {}

  /** Begins one more case at this instant; what happens to it is planned. */
  begin(now: number): void {
    const { random } = this;
    const contract = this.contracts[Math.floor(random() * this.contracts.length)]!;
    const chance = (share: number): boolean => random() < share;
    const after = (from: number, to: number): number => now + Math.floor(from + random() * (to - from));
    this.cases += 1;
    if (chance(0.2)) {
      const subject = `L-${this.cases}`;
      this.event(contract, 'locker.broken', subject, now);
      if (chance(0.8)) this.event(contract, 'locker.mended', subject, after(1_500, 5_000));
      return;
    }
    const subject = `P-${this.cases}`;
    const speed = chance(0.5) ? 'fast' : 'slow';
    this.event(contract, 'parcel.accepted', subject, now, { speed, lane: `lane ${this.cases % 3}` });
    if (chance(0.1)) this.event(contract, 'parcel.sped', subject, after(300, 2_500), { speed: 'fast' });
    if (chance(0.8)) this.event(contract, 'parcel.scanned', subject, after(500, 3_500));
    if (chance(0.3)) {
      const held = after(500, 3_000);
      this.event(contract, 'parcel.held', subject, held);
      if (chance(0.8)) this.event(contract, 'parcel.freed', subject, held + Math.floor(random() * 3_000));
    }
    if (chance(0.4)) {
      const asked = after(200, 4_000);
      this.event(contract, 'question.asked', subject, asked);
      if (chance(0.7)) this.event(contract, 'question.answered', subject, asked + Math.floor(random() * 3_000));
    }
    if (chance(0.05)) this.event(contract, 'parcel.lost', subject, after(500, 4_000));
    if (chance(0.8)) {
      const delivered = after(1_500, 5_500);
      this.event(contract, 'parcel.delivered', subject, delivered);
      if (chance(0.15)) {
        this.event(contract, 'parcel.returned', subject, delivered + 500);
        if (chance(0.5)) this.event(contract, 'parcel.delivered', subject, delivered + 2_000);
      }
    }
  }

  /** What is to be sent by now, in the order of its sending; each only once. */
  due(now: number): NewRecord[] {
    this.planned.sort((a, b) => a.at - b.at);
    const count = this.planned.findIndex(({ at }) => at > now);
    return this.planned.splice(0, count < 0 ? this.planned.length : count).map(({ record }) => record);
  }

  private event(contract: string, type: string, subject: string, at: number, data: object = {}): void {
    const { random } = this;
    const chance = (share: number): boolean => random() < share;
    this.ids += 1;
    const id = `e-${this.ids}`;
    const event = { id, source: DEPOT, type, subject, time: new Date(at).toISOString(), data };
    // Late by less than the agreed delay: what it disproves is withdrawn.
    const sentAt = at + (chance(0.06) ? Math.floor(500 + random() * 4_000) : 0);
    this.send(contract, sentAt, event);
    if (chance(0.03)) this.send(contract, sentAt + Math.floor(random() * 2_000), event);
    if (chance(0.01)) this.send(contract, sentAt + 100, { ...event, data: { ...data, note: 'another' } });
    if (chance(0.02)) {
      const correction = { id: `${id}-gone`, source: DEPOT, type: 'note.mended', time: event.time };
      this.send(contract, sentAt + 700, { ...correction, data: { corrects: id, action: 'withdraw' } });
    }
    if (chance(0.005))
      this.planned.push({ at: sentAt, record: { topic: TOPICS.events, key: contract, value: '{"id":' } });
  }

  private send(contract: string, at: number, event: object): void {
    const record: NewRecord = {
      topic: TOPICS.events,
      key: contract,
      value: JSON.stringify({ specversion: '1.0', contractid: contract, ...event }),
      headers: { 'content-type': 'application/cloudevents+json' },
    };
    const stray = this.random() < this.strays;
    const elsewhere = (homePartition(contract, this.partitions) + 1) % this.partitions;
    this.planned.push({ at, record: stray ? { ...record, partition: elsewhere } : record });
  }
}
