import { DeadlineQueue } from '#libs/evaluation';
import { ObjectHeap } from './object-heap.js';

/** What the process is told when it has started. It needs `gc` (`--expose-gc`). */
export interface TimersJob {
  readonly kind: 'product' | 'floor';
  readonly deadlines: number;
}

/** Microseconds of processor time each, but for the bytes. */
export interface TimersAnswer {
  /** Heap and array buffers after a collection, less what they were before. */
  readonly bytesPerDeadline: number;
  readonly setMicros: number;
  readonly moveMicros: number;
  /** Taking the earliest, over and over until none is left. */
  readonly takeMicros: number;
  /** The same with all due at one instant. */
  readonly takeEqualMicros: number;
}

const YEAR_MILLIS = 31_536_000_000;

type Queue = Pick<DeadlineQueue, 'set' | 'peek' | 'size'>;

async function measure({ kind, deadlines }: TimersJob): Promise<TimersAnswer> {
  const make = (): Queue => (kind === 'product' ? new DeadlineQueue() : new ObjectHeap());
  work(make(), 10_000, (number) => number);
  const before = await bytes();
  const queue = make();
  const setMicros = micros(() => fill(queue, deadlines, instantOf), deadlines);
  const bytesPerDeadline = ((await bytes()) - before) / deadlines;
  const moveMicros = micros(() => fill(queue, deadlines, (number) => instantOf(number + 1)), deadlines);
  const takeMicros = micros(() => drain(queue), deadlines);
  fill(queue, deadlines, () => 0);
  return {
    bytesPerDeadline,
    setMicros,
    moveMicros,
    takeMicros,
    takeEqualMicros: micros(() => drain(queue), deadlines),
  };
}

function work(queue: Queue, deadlines: number, at: (number: number) => number): void {
  fill(queue, deadlines, at);
  drain(queue);
}

/** Keys as they come from a load: made anew each time, and short-lived where nobody keeps them. */
function fill(queue: Queue, deadlines: number, at: (number: number) => number): void {
  for (let number = 0; number < deadlines; number++) queue.set(`complaint/C-2026-${1_000_000 + number}`, at(number));
}

function drain(queue: Queue): void {
  for (let next = queue.peek(); next !== undefined; next = queue.peek()) queue.set(next.key, null);
  if (queue.size > 0) throw new Error(`${queue.size} deadlines are left that cannot be taken`);
}

/** Spread over a year without a pattern, the same every time. */
function instantOf(number: number): number {
  return ((number * 2_654_435_761) % 4_294_967_296) * (YEAR_MILLIS / 4_294_967_296);
}

function micros(work: () => void, times: number): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}

async function bytes(): Promise<number> {
  for (let times = 0; times < 3; times++) {
    gc!();
    // Array buffers go only between tasks.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

process.once('message', (job: TimersJob) => {
  void measure(job).then((answer) => process.send!(answer, () => process.disconnect()));
});
