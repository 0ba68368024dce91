export { MonitorModule } from './monitor.module.js';
export { Monitor } from './monitor.js';
export { monitorTransport } from './monitor-transport.js';
export type { MonitorOptions } from './monitor-options.js';
