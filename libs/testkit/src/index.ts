export { aDecision, aFact, anId, aSave, aState, aVerdict } from './a-save.js';
export { eventually } from './eventually.js';
export { freshDatabase, type FreshDatabase } from './fresh-database.js';
export { frozenClock, type FrozenClock } from './frozen-clock.js';
export { tcpProxy, type TcpProxy } from './tcp-proxy.js';
