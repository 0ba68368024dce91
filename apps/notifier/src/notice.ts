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
}

export interface MailMessage {
  readonly channel: 'mail';
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Without angle brackets: the same for all attempts. */
  readonly messageId: string;
  /** Id of the thread, which no message bears: programs that read mail gather by it. */
  readonly thread: string;
}

export interface WebhookMessage {
  readonly channel: 'webhook';
  readonly route: string;
  readonly url: string;
  /** The body, byte for byte as it is signed. */
  readonly payload: string;
}

export type Message = MailMessage | WebhookMessage;
