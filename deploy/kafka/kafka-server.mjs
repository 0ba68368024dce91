import { execFile, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const scratch = resolve(here, '../../.scratch/kafka');
const kafkaVersion = /<version>([^<]+)<\/version>/.exec(readFileSync(join(here, 'pom.xml'), 'utf8'))[1];

const START_MILLIS = 60_000;
const STOP_MILLIS = 20_000;

/** Thrown where Java or Maven is missing or too old: nothing here can mend that. */
export class MissingToolError extends Error {}

/**
 * Starts a single Kafka node (KRaft, plaintext, loopback) and waits until it takes requests.
 *
 * `dataDir` keeps its data beyond the process; without it they lie in a scratch folder that goes with the process.
 * `detached` leaves the broker running when this process ends.
 *
 * Throws MissingToolError, or Error with the last lines of the broker's log when it does not come up.
 */
export async function startKafka({ port, dataDir, detached = false } = {}) {
  const java = findJava();
  const libs = await fetchJars();
  mkdirSync(scratch, { recursive: true });
  const home = dataDir === undefined ? mkdtempSync(join(scratch, 'data-')) : resolve(dataDir);
  mkdirSync(home, { recursive: true });

  const ports = { broker: port ?? (await freePort()), controller: await freePort() };
  const config = join(home, 'server.properties');
  const log = join(home, 'server.log');
  writeFileSync(config, properties(home, ports));
  if (!existsSync(join(home, 'log', 'meta.properties'))) {
    const id = randomClusterId();
    await run(java, [...javaOptions(libs), 'kafka.tools.StorageTool', 'format', '-t', id, '-c', config]);
  }

  let child;
  let exited = Promise.resolve();
  const killAtExit = () => {
    if (child !== undefined && child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    if (dataDir === undefined) rmSync(home, { recursive: true, force: true });
  };
  if (!detached) process.once('exit', killAtExit);

  const launch = async () => {
    writeFileSync(log, '');
    const out = openSync(log, 'a');
    const started = spawn(java, [...javaOptions(libs), 'kafka.Kafka', config], {
      stdio: ['ignore', out, out],
      detached,
    });
    closeSync(out);
    child = started;
    exited = new Promise((done) => started.once('exit', done));
    if (detached) started.unref();
    await answer(started, log);
  };

  const end = async (signal) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = exited.then(() => true);
    child.ref();
    child.kill(signal);
    if (await Promise.race([ended, wait(STOP_MILLIS, false, { ref: false })])) return;
    child.kill('SIGKILL');
    await exited;
  };

  await launch();
  return {
    brokers: `127.0.0.1:${ports.broker}`,
    dataDir: home,
    get pid() {
      return child.pid;
    },
    /** Of the broker's log. */
    lastLines: () => lastLines(log),
    /** Orderly; returns when the process has ended. */
    stop: () => end('SIGTERM'),
    /** Like a power cut of the process: SIGKILL. */
    kill: () => end('SIGKILL'),
    /** Same port, same data; ends it first where it still runs. */
    restart: async () => {
      await end('SIGTERM');
      await launch();
    },
    /** Stops it and removes its data, also those in a folder that was handed in. */
    discard: async () => {
      await end('SIGKILL');
      process.removeListener('exit', killAtExit);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function findJava() {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
  const asked = spawnSync(java, ['-version'], { encoding: 'utf8' });
  if (asked.status !== 0) {
    throw new MissingToolError(
      `Kafka needs Java 17 or newer, and '${java}' does not run. Install a JRE (Debian: openjdk-17-jre-headless) or set JAVA_HOME.`,
    );
  }
  const version = Number(/version "(\d+)/.exec(asked.stderr)?.[1]);
  if (version < 17) throw new MissingToolError(`Kafka needs Java 17 or newer; '${java}' is version ${version}.`);
  return java;
}

/** The jars of the pom, fetched once per version; the rename makes a half-fetched folder impossible. */
async function fetchJars() {
  const libs = join(scratch, `libs-${kafkaVersion}`);
  if (existsSync(libs)) return libs;
  if (spawnSync('mvn', ['--version']).status !== 0) {
    throw new MissingToolError(
      `Maven fetches Kafka ${kafkaVersion} on the first start, and 'mvn' does not run. Install it (Debian: maven), or set KAFKA_BROKERS to a Kafka that runs already.`,
    );
  }
  mkdirSync(scratch, { recursive: true });
  const half = mkdtempSync(join(scratch, 'fetch-'));
  try {
    await run(
      'mvn',
      ['-q', '-B', '-f', join(here, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${half}`],
      { maxBuffer: 16 * 1024 * 1024 },
    );
    if (!existsSync(libs)) renameSync(half, libs);
  } catch (error) {
    if (!existsSync(libs))
      throw new Error(`Maven could not fetch Kafka ${kafkaVersion}:\n${error.stdout ?? error.message}`, {
        cause: error,
      });
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
  return libs;
}

function javaOptions(libs) {
  return [
    '-Xms128m',
    '-Xmx512m',
    '-XX:+UseSerialGC',
    '-Djava.awt.headless=true',
    `-Dlog4j2.configurationFile=${join(here, 'log4j2.properties')}`,
    '-cp',
    join(libs, '*'),
  ];
}

function properties(home, ports) {
  return `${Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${ports.broker},CONTROLLER://127.0.0.1:${ports.controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${ports.broker}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(home, 'log'),
    'log.retention.ms': -1,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // After a kill the new process waits until the controller has given up the old one.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
  })
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`;
}

function lastLines(log) {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
}

async function answer(child, log) {
  const deadline = Date.now() + START_MILLIS;
  while (!readFileSync(log, 'utf8').includes('Kafka Server started')) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(
        `Kafka ${ended ? 'ended while starting' : `did not start within ${START_MILLIS / 1000} s`}; its log ends with:\n${lastLines(log)}`,
      );
    }
    await wait(50);
  }
}

function freePort() {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

/** 16 random bytes as Kafka writes ids: base64url without padding, not beginning with a dash. */
function randomClusterId() {
  for (;;) {
    const id = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}
