export { AuditModule, type AuditOptions } from './audit.module.js';
export { serveDocs } from './serve-docs.js';
