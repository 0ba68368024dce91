import type { Instant } from '#libs/calendar';
import type { IncidentRow } from '#libs/store';
import type { Addressee } from './notice.js';
import type { Pen } from './pen.js';
import { signLink } from './signed-links.js';

const LIFE_MILLIS = 14 * 24 * 60 * 60 * 1000;

/**
 * Links by which a reader acknowledges or silences an incident without a key. Only the side that owes gets them: the other one
 * must not end its escalation.
 */
export function actLinks(
  { publicUrl, stampKey, now }: { readonly publicUrl: string; readonly stampKey: Buffer; readonly now: () => Instant },
  incident: IncidentRow,
  { party, role, name, language }: Addressee,
): Pick<Pen, 'acknowledgeUrl' | 'silenceUrl'> {
  if (incident.party !== null && incident.party !== party) return {};
  const claim = { incident: incident.incident, run: incident.run, name, party, role, language };
  const expires = now() + LIFE_MILLIS;
  const url = (purpose: 'acknowledge' | 'silence'): string =>
    `${publicUrl}/v1/acts/${signLink(stampKey, { purpose, ...claim, expires })}`;
  return { acknowledgeUrl: url('acknowledge'), silenceUrl: url('silence') };
}
