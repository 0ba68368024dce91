export { runProgram } from './program.js';
export type { ExitCode, Terminal } from './terminal.js';
export { loadContracts } from './load-contracts.js';
export { publishContracts } from './publish-contracts.js';
export { sendEvents } from './send-events.js';
