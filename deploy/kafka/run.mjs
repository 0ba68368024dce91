// npm run kafka [-- --port N] [--data DIR] [--background]
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

const { port, data, background } = readArguments();
const dataDir = data ?? (background ? '.scratch/kafka/data' : undefined);
let server;
try {
  server = await startKafka({
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(dataDir === undefined ? {} : { dataDir }),
    detached: background,
  });
  const { createKafkaLog, productTopics } = await import('#libs/bus');
  const log = createKafkaLog({ brokers: [server.brokers], clientId: 'pactwatch-topics' });
  await log.ensureTopics(productTopics());
  await log.close();
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

let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    if (stopping) return;
    stopping = true;
    await server.stop();
    process.exit(0);
  });
}
// A broker that ends by itself ends this process too.
setInterval(() => {
  try {
    process.kill(server.pid, 0);
  } catch {
    if (!stopping) {
      console.error(`Kafka ended by itself; its log is ${server.log}`);
      process.exit(1);
    }
  }
}, 1000);
