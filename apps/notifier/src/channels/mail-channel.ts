import { createTransport } from 'nodemailer';
import type { Contact } from '#libs/contract';
import { digestOf } from '../digest-of.js';
import { describeError, shorten, type Outcome } from '../outcome.js';
import { renderText } from '../render-notice.js';
import type { Route } from '../routes.js';
import type { TemplateBook } from '../templates/template-book.js';
import type { Channel, Letter } from './channel.js';

export interface MailMessage {
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Without angle brackets: the same for all attempts. */
  readonly messageId: string;
  /** Id of the thread, which no message bears: programs that read mail gather by it. */
  readonly thread: string;
  /** Mails about one contract are one list (RFC 2919): programs that read mail file by it. */
  readonly list: { readonly name: string; readonly id: string };
}

const CONNECT_MILLIS = 10_000;
const SILENCE_MILLIS = 30_000;
const CONNECTIONS = 2;

/** Mail over SMTP. One message, one recipient, one answer of the server. */
export class MailChannel implements Channel {
  readonly name = 'mail';
  /** Whoever gets more than that reads none of it; the rest is told together. */
  readonly limits = [{ messages: 60, perMillis: 60_000 }];
  readonly gathers = true;
  private readonly transport;

  /**
   * @param smtpUrl `smtp://user:password@host:port` or `smtps://…`; null: nothing can be sent, which is tried again later.
   * @param from sender, with or without a name.
   */
  constructor(
    smtpUrl: string | null,
    private readonly from: string,
    private readonly templates: TemplateBook,
  ) {
    this.transport =
      smtpUrl === null
        ? null
        : createTransport({
            url: smtpUrl,
            pool: true,
            maxConnections: CONNECTIONS,
            connectionTimeout: CONNECT_MILLIS,
            greetingTimeout: CONNECT_MILLIS,
            socketTimeout: SILENCE_MILLIS,
            // What is sent comes from contracts and events: it never names a file or an address to be fetched.
            disableFileAccess: true,
            disableUrlAccess: true,
          });
  }

  receiverOf(_route: Route, contact: Contact): string | null {
    return contact.email;
  }

  render({ notice, recipient, addressee, idempotencyKey, occasion }: Letter): MailMessage {
    return {
      to: { name: addressee.name, address: recipient },
      subject: notice.subject,
      text: renderText(notice),
      html: this.templates.html(notice),
      messageId: `${idempotencyKey}@pactwatch`,
      thread: `incident-${digestOf(occasion.incident)}@pactwatch`,
      list: { name: headerText(occasion.contract), id: `${idPart(occasion.contract)}.pactwatch` },
    };
  }

  async send(message: MailMessage): Promise<Outcome> {
    if (this.transport === null) return { result: 'retry', response: 'SMTP_URL is not set' };
    try {
      const sent = await this.transport.sendMail({
        from: this.from,
        to: message.to,
        subject: message.subject,
        text: message.text,
        html: message.html,
        messageId: `<${message.messageId}>`,
        inReplyTo: `<${message.thread}>`,
        references: `<${message.thread}>`,
        list: { id: { url: message.list.id, comment: message.list.name } },
        // RFC 3834: no vacation notes in answer, please.
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      return { result: 'sent', response: shorten(sent.response) };
    } catch (error) {
      return { result: isFinal(error) ? 'failed' : 'retry', response: describeError(error) };
    }
  }

  close(): void {
    this.transport?.close();
  }
}

/** Safe as the words before a List-Id. */
function headerText(text: string): string {
  return text.replace(/[^\w. -]/gu, '_');
}

/** Safe as a part of a List-Id: a label of letters, digits and dashes, as host names have them. */
function idPart(text: string): string {
  return (
    text
      .toLowerCase()
      .replace(/[^a-z0-9-]+/gu, '-')
      .replace(/^-+|-+$/gu, '') || digestOf(text).slice(0, 12)
  );
}

/** RFC 5321, 4.2.1: 5yz is permanent. Of these only what is said of the recipient or the message; a login can be mended. */
function isFinal(error: unknown): boolean {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  if (code === 'EAUTH') return false;
  return typeof responseCode === 'number' && responseCode >= 500 && responseCode < 600;
}
