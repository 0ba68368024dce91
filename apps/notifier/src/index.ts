export { connectNotifier } from './connect-notifier.js';
export { NotifierModule } from './notifier.module.js';
export { readRouteBook, type RouteBook } from './route-book.js';
