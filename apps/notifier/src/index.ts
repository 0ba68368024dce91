export { connectNotifier } from './connect-notifier.js';
export { NotifierModule, type NotifierOptions } from './notifier.module.js';
export { readRouteBook, type ReadRouteBook, type RouteBook } from './route-book.js';
