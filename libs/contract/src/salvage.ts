/** A value of which every part may be missing: what is left of a file after its malformed parts were taken out. */
export type Loose<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer U)[]
    ? readonly (Loose<U> | undefined)[]
    : { readonly [K in keyof T]?: Loose<T[K]> | undefined };

type Path = readonly (string | number)[];

/**
 * Takes the malformed parts out of a value, so that the rest can still be checked and one run reports every problem.
 * List items become undefined and keep the places of those behind them.
 */
export function salvage<T>(value: unknown, malformed: readonly Path[]): Loose<T> {
  const kept = structuredClone(value);
  for (const path of malformed) remove(kept, path);
  return kept as Loose<T>;
}

function remove(root: unknown, path: Path): void {
  let parent: unknown = root;
  for (const step of path.slice(0, -1)) parent = at(parent, step);
  const last = path.at(-1);
  if (last === undefined || parent === null || typeof parent !== 'object') return;
  if (Array.isArray(parent)) parent[Number(last)] = undefined;
  else delete (parent as Record<string, unknown>)[last];
}

export function at(value: unknown, step: string | number): unknown {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, step)
    ? (value as Record<string | number, unknown>)[step]
    : undefined;
}
