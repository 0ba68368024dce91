import type { Contract } from '#libs/contract';
import { describeZone } from '#libs/evaluation';
import { breachesLink } from '../links.js';
import type { Addressee } from '../notice.js';
import type { Pen } from '../pen.js';
import type { CommonFields } from './notice-fields.js';

/** The fields that every template may name. */
export function fillCommon(incident: string, contract: Contract, addressee: Addressee, pen: Pen): CommonFields {
  return {
    name: addressee.name,
    contract: contract.id,
    contractTitle: contract.title[addressee.language],
    contractVersion: `${contract.version}`,
    zone: describeZone(contract.zone, addressee.language),
    incident,
    breachesUrl: breachesLink(pen.publicUrl, contract.id),
    acknowledgeUrl: pen.acknowledgeUrl ?? null,
    silenceUrl: pen.silenceUrl ?? null,
  };
}
