import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A mail server that takes what it is sent, unless `refuse` gives an answer for a recipient. */
export class Mailbox {
  readonly mails: (ParsedMail & { readonly recipient: string })[] = [];
  readonly tried: string[] = [];
  refuse: (recipient: string, attempt: number) => { code: number; text: string } | undefined = () => undefined;
  private readonly server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, done) => {
      this.tried.push(address);
      const refusal = this.refuse(address, this.tried.filter((one) => one === address).length);
      if (refusal === undefined) return done();
      done(Object.assign(new Error(refusal.text), { responseCode: refusal.code }));
    },
    onData: (stream, session, done) => {
      const recipient = session.envelope.rcptTo[0]?.address ?? '';
      simpleParser(stream).then((mail) => {
        this.mails.push({ ...mail, recipient });
        done();
      }, done);
    },
  });

  async open(): Promise<void> {
    this.server.on('error', () => undefined);
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', () => resolve()));
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  to(recipient: string): ParsedMail[] {
    return this.mails.filter((mail) => mail.recipient === recipient);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
