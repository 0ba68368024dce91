export { AuditModule, type AuditOptions } from './audit.module.js';
export { describeApi, serveDocs } from './serve-docs.js';
