import type { Contract } from '#libs/contract';
import { describeDuration, formatLocal } from '#libs/evaluation';
import type { Alert, SilentFeed } from './alert.js';
import type { Addressee, Notice } from './notice.js';
import type { Pen } from './pen.js';
import { fillCommon } from './templates/fill-common.js';

/** A feed that fell silent, or is heard again: nobody is in breach by it, but decisions may be late. */
export function writeFeedNotice(
  alert: Alert,
  feed: SilentFeed,
  contract: Contract,
  addressee: Addressee,
  pen: Pen,
): Notice {
  const { language } = addressee;
  return pen.templates.write('feed.silent', language, {
    ...fillCommon(alert.incident, contract, addressee, pen),
    silent: feed.state === 'silent',
    door: feed.kind === 'door',
    feed: feed.name,
    lastSign: formatLocal(feed.lastSign, contract.zone, language),
    noticed: formatLocal(feed.noticedAt, contract.zone, language),
    allowed: describeDuration(feed.limit, language),
  });
}
