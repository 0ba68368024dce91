export { connectNotifier } from './connect-notifier.js';
export { NotifierModule } from './notifier.module.js';
export { readNotifierFiles, type NotifierFiles } from './notifier-files.js';
