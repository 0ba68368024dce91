export { MonitorModule } from './monitor.module.js';
export { Monitor } from './monitor.js';
export type { MonitorOptions } from './monitor-options.js';
export type { ProcessTime } from './process-time.js';
export { Ticker } from './ticker.js';
export { connectMonitor } from './connect-monitor.js';
