import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Instant } from '#libs/calendar';

const PURPOSES = ['acknowledge', 'silence'] as const;

const claimSchema = z.strictObject({
  purpose: z.enum(PURPOSES),
  incident: z.string(),
  /** An incident that was opened anew needs a new link. */
  run: z.number().int(),
  name: z.string(),
  party: z.enum(['client', 'provider']),
  role: z.string(),
  language: z.enum(['zh-CN', 'en']),
  /** Epoch milliseconds. */
  expires: z.number().int(),
});

/** What a link lets its holder do, once or often, until it expires: one thing, about one incident, in one name. */
export type LinkClaim = z.output<typeof claimSchema>;

const MOST_CHARS = 4_096;

/** A link's last part: the claim and HMAC-SHA256 over it, both base64url. It holds no secret, and cannot be changed. */
export function signLink(key: Buffer, claim: LinkClaim): string {
  const text = Buffer.from(JSON.stringify(claim)).toString('base64url');
  return `${text}.${signatureOf(key, text).toString('base64url')}`;
}

/** What the link lets its holder do; `expired` once it does no more, undefined where it was not signed here. */
export function readLink(key: Buffer, token: string, now: Instant): LinkClaim | 'expired' | undefined {
  const [text, signature, more] = token.length > MOST_CHARS ? [] : token.split('.');
  if (text === undefined || signature === undefined || more !== undefined) return undefined;
  const shown = Buffer.from(signature, 'base64url');
  const expected = signatureOf(key, text);
  if (shown.length !== expected.length || !timingSafeEqual(shown, expected)) return undefined;
  const claim = claimSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  if (!claim.success) return undefined;
  return claim.data.expires > now ? claim.data : 'expired';
}

/** The first field keeps it apart from all else that this key signs. */
function signatureOf(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key)
    .update(JSON.stringify(['link', text]))
    .digest();
}
