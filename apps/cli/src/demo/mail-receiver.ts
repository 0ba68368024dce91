import type { AddressInfo } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A mail as it was really received. */
export interface ReceivedMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface MailReceiver {
  /** For SMTP_URL. */
  readonly url: string;
  close(): Promise<void>;
}

const LARGEST_MAIL_BYTES = 1_000_000;

/** A mail server on loopback that takes everything and hands it on; it sends nothing anywhere. */
export async function receiveMail(onMail: (mail: ReceivedMail) => void): Promise<MailReceiver> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    size: LARGEST_MAIL_BYTES,
    onData(stream, session, done) {
      simpleParser(stream).then((mail) => {
        onMail({
          to: session.envelope.rcptTo.map(({ address }) => address).join(', '),
          subject: mail.subject ?? '',
          text: mail.text ?? '',
        });
        done();
      }, done);
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
