export type { Line, RaisedRight, RightRecord, Statement, StatementRecord } from './statement.js';
export { makeStatements } from './make-statements.js';
export { findRights } from './find-rights.js';
export { toRightRecord, toStatementRecord } from './to-record.js';
