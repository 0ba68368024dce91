// Starts what integration and end-to-end tests need: one embedded PostgreSQL, and Apache Kafka unless one is named.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { compileFolder } = require('./compile-folder.cjs');

const root = path.resolve(__dirname, '../..');

module.exports = async function globalSetup() {
  globalThis.pactwatchServers = [];
  await startPostgres();
  await startKafka();
};

/** A server that is named (superuser, PostgreSQL 15 or newer) is used as it is. */
async function startPostgres() {
  if (process.env.PACTWATCH_TEST_DATABASE_URL) return;
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'pactwatch-test-'));
  const compiled = path.join(root, '.scratch', 'embedded');
  compileFolder(path.join(root, 'libs/store/src/embedded'), compiled);
  const { startEmbeddedPostgres } = require(path.join(compiled, 'start-embedded-postgres.js'));
  const server = await startEmbeddedPostgres({ dataDir: path.join(scratch, 'postgres'), log: () => undefined });
  globalThis.pactwatchServers.push(async () => {
    await server.stop();
    fs.rmSync(scratch, { recursive: true, force: true });
  });
  process.env.PACTWATCH_TEST_DATABASE_URL = server.url;
}

/** Where it cannot start, tests that need it say so by name and are skipped; never in CI. */
async function startKafka() {
  if (process.env.PACTWATCH_NO_KAFKA === '1') return;
  if (process.env.KAFKA_BROKERS) {
    process.env.PACTWATCH_TEST_KAFKA = process.env.KAFKA_BROKERS;
    return;
  }
  try {
    const kafka = await import('../../deploy/kafka/kafka-server.mjs');
    const server = await kafka.startKafka({});
    globalThis.pactwatchServers.push(() => server.discard());
    process.env.PACTWATCH_TEST_KAFKA = server.brokers;
  } catch (error) {
    if (process.env.CI)
      throw new Error('Apache Kafka could not be started, and in CI its tests must run.', { cause: error });
    process.stderr.write(`Apache Kafka could not be started, its tests are skipped: ${error.message}\n`);
  }
}
