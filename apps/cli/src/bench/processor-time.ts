import { readdirSync, readFileSync } from 'node:fs';

/** Seconds of processor time used so far, by part. */
export type ProcessorSeconds = Readonly<Record<string, number>>;

/** Linux counts in hundredths of a second for every program that reads it. */
const TICKS_PER_SECOND = 100;

/**
 * What processes have used so far, each with its direct children (a database server works in those). Undefined where the system does
 * not tell (it is read from `/proc`).
 */
export function processorSeconds(parts: Readonly<Record<string, number | undefined>>): ProcessorSeconds | undefined {
  try {
    const all = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => readStat(pid) ?? []);
    const sum = (root: number) =>
      all.filter(({ pid, parent }) => pid === root || parent === root).reduce((total, { ticks }) => total + ticks, 0);
    return Object.fromEntries(
      Object.entries(parts).flatMap(([name, pid]) => (pid === undefined ? [] : [[name, sum(pid) / TICKS_PER_SECOND]])),
    );
  } catch {
    return undefined;
  }
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

/** A process may end while the list is read. */
function readStat(pid: string): Stat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** One line of proc(5) `stat`: the name stands in brackets and may hold anything. */
export function parseStat(line: string): Stat {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return { pid: parseInt(line, 10), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}
