export { AuditModule } from './audit.module.js';
export { serveDocs } from './serve-docs.js';
