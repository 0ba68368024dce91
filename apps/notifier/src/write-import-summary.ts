import type { Contract } from '#libs/contract';
import { formatLocal, titleOfDuty } from '#libs/evaluation';
import type { Alert, ImportSummary } from './alert.js';
import type { Addressee, Notice } from './notice.js';
import type { Pen } from './pen.js';
import { fillCommon } from './templates/fill-common.js';

/** A whole back-fill as one notice: how many breaches of which duty, and what is still open. */
export function writeImportSummary(
  alert: Alert,
  summary: ImportSummary,
  contract: Contract,
  addressee: Addressee,
  pen: Pen,
): Notice {
  const { language } = addressee;
  const { from, to } = summary;
  const spans = from !== null && to !== null;
  return pen.templates.write('import-summary', language, {
    ...fillCommon(alert.incident, contract, addressee, pen),
    from: spans ? formatLocal(from, contract.zone, language) : null,
    to: spans ? formatLocal(to, contract.zone, language) : null,
    decisions: summary.decisions,
    breaches: summary.breaches.reduce((sum, one) => sum + one.count, 0),
    open: summary.open,
    duties: summary.breaches.map(({ obligation, party, count }) => ({
      duty: titleOfDuty({ obligation }, contract, language),
      client: party === 'client',
      breaches: count,
    })),
  });
}
