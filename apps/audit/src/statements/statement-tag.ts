import { createHash } from 'node:crypto';
import type { StatementItem } from './statement-item.js';

/** What tells one state of a statement from every other, whatever it is shown as. */
export function statementTag(item: StatementItem): string {
  return digest(item).slice(0, 27);
}

export function representationTag(of: unknown): string {
  return digest(of).slice(0, 16);
}

/** The entity tag of one representation: the statement's tag, a dot, the representation's. */
export function entityTag(statement: string, representation: string): string {
  return `"${statement}.${representation}"`;
}

/** Whether an `If-Match` names the statement as it stands, in whichever representation the caller has seen it. */
export function namesStatement(ifMatch: string, statement: string): boolean {
  return ifMatch.split(',').some((one) => one.trim().startsWith(`"${statement}.`));
}

function digest(of: unknown): string {
  return createHash('sha256').update(JSON.stringify(of)).digest('base64url');
}
