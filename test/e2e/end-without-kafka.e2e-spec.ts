import { createKafkaLog, productTopics, type Log } from '#libs/bus';
import { eventually } from '#libs/testkit';
import { aConfigFolder, type ConfigFolder } from './a-config-folder.js';
import { JudgedSide, whileRunning } from './judged-side.js';
import { LiveFeed } from './live-feed.js';
import type { MonitorProcess } from './monitor-process.js';
import { describeWithKafka, startOwnBroker, type OwnBroker } from './own-broker.js';
import { parcelContract } from './parcel-contract.js';
import { seededRandom } from './seeded-random.js';

const PARTITIONS = 3;
const CONTRACTS = ['PARCELS-1', 'PARCELS-2'];

describeWithKafka('a monitor that is told to end while Kafka is away', () => {
  let broker: OwnBroker;
  let log: Log;
  let config: ConfigFolder;
  let side: JudgedSide;

  beforeAll(async () => {
    broker = await startOwnBroker();
    log = createKafkaLog({ brokers: [broker.brokers], clientId: 'pactwatch-end-without-kafka' });
    await log.ensureTopics(productTopics(PARTITIONS));
    const now = Date.now();
    config = aConfigFolder(CONTRACTS.map((id) => parcelContract(id, now)));
    side = await JudgedSide.open({ brokers: broker.brokers, config });
    await side.publish(log, config);
  }, 300_000);

  afterAll(async () => {
    await side?.close();
    await log?.close();
    await broker?.close();
    config?.remove();
  });

  const notYet = (): Promise<void> => Promise.resolve();
  async function noticed(monitor: MonitorProcess): Promise<void> {
    await whileRunning([monitor], 120_000, async () => {
      const [{ down }, owners] = [await monitor.readiness(), await side.owners()];
      return down.includes('log') && owners.length > 0 ? true : undefined;
    });
  }

  it.each([
    ['has just gone', notYet],
    ['has been missed', noticed],
  ])('ends in order, and soon, when it %s', async (_, wait) => {
    const monitor = side.start();
    const feed = new LiveFeed(log, CONTRACTS, PARTITIONS, seededRandom(1));
    await feed.during(async () => {
      await side.decidesMore(50, monitor);
    });
    await broker.kill();
    try {
      await wait(monitor);
      monitor.signal('SIGTERM');
      await eventually(() => (monitor.hasEnded ? true : undefined), { within: 120_000 });
      expect(await monitor.end()).toBe(0);
      // Whoever gives up closing in order ends with 0, too.
      expect(monitor.lines().filter(({ msg }) => msg.includes('Not everything was closed'))).toEqual([]);
    } finally {
      await broker.restart();
    }
  });
});
