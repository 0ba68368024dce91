export { createMetrics, type Metrics } from './create-metrics.js';
export { createLogger, nestLogger, type Logger } from './create-logger.js';
