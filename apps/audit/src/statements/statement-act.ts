import { z } from 'zod';

/** What a person may do about a statement. */
export type ActKind = 'dispute' | 'decision' | 'signature';

const party = z.enum(['client', 'provider', 'arbiter']).optional();
const amount = z
  .string()
  .regex(/^(?!0+(\.0+)?$)\d{1,15}(\.\d{1,2})?$/, 'a decimal above 0 with at most two places, in quotes');

/** The bodies of the requests. `party` is needed, and allowed, only where no key says it. */
export const ACT_BODIES = {
  dispute: z.strictObject({
    /** Id of the line, or its place in the statement, from 1. */
    line: z.union([z.string().min(1).max(1_024), z.int().min(1)]),
    reason: z.string().min(1).max(4_000).optional(),
    party,
  }),
  decision: z
    .strictObject({ outcome: z.enum(['upheld', 'waived', 'adjusted']), amount: amount.optional(), party })
    .refine((body) => (body.outcome === 'adjusted') === (body.amount !== undefined), {
      path: ['amount'],
      message: 'an amount stands beside the outcome adjusted, and beside no other',
    }),
  signature: z.strictObject({ party }),
} as const;

export type ActBody<K extends ActKind> = z.infer<(typeof ACT_BODIES)[K]>;
