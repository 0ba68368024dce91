import { createTransport } from 'nodemailer';
import type { MailMessage } from './notice.js';
import { describeError, shorten, type Outcome } from './outcome.js';

const CONNECT_MILLIS = 10_000;
const SILENCE_MILLIS = 30_000;
const CONNECTIONS = 2;

/** Mail over SMTP. One message, one recipient, one answer of the server. */
export class MailSender {
  private readonly transport;

  /**
   * @param smtpUrl `smtp://user:password@host:port` or `smtps://…`; null: nothing can be sent, which is tried again later.
   * @param from sender, with or without a name.
   */
  constructor(
    smtpUrl: string | null,
    private readonly from: string,
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

/** RFC 5321, 4.2.1: 5yz is permanent. Of these only what is said of the recipient or the message; a login can be mended. */
function isFinal(error: unknown): boolean {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  if (code === 'EAUTH') return false;
  return typeof responseCode === 'number' && responseCode >= 500 && responseCode < 600;
}
