import type { Contract } from '#libs/contract';
import type { Alert } from './alert.js';
import type { Addressee, Notice } from './notice.js';
import type { Pen } from './pen.js';
import { fillCommon } from './templates/fill-common.js';
import { writeFeedNotice } from './write-feed-notice.js';
import { writeImportSummary } from './write-import-summary.js';
import { isCaseKind, writeNotice } from './write-notice.js';
import { writeStandardNotice } from './write-standard-notice.js';
import { writeStatementNotice } from './write-statement-notice.js';

/** The words of any alert for one addressee. */
export function writeAlertNotice(alert: Alert, contract: Contract, addressee: Addressee, pen: Pen): Notice {
  const { kind, summary, feed, standard, statement, failure, test } = alert;
  const { language } = addressee;
  const common = fillCommon(alert.incident, contract, addressee, pen);
  switch (kind) {
    case 'escalation':
    case 'acknowledged':
    case 'silenced':
      return writeNotice(kind, alert, contract, addressee, pen);
    case 'delivery.failed': {
      const { channel, recipient, subject, attempts, response } = failure ?? NO_FAILURE;
      const fields = { ...common, channel, receiver: recipient, message: subject, attempts, response };
      return pen.templates.write(kind, language, fields);
    }
    case 'test':
      return pen.templates.write(kind, language, { ...common, route: test?.route ?? addressee.route, channel: null });
    default:
      if (summary !== null) return writeImportSummary(alert, summary, contract, addressee, pen);
      if (feed !== null) return writeFeedNotice(alert, feed, contract, addressee, pen);
      if (standard !== null) return writeStandardNotice(alert, standard, contract, addressee, pen);
      if (statement !== null) return writeStatementNotice(alert, statement, contract, addressee, pen);
      return writeNotice(isCaseKind(kind) ? kind : 'faulted', alert, contract, addressee, pen);
  }
}

const NO_FAILURE = { channel: '', recipient: '', subject: '', attempts: 0, response: '' };
