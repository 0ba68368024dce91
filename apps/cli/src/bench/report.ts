/** What a benchmark says: the object of `--format json`, and the text for people. */
export interface Report {
  readonly json: object;
  readonly text: string;
}

/** What the figures were taken on. */
export interface Machine {
  readonly processors: number;
  /** Of the last minute before the run. */
  readonly loadBefore: number;
}

export function describeMachine({ processors, loadBefore }: Machine): string {
  return `Machine: ${processors} processors, load ${loadBefore.toFixed(2)} before the run.`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function round(value: number, places: number): number {
  return Number(value.toFixed(places));
}

/** The figures of a result, each to so many places, however deep it lies. */
export function roundAll(value: unknown, places: number): unknown {
  if (typeof value === 'number') return round(value, places);
  if (Array.isArray(value)) return value.map((one) => roundAll(one, places));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, roundAll(one, places)]));
}
