import { summariseProfile, type CpuProfile } from './summarise-profile.js';

const DIST = 'file:///somewhere/dist';

function profileOf(samples: readonly number[]): CpuProfile {
  const frame = (functionName: string, url = '', lineNumber = 9) => ({ functionName, url, lineNumber });
  return {
    nodes: [
      { id: 1, callFrame: frame('(root)'), children: [2, 3, 4, 7] },
      { id: 2, callFrame: frame('(idle)') },
      { id: 3, callFrame: frame('(garbage collector)') },
      { id: 4, callFrame: frame('judge', `${DIST}/libs/evaluation/src/partition-judge.js`), children: [5] },
      { id: 5, callFrame: frame('stringify'), children: [] },
      { id: 7, callFrame: frame('', 'node:internal/main') },
    ],
    samples,
    timeDeltas: samples.map((_, index) => (index + 1) * 100),
  };
}

it('counts self time between the first and the last sample of judging, by area and by function', () => {
  const summary = summariseProfile(profileOf([7, 7, 4, 3, 2, 5, 7, 7]), /libs\/evaluation/);
  expect(summary.areas).toEqual([
    { area: 'built-in functions', micros: 700 },
    { area: 'garbage collection', micros: 500 },
    { area: 'evaluation', micros: 400 },
  ]);
  expect(summary.idleMicros).toBe(600);
  expect(summary.functions.map(({ name }) => name)).toEqual([
    'stringify',
    '(garbage collector)',
    'judge libs/evaluation/src/partition-judge.js:10',
  ]);
});

it('has nothing to say where nothing was judged', () => {
  expect(summariseProfile(profileOf([7, 2, 7]), /libs\/evaluation/)).toEqual({
    areas: [],
    functions: [],
    idleMicros: 0,
  });
});
