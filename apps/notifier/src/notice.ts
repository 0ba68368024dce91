import type { Language, PartyId } from '#libs/contract';

/** Who is written to, as the contract and the route say at the time of the alert. */
export interface Addressee {
  readonly party: PartyId;
  readonly role: string;
  readonly name: string;
  readonly language: Language;
  /** The route that chose them: says how webhooks are signed and where they may go. */
  readonly route: string;
}

/** What is said, before a channel gives it a form. All texts are in the addressee's language. */
export interface Notice {
  readonly language: Language;
  readonly subject: string;
  readonly greeting: string;
  /** Sentences, one paragraph each. */
  readonly paragraphs: readonly string[];
  readonly rows: readonly (readonly [label: string, value: string])[];
  /** What to do now; null where there is nothing. */
  readonly advice: string | null;
  readonly links: readonly (readonly [label: string, url: string])[];
  readonly footer: string;
  /** Stands where a channel's size limit cut the message. */
  readonly shortened: string;
}
