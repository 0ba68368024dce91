// What other apps and whole-product tests use. The program itself is not among it: its `start` composes all apps.
export { evaluateLines, recordsOf } from './evaluate-lines.js';
export { loadContracts, type LoadedContract } from './load-contracts.js';
export { publishContracts } from './publish-contracts.js';
export { RUNNING_FILE, type RunningFile } from './servers.js';
