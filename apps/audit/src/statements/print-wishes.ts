import type { Request } from 'express';
import type { Language, PartyId } from '#libs/contract';
import type { Query } from '../query/query.js';

/** What a print depends on beside the statement. */
export interface PrintWishes {
  /** Null: the contract's. */
  readonly language: Language | null;
  /** By who is liable: what the other party says it has lost. */
  readonly losses: Readonly<Partial<Record<PartyId, string>>>;
}

const LOSSES = [
  ['lossOfClient', 'provider'],
  ['lossOfProvider', 'client'],
] as const;

/** Reads the parameters of a print; what is wrong with them goes into the query. */
export function readPrintWishes(query: Query, request: Request): PrintWishes {
  const losses: Partial<Record<PartyId, string>> = {};
  for (const [name, liable] of LOSSES) {
    const loss = query.text(name);
    if (loss === undefined) continue;
    if (/^(?!0+(\.0+)?$)\d{1,15}(\.\d{1,2})?$/.test(loss)) losses[liable] = loss;
    else query.refuse(name, `'${loss}' is not an amount (allowed: a decimal above 0 such as 12000.00)`);
  }
  return { language: (query.choice('lang') as Language | undefined) ?? preferred(request), losses };
}

function preferred(request: Request): Language | null {
  // Some clients send `*` where nobody has a wish.
  if ([undefined, '*'].includes(request.get('accept-language'))) return null;
  switch (request.acceptsLanguages('zh-CN', 'zh', 'en')) {
    case 'zh-CN':
    case 'zh':
      return 'zh-CN';
    case 'en':
      return 'en';
    default:
      return null;
  }
}
