export { ConfigurationError, startStandalone, type Standalone } from './start-standalone.js';
