import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createKafkaLog, DEFAULT_PARTITIONS, productTopics, TOPICS, type Log } from '#libs/bus';
import { aConfigFolder, type ConfigFolder } from '../e2e/a-config-folder.js';
import { JudgedSide, undisturbedSide, whileRunning } from '../e2e/judged-side.js';
import { LiveFeed } from '../e2e/live-feed.js';
import type { MonitorProcess } from '../e2e/monitor-process.js';
import { describeWithKafka, startOwnBroker, type OwnBroker } from '../e2e/own-broker.js';
import { parcelContract } from '../e2e/parcel-contract.js';
import { seededRandom } from '../e2e/seeded-random.js';

/** How long the load goes on, and how often the monitor is killed meanwhile. */
const MINUTES = numberFrom('SOAK_MINUTES', 60);
const KILL_EVERY_MINUTES = numberFrom('SOAK_KILL_EVERY', 5);
const SEED = numberFrom('SOAK_SEED', randomInt(2 ** 31));
const CONTRACTS = Array.from({ length: 20 }, (_, index) => `PARCELS-${index + 1}`);
const MINUTE = 60_000;
/** Longest wait for what came while nobody read. */
const CATCH_UP_MILLIS = 5 * MINUTE;
const HEAP_REPORT = pathToFileURL(join(__dirname, 'report-heap.mjs')).href;

interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
}

describeWithKafka(
  `under a steady load for ${MINUTES} minutes, with a kill every ${KILL_EVERY_MINUTES}, the monitor`,
  () => {
    const before: Memory[] = [];
    let broker: OwnBroker;
    let log: Log;
    let config: ConfigFolder;
    let side: JudgedSide;
    let undisturbed: JudgedSide;
    const began = Date.now();

    const say = (text: string): void => {
      const seconds = Math.round((Date.now() - began) / 1_000);
      process.stderr.write(
        `${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, '0')} ${text}\n`,
      );
    };

    const start = (): MonitorProcess => side.start({ NODE_OPTIONS: `--import=${HEAP_REPORT}` });

    async function lag(): Promise<number> {
      const read = (await side.owners()).reduce((sum, { nextOffset }) => sum + nextOffset, 0);
      return (await log.bounds(TOPICS.events)).reduce((sum, { high }) => sum + high, 0) - read;
    }

    /** Of a process that has been at work since its start, after a garbage collection. */
    async function memory(monitor: MonitorProcess): Promise<Memory> {
      const from = monitor.lines().length;
      monitor.signal('SIGUSR2');
      return whileRunning([monitor], MINUTE, () => {
        const lines = monitor.lines().slice(from);
        return Promise.resolve(lines.find(({ msg }) => msg === 'memory') as Memory | undefined);
      });
    }

    /** Waits until all is read that was in the log when this began; returns how long that took, in milliseconds. */
    async function caughtUp(monitor: MonitorProcess): Promise<number> {
      const from = Date.now();
      const ends = await log.bounds(TOPICS.events);
      await whileRunning([monitor], CATCH_UP_MILLIS, async () => {
        const read = new Map((await side.owners()).map(({ partition, nextOffset }) => [partition, nextOffset]));
        return ends.every(({ partition, high }) => (read.get(partition) ?? 0) >= high) ? true : undefined;
      });
      return Date.now() - from;
    }

    const shown = ({ rss, heapUsed }: Memory): string =>
      `${(rss / 2 ** 20).toFixed(0)} MiB resident, ${(heapUsed / 2 ** 20).toFixed(1)} MiB of heap after collection`;

    beforeAll(
      async () => {
        say(`seed ${SEED}`);
        broker = await startOwnBroker();
        log = createKafkaLog({ brokers: [broker.brokers], clientId: 'pactwatch-soak' });
        await log.ensureTopics(productTopics(DEFAULT_PARTITIONS));
        const now = Date.now();
        config = aConfigFolder(CONTRACTS.map((id) => parcelContract(id, now)));
        side = await JudgedSide.open({ brokers: broker.brokers, config });
        await side.publish(log, config);
        let monitor = start();
        const feed = new LiveFeed(log, CONTRACTS, DEFAULT_PARTITIONS, seededRandom(SEED));
        await feed.during(async () => {
          const end = Date.now() + MINUTES * MINUTE;
          for (let kill = 1; ; kill += 1) {
            await side.decidesMore(1, monitor);
            await new Promise((resolve) =>
              setTimeout(resolve, Math.min(KILL_EVERY_MINUTES * MINUTE, Math.max(0, end - Date.now()))),
            );
            before.push(await memory(monitor));
            say(`${shown(before.at(-1)!)}; ${await side.count('decision')} decisions, ${await lag()} records behind`);
            if (Date.now() >= end) break;
            await monitor.kill();
            const decided = await side.count('decision');
            const killedAt = Date.now();
            monitor = start();
            await side.decidesMore(1, monitor);
            const behind = await lag();
            const decidesAfter = Date.now() - killedAt;
            await caughtUp(monitor);
            const millis = Date.now() - killedAt;
            say(
              `kill ${kill} at ${decided} decisions: decides again after ${decidesAfter} ms, then ${behind} records behind; caught up after ${millis} ms`,
            );
          }
        });
        await side.settle(log, monitor);
        const { length } = await log.bounds(TOPICS.events);
        say(
          `settled: ${await side.count('fact')} facts, ${await side.count('decision')} decisions in ${length} partitions`,
        );
        expect(await monitor.stop()).toBe(0);
        undisturbed = await undisturbedSide(
          log,
          { brokers: broker.brokers, config, within: CATCH_UP_MILLIS * 4 },
          config,
        );
        say('judged once more, undisturbed');
      },
      (MINUTES + 60) * MINUTE,
    );

    afterAll(async () => {
      await side?.close();
      await undisturbed?.close();
      await log?.close();
      await broker?.close();
      config?.remove();
    });

    it('has decided what it would have decided undisturbed', async () => {
      const mine = await side.digests();
      expect(mine.length).toBe(CONTRACTS.length);
      for (const { decisions, last } of mine) expect(last).toBe(decisions);
      expect(mine).toEqual(await undisturbed.digests());
    }, 600_000);

    it('does not keep more memory the longer it goes on', () => {
      expect(before.length).toBeGreaterThan(1);
      const [first, ...later] = before.map(({ heapUsed }) => heapUsed);
      say(
        `heap after collection, by kill: ${before.map(({ heapUsed }) => (heapUsed / 2 ** 20).toFixed(1)).join(', ')} MiB`,
      );
      expect(Math.max(...later)).toBeLessThan(2 * first!);
    });
  },
);

function numberFrom(name: string, otherwise: number): number {
  const given = process.env[name];
  const number = given === undefined ? otherwise : Number(given);
  if (!(number > 0)) throw new Error(`${name} is ${given} (allowed: a number above 0)`);
  return number;
}
