export { aDecision, aFact, anId, aSave, aState, aVerdict } from './a-save.js';
export { eventually } from './eventually.js';
export { freshDatabase, type FreshDatabase } from './fresh-database.js';
export { tcpProxy } from './tcp-proxy.js';
