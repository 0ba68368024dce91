export { createMetrics, type Metrics } from './create-metrics.js';
export { createLogger, nestLogger, type Logger, type LogMethod } from './create-logger.js';
