import { homePartition, TOPICS, type Log, type LogRecord, type NewRecord } from '#libs/bus';
import type { CallKind, Calls } from './calls.js';

type Appended = Awaited<ReturnType<Log['append']>>;

/** The log that all processes share: records of each partition in one order, with the append times of its own clock. */
export class SharedLog {
  private readonly partitions = new Map<string, LogRecord[]>();

  constructor(
    readonly partitionCount: number,
    private readonly now: () => number,
  ) {}

  records(topic: string, partition: number): readonly LogRecord[] {
    return this.partitions.get(`${topic}/${partition}`) ?? [];
  }

  append(records: readonly NewRecord[]): Appended {
    return records.map(({ topic, key, value, headers, partition = homePartition(key ?? '', this.partitionCount) }) => {
      const place = `${topic}/${partition}`;
      const list = this.partitions.get(place) ?? [];
      this.partitions.set(place, list);
      const record: LogRecord = {
        topic,
        partition,
        offset: list.length,
        key: key === null ? null : Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        headers: Object.fromEntries(
          Object.entries(headers ?? {}).map(([name, text]): [string, Buffer] => [name, Buffer.from(text)]),
        ),
        appendedAt: this.now(),
      };
      list.push(record);
      return { topic, partition, offset: record.offset, appendedAt: record.appendedAt };
    });
  }
}

/** What of the log a monitor uses by itself; what it reads comes through its consumer. */
type Used = Pick<Log, 'append' | 'readOne' | 'bounds'>;

/** The log as one process has it. */
export class ProcessLog implements Used {
  constructor(
    private readonly owner: string,
    private readonly log: SharedLog,
    private readonly calls: Calls,
    private readonly onSent: (records: readonly NewRecord[]) => void,
  ) {}

  append(records: readonly NewRecord[]): Promise<Appended> {
    const first = records[0];
    // A tick goes to the partition that is silent, whatever its key would say.
    const isTick = first?.topic === TOPICS.events && first.key === null;
    return this.ask(isTick ? 'tick' : 'send', `${isTick ? 'ticks' : 'sends'} ${records.length}`, () => {
      if (!isTick) this.onSent(records);
      return this.log.append(records);
    });
  }

  readOne(topic: string, partition: number, offset: number): Promise<LogRecord | undefined> {
    return this.ask('read', `reads record ${offset} of ${partition}`, () => this.log.records(topic, partition)[offset]);
  }

  bounds(topic: string): Promise<{ partition: number; low: number; high: number }[]> {
    return this.ask('read', 'reads the bounds of the log', () =>
      Array.from({ length: this.log.partitionCount }, (_, partition) => ({
        partition,
        low: 0,
        high: this.log.records(topic, partition).length,
      })),
    );
  }

  private ask<T>(what: CallKind, says: string, apply: () => T): Promise<T> {
    const lost = (): Error => Object.assign(new Error('the log is away'), { retriable: true });
    return this.calls.ask({ owner: this.owner, what, says, apply, lost });
  }
}
