import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

export interface OwnBroker {
  /** For KAFKA_BROKERS. */
  readonly brokers: string;
  /** At once (SIGKILL), whatever it is doing; its data stay. */
  kill(): Promise<void>;
  /** On the same port, with the same data; resolves when it takes requests. */
  restart(): Promise<void>;
  /** Takes its data along. */
  close(): Promise<void>;
}

/** Where no broker can be started, what needs one is skipped by its name; the global set-up lets that pass outside CI only. */
export const describeWithKafka = process.env.PACTWATCH_TEST_KAFKA === undefined ? describe.skip : describe;

/**
 * Starts Apache Kafka for one spec file alone: the product's topics have fixed names, and what others have appended would be
 * judged, too. The broker's module does not load inside Jest, so it runs in a process that does what it is told, a word at a
 * time, and ends with this one.
 */
export async function startOwnBroker(): Promise<OwnBroker> {
  const module = pathToFileURL(join(__dirname, '../../deploy/kafka/kafka-server.mjs')).href;
  const script = `
    import { createInterface } from 'node:readline';
    const { startKafka } = await import(${JSON.stringify(module)});
    const server = await startKafka();
    console.log(server.brokers);
    for await (const word of createInterface(process.stdin)) {
      await server[word]();
      console.log(word);
    }
    await server.discard();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // One that has ended by itself does not take words any more; that its answer fails says so.
  child.stdin.on('error', () => undefined);
  const lines = createInterface(child.stdout);
  const answers = lines[Symbol.asyncIterator]();
  const { value: brokers, done } = await answers.next();
  if (done === true) throw new Error('the broker did not start; its messages stand above');

  async function tell(word: 'kill' | 'restart'): Promise<void> {
    child.stdin.write(`${word}\n`);
    const answer = await answers.next();
    if (answer.value !== word) throw new Error(`the broker was told to ${word}, and ended; its messages stand above`);
  }

  return {
    brokers,
    kill: () => tell('kill'),
    restart: () => tell('restart'),
    close: async () => {
      child.stdin.end();
      await ended;
      // Whoever stops reading does not see the end either, and the pipe would keep this process alive.
      lines.close();
      child.stdout.destroy();
    },
  };
}
