// How often properties are tried, and from which seeds. In CI the seed is fixed, so that the same tree gets the same verdict.
// By hand every run looks at values that nobody has seen, with PACTWATCH_RUNS=20 at twenty times as many. A property that
// names its own seed keeps it.
import { SEED_IN_CI } from './seed-in-ci.js';

type FastCheck = typeof import('fast-check');

const ORDINARY_RUNS = 100;
const times = Number(process.env.PACTWATCH_RUNS ?? 1);

// The library is loaded only where a spec asks for it.
jest.doMock('fast-check', () => {
  const real: FastCheck = jest.requireActual('fast-check');
  if (SEED_IN_CI !== undefined) real.configureGlobal({ seed: SEED_IN_CI });
  if (times === 1) return real;
  const assert = ((property: never, parameters: { numRuns?: number } = {}) =>
    real.assert(property, {
      ...parameters,
      numRuns: (parameters.numRuns ?? ORDINARY_RUNS) * times,
    })) as FastCheck['assert'];
  return { ...real, assert, default: { ...real.default, assert } };
});
