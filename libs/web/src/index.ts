export { ACCESS, ApiKeyGuard } from './api-key-guard.js';
export { CurrentCaller, type WebCaller } from './caller.js';
export { configureWeb, createWebApp } from './create-web-app.js';
export { METRICS } from './metrics-controller.js';
export { ProblemException, type ProblemBody, type ProblemField, type ProblemKind } from './problem.js';
export { ProblemFilter } from './problem-filter.js';
export { readBody } from './read-body.js';
export { type ReadinessCheck } from './readiness-check.js';
export { WebModule, type WebOptions } from './web-module.js';
