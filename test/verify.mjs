// Everything that must hold before a change lands, each step by itself: `npm run verify`, or some of it: `npm run verify lint unit`.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const jest = ['node', 'node_modules/jest/bin/jest.js', '--config', 'test/jest.config.cjs'];

/** The newest long-term release, since October 2026. Raised by hand: the same tree gets the same verdict on any day. */
const NEWEST_LONG_TERM_NODE = 26;
const otherNode = ['npm', 'exec', '--yes', `--package=node@${NEWEST_LONG_TERM_NODE}`, '--'];

const steps = {
  format: [['npm', 'run', '--silent', 'format:check']],
  lint: [['npm', 'run', '--silent', 'lint']],
  walls: [['npm', 'run', '--silent', 'walls']],
  types: [['npm', 'run', '--silent', 'types']],
  build: [['npm', 'run', '--silent', 'build']],
  unit: [jest],
  simulate: [['npm', 'run', '--silent', 'simulate', '--', '--seeds', '1000']],
  // Among them the comparison of the database's schema with the dump that the repository holds.
  int: [jest, { PACTWATCH_TESTS: 'int' }],
  e2e: [jest, { PACTWATCH_TESTS: 'e2e' }],
  'demo --once': [['node', 'dist/apps/cli/src/main.js', 'demo', '--once']],
  'newest long-term Node': [[...otherNode, ...jest]],
  'newest long-term Node: demo --once': [[...otherNode, 'node', 'dist/apps/cli/src/main.js', 'demo', '--once']],
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in steps));
if (unknown.length > 0) {
  console.error(`no such step: ${unknown.join(', ')} (allowed: ${Object.keys(steps).join(', ')})`);
  process.exit(2);
}

const scratch = resolve(root, '.scratch');
mkdirSync(scratch, { recursive: true });
const outcomes = Object.entries(steps)
  .filter(([name]) => asked.length === 0 || asked.includes(name))
  .map(([name, [[command, ...args], env]]) => {
    console.log(`\n== ${name}`);
    const began = Date.now();
    const { status, signal, error } = spawnSync(command, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, PACTWATCH_DATA: resolve(scratch, 'verify-data'), ...env },
    });
    if (error) console.error(error.message);
    const seconds = Math.round((Date.now() - began) / 1000);
    console.log(
      `== ${name}: ${status === 0 ? 'passed' : `failed (${signal ?? status ?? 'not started'})`}, ${seconds} s`,
    );
    return { name, passed: status === 0, seconds };
  });

console.log('');
for (const { name, passed, seconds } of outcomes) {
  console.log(`${passed ? 'passed' : 'FAILED'}  ${String(seconds).padStart(4)} s  ${name}`);
}
const failed = outcomes.filter(({ passed }) => !passed).length;
console.log(`\n${outcomes.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
