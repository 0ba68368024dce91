// One configuration, kinds of tests by suffix: .spec.ts needs nothing, .int-spec.ts a real server, .e2e-spec.ts the whole,
// .soak-spec.ts the whole for an hour (npm run soak).
const path = require('node:path');

/** Packages that ship ES modules only; Jest's CommonJS loader needs them transformed. */
const esmOnly = ['@marcbachmann/cel-js', 'temporal-polyfill', 'temporal-utils', 'temporal-spec', 'fzstd'];

const kind = process.env.PACTWATCH_TESTS ?? 'unit';
/** By hand properties can be tried so many times as often as they say (property-runs.ts). */
const times = Number(process.env.PACTWATCH_RUNS ?? 1);
if (!(Number.isInteger(times) && times >= 1 && times <= 1_000))
  throw new Error(`PACTWATCH_RUNS: '${process.env.PACTWATCH_RUNS}' is not a whole number from 1 to 1000`);
const pattern = {
  unit: '\\.spec\\.ts$',
  int: '\\.int-spec\\.ts$',
  e2e: '\\.e2e-spec\\.ts$',
  soak: '\\.soak-spec\\.ts$',
}[kind];

/** @type {import('jest').Config} */
module.exports = {
  rootDir: path.resolve(__dirname, '..'),
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test'],
  testEnvironment: 'node',
  testRegex: pattern,
  transform: {
    '^.+\\.(ts|js|mjs)$': ['@swc/jest', { ...require('./build/swcrc.json'), $schema: undefined, sourceMaps: 'inline' }],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  moduleNameMapper: {
    '^#libs/(.*)$': '<rootDir>/libs/$1/src/index.ts',
    '^#apps/(.*)$': '<rootDir>/apps/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  setupFiles: ['<rootDir>/test/property-runs.ts'],
  testTimeout: kind === 'unit' ? 20_000 * times : 300_000,
  ...(kind === 'unit'
    ? {}
    : {
        globalSetup: '<rootDir>/test/servers/global-setup.cjs',
        globalTeardown: '<rootDir>/test/servers/global-teardown.cjs',
        maxWorkers: 1,
        // By hand a run does not end where it has left something open, and one sees it; nobody would see that in CI, only wait.
        forceExit: process.env.CI === 'true',
      }),
};
