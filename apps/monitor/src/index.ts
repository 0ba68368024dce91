export { MonitorModule } from './monitor.module.js';
export { Monitor } from './monitor.js';
export { connectMonitor } from './connect-monitor.js';
