export { runProgram } from './program.js';
export type { ExitCode, Terminal } from './terminal.js';
export { Failure } from './failure.js';
export { loadContract, loadContracts, type ContractFile, type LoadedContract } from './load-contracts.js';
export { publishContracts, type Publication, type PublishOptions } from './publish-contracts.js';
export {
  beginImport,
  sendEvents,
  type Import,
  type ImportRequest,
  type Sent,
  type SendRequest,
} from './send-events.js';
export { RUNNING_FILE, withServers, type RunningFile, type Servers } from './servers.js';
