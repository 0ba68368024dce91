/** What of a V8 CPU profile is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  /** By sample: the node that ran. */
  readonly samples: readonly number[];
  /** By sample: microseconds since the one before. */
  readonly timeDeltas: readonly number[];
}

export interface ProfileSummary {
  /** Self time in microseconds, the largest first; what the process waited is not among it. */
  readonly areas: readonly { readonly area: string; readonly micros: number }[];
  /** Function, file and line, likewise. */
  readonly functions: readonly { readonly name: string; readonly area: string; readonly micros: number }[];
  readonly idleMicros: number;
}

/** The first that fits a place in the code names its area. */
const AREAS: readonly (readonly [area: string, pattern: RegExp])[] = [
  ['evaluation', /\/libs\/(evaluation|calendar|contract)\/|cel-js/],
  ['reading events', /\/libs\/(events|document)\//],
  ['making rows', /\/libs\/store\/src\/(encode-save|binary-rows)|\/apps\/monitor\/src\/(to-save|decision-message)/],
  ['store', /\/libs\/store\//],
  ['bus', /\/libs\/bus\/|\/node_modules\/kafkajs/],
  ['pg', /\/node_modules\/pg/],
  ['metrics', /\/libs\/telemetry\/|\/node_modules\/prom-client/],
  ['monitor', /\/apps\/monitor\//],
  ['node', /^node:/],
];

/** Names that V8 gives to what is no function of the program. */
const IDLE = '(idle)';
const OWN_AREAS: Readonly<Record<string, string>> = {
  '(garbage collector)': 'garbage collection',
  '(program)': 'native code',
};

/**
 * Self time by area and by function, from the first sample in which `judging` was at work to the last: starting and ending
 * are left out.
 *
 * @param judging of the file of a function
 */
export function summariseProfile(profile: CpuProfile, judging: RegExp): ProfileSummary {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const within = below(profile, judging);
  const first = profile.samples.findIndex((id) => within.has(id));
  const last = profile.samples.findLastIndex((id) => within.has(id));
  const areas = new Map<string, number>();
  const functions = new Map<string, { name: string; area: string; micros: number }>();
  let idleMicros = 0;
  for (let index = Math.max(0, first); index <= last; index++) {
    const { callFrame } = nodes.get(profile.samples[index]!)!;
    // A sample stands for the time until the next one.
    const micros = profile.timeDeltas[index + 1] ?? 0;
    if (callFrame.functionName === IDLE) {
      idleMicros += micros;
      continue;
    }
    const area = areaOf(callFrame);
    areas.set(area, (areas.get(area) ?? 0) + micros);
    const name = nameOf(callFrame);
    const known = functions.get(name);
    if (known === undefined) functions.set(name, { name, area, micros });
    else known.micros += micros;
  }
  return {
    areas: [...areas].map(([area, micros]) => ({ area, micros })).sort((a, b) => b.micros - a.micros),
    functions: [...functions.values()].sort((a, b) => b.micros - a.micros),
    idleMicros,
  };
}

/** The nodes of functions in such files, and of all that they call. */
function below({ nodes }: CpuProfile, judging: RegExp): Set<number> {
  const within = new Set<number>();
  const children = new Map(nodes.map((node) => [node.id, node.children ?? []]));
  const open = nodes.filter(({ callFrame }) => judging.test(callFrame.url)).map(({ id }) => id);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (within.has(id)) continue;
    within.add(id);
    open.push(...children.get(id)!);
  }
  return within;
}

type Frame = CpuProfile['nodes'][number]['callFrame'];

function areaOf({ functionName, url }: Frame): string {
  if (url === '') return OWN_AREAS[functionName] ?? 'built-in functions';
  return AREAS.find(([, pattern]) => pattern.test(url))?.[0] ?? 'other';
}

function nameOf({ functionName, url, lineNumber }: Frame): string {
  const file = url.replace(/^.*\/(?=(node_modules|dist)\/)/, '').replace(/^dist\//, '');
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name} ${file}:${lineNumber + 1}`;
}
