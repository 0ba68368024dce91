import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

export interface OwnBroker {
  /** For KAFKA_BROKERS. */
  readonly brokers: string;
  /** Takes its data along. */
  close(): Promise<void>;
}

/** Where no broker can be started, what needs one is skipped by its name; the global set-up lets that pass outside CI only. */
export const describeWithKafka = process.env.PACTWATCH_TEST_KAFKA === undefined ? describe.skip : describe;

/**
 * Starts Apache Kafka for one spec file alone: the product's topics have fixed names, and what others have appended would be
 * judged, too. The broker's module does not load inside Jest, so it runs in a process that ends with this one.
 */
export async function startOwnBroker(): Promise<OwnBroker> {
  const module = pathToFileURL(join(__dirname, '../../deploy/kafka/kafka-server.mjs')).href;
  const script = `
    import { once } from 'node:events';
    const { startKafka } = await import(${JSON.stringify(module)});
    const server = await startKafka();
    console.log(server.brokers);
    await once(process.stdin.resume(), 'end');
    await server.discard();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface(child.stdout);
  const { value: brokers, done } = await lines[Symbol.asyncIterator]().next();
  if (done === true) throw new Error('the broker did not start; its messages stand above');
  return {
    brokers,
    close: async () => {
      child.stdin.end();
      await ended;
      // Whoever stops reading does not see the end either, and the pipe would keep this process alive.
      lines.close();
      child.stdout.destroy();
    },
  };
}
