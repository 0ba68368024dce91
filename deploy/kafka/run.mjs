// npm run kafka [-- --port N] [--data DIR] [--background]
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { MissingToolError, startKafka } from './kafka-server.mjs';

const usage = 'usage: npm run kafka [-- --port N] [--data DIR] [--background]';

function readArguments() {
  try {
    const { values } = parseArgs({
      options: { port: { type: 'string' }, data: { type: 'string' }, background: { type: 'boolean', default: false } },
    });
    if (values.port !== undefined && !/^[1-9]\d{0,4}$/.test(values.port))
      throw new Error(`--port ${values.port} is not a port (allowed: 1 to 65535)`);
    return values;
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exit(2);
  }
}

/** Topics that a data folder already has stay as they are. */
async function makeTopics(brokers) {
  const { createKafkaLog, DEFAULT_PARTITIONS, productTopics } = createRequire(import.meta.url)('#libs/bus');
  const log = createKafkaLog({ brokers: [brokers], clientId: 'pactwatch-topics' });
  try {
    const counts = new Map();
    for (const { topic } of productTopics(DEFAULT_PARTITIONS)) counts.set(topic, await log.partitionCount(topic));
    const partitions = counts.get('platform.events') || DEFAULT_PARTITIONS;
    await log.ensureTopics(productTopics(partitions).filter(({ topic }) => counts.get(topic) === 0));
  } finally {
    await log.close();
  }
}

const { port, data, background } = readArguments();
const dataDir = data ?? (background ? '.scratch/kafka/data' : undefined);
let server;
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    if (stopping) return;
    stopping = true;
    // While it still starts, leaving takes the broker along.
    await server?.stop();
    process.exit(server === undefined ? 1 : 0);
  });
}

try {
  server = await startKafka({
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(dataDir === undefined ? {} : { dataDir }),
    detached: background,
  });
  await makeTopics(server.brokers);
} catch (error) {
  console.error(error.message);
  await server?.stop();
  process.exit(error instanceof MissingToolError ? 3 : 1);
}

console.log(`KAFKA_BROKERS=${server.brokers}`);
if (background) {
  console.log(`KAFKA_PID=${server.pid}`);
  process.exit(0);
}

// A broker that ends by itself ends this process too.
setInterval(() => {
  try {
    process.kill(server.pid, 0);
  } catch {
    if (stopping) return;
    console.error(`Kafka ended by itself; its log ends with:\n${server.lastLines()}`);
    process.exit(1);
  }
}, 1000);
