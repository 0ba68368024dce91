export type { RaisedRight, RightRecord, Statement, StatementRecord } from './statement.js';
export type { RecordedLine, RecordedStatement, StatementLifeRecord } from './recorded-statement.js';
export { makeStatements } from './make-statements.js';
export { findRights } from './find-rights.js';
export { toLiveRecord, toRightRecord, toStatementRecord } from './to-record.js';
export { lastRevision } from './last-revision.js';
export { liveStatements } from './statement-life.js';
export { toLifeRecord } from './to-life-record.js';
export { BREACH_KIND, StatementCloser } from './statement-closer.js';
