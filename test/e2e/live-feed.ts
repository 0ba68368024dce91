import type { Log, NewRecord } from '#libs/bus';
import { ParcelTraffic } from './parcel-traffic.js';

const STEP_MILLIS = 25;
/** Longer than any server is away in a test, on whatever machine. */
const PATIENCE_MILLIS = 120_000;

/** Sends live traffic as long as something goes on; begins about forty cases a second, 170 events. */
export class LiveFeed {
  private readonly traffic: ParcelTraffic;

  constructor(
    private readonly log: Log,
    contracts: readonly string[],
    partitions: number,
    random: () => number,
    strays?: number,
  ) {
    this.traffic = new ParcelTraffic(contracts, partitions, random, strays);
  }

  async during(work: () => Promise<void>): Promise<void> {
    let over = false;
    const sending = (async () => {
      while (!over) {
        this.traffic.begin(Date.now());
        await this.send(this.traffic.due(Date.now()));
        await new Promise((resolve) => setTimeout(resolve, STEP_MILLIS));
      }
      // What was begun goes on to its end.
      await this.send(this.traffic.due(Infinity));
    })();
    // Whoever waits for the work hears of it then.
    sending.catch(() => undefined);
    try {
      await work();
    } finally {
      over = true;
      await sending;
    }
  }

  /** Sends again what the log did not take while it was away, as every platform must. */
  private async send(records: readonly NewRecord[]): Promise<void> {
    const deadline = Date.now() + PATIENCE_MILLIS;
    for (;;) {
      try {
        await this.log.append(records);
        return;
      } catch (error) {
        if ((error as { retriable?: unknown }).retriable !== true || Date.now() > deadline) throw error;
      }
    }
  }
}
