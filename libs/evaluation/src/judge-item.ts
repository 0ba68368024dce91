import type { Instant } from '#libs/calendar';
import type { Fact, Refusal } from '#libs/contract';
import type { PublishedVersion } from './contract-memory.js';
import type { ContractVersions } from './contract-versions.js';
import type { SweepScope } from './sweep.js';

/** A record as it stood where it was read; key and value in base64. */
export interface RawRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** One record of the stream after parsing: what it is to the contract. `at`: the record's append time in the log. */
export type JudgeItem =
  | {
      readonly kind: 'fact';
      readonly fact: Fact;
      readonly at: Instant;
      readonly stamped: boolean;
      /** Whoever sent it says when it was appended: that moves no clock. */
      readonly timeOfSender?: true;
      readonly importId: string | null;
      readonly offset: number;
    }
  | {
      readonly kind: 'refused';
      readonly refusal: Refusal;
      /** What is kept of it, where that is not the record itself: a door's own report of what it could not map. */
      readonly raw?: RawRecord;
      readonly at: Instant;
      readonly live: boolean;
      readonly offset: number;
    }
  | { readonly kind: 'tick'; readonly at: Instant; readonly offset: number }
  | {
      readonly kind: 'watermark';
      readonly door: string;
      /** Everything that reached the door before it is in the log. */
      readonly through: Instant;
      readonly at: Instant;
      readonly offset: number;
    }
  | {
      readonly kind: 'published';
      readonly contract: string;
      readonly version: PublishedVersion;
      readonly versions: ContractVersions;
      readonly at: Instant;
      readonly offset: number;
    }
  | {
      /** What judging the stored facts anew gave otherwise is to be judged again. */
      readonly kind: 'replayed';
      readonly contract: string;
      readonly id: string;
      /** Why, in the words of whoever asked for it. */
      readonly reason: string;
      readonly scope: SweepScope;
      readonly at: Instant;
      readonly offset: number;
    }
  | {
      readonly kind: 'import-begun';
      readonly contract: string;
      readonly importId: string;
      readonly alerts: 'each' | 'summary';
      readonly at: Instant;
      readonly offset: number;
    }
  | {
      readonly kind: 'import-completed';
      readonly contract: string;
      readonly importId: string;
      readonly at: Instant;
      readonly offset: number;
    };
