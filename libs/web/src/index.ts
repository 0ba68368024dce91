export { ApiKeyGuard } from './api-key-guard.js';
export { CurrentCaller, type WebCaller } from './caller.js';
export { configureWeb, createWebApp } from './create-web-app.js';
export { ProblemException, type ProblemField, type ProblemKind } from './problem.js';
export { readBody } from './read-body.js';
export { WebModule } from './web-module.js';
export { runProcess } from './run-process.js';
export { refuseAct } from './refuse-act.js';
