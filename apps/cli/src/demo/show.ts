import { parseInstant } from '#libs/calendar';
import type { Contract, Language } from '#libs/contract';
import { explain, formatLocal, fromRecord } from '#libs/evaluation';
import type { Terminal } from '../terminal.js';
import type { ReceivedMail } from './mail-receiver.js';
import type { SeenDecision } from './watch.js';
import type { ReceivedCall } from './webhook-receiver.js';

const MARKS: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  'compliance.breach.declared': { 'zh-CN': '违约', en: 'breach' },
  'compliance.breach.withdrawn': { 'zh-CN': '撤销', en: 'withdrawn' },
  'compliance.breach.reinstated': { 'zh-CN': '恢复', en: 'reinstated' },
};

/** What the demo prints while it runs, in the language of the one who watches. */
export class Show {
  private readonly shown = new Set<string>();

  constructor(
    private readonly terminal: Pick<Terminal, 'out'>,
    private readonly contract: Contract,
    private readonly language: Language,
  ) {}

  say(texts: Readonly<Record<Language, string>>): void {
    this.terminal.out(`${texts[this.language]}\n`);
  }

  decision(decision: SeenDecision): void {
    const mark = MARKS[decision.type];
    if (mark === undefined) return;
    const { zone } = this.contract;
    const at = formatLocal(parseInstant(decision.effectiveAt) ?? NaN, zone, this.language);
    const sentence = explain(fromRecord(decision), this.contract, this.language);
    this.terminal.out(`${at}  ${mark[this.language]}  ${decision.clause}  ${decision.id}\n    ${sentence}\n`);
  }

  /** The first mail is shown whole, of the others the subject. */
  mail(mail: ReceivedMail): void {
    const received = this.language === 'zh-CN' ? '收到邮件' : 'mail received';
    this.terminal.out(`    ✉ ${received} (${mail.to}): ${mail.subject}\n`);
    if (this.first('mail')) this.terminal.out(`${indent(mail.text)}\n`);
  }

  call({ body }: ReceivedCall): void {
    if (!this.first(`webhook/${String(body.type)}`)) return;
    const received =
      this.language === 'zh-CN'
        ? '收到 webhook（签名有效，其余不再逐条显示）'
        : 'webhook received (signature holds; others of its type are not shown)';
    this.terminal.out(`    ⇄ ${received}: ${String(body.type)}\n`);
  }

  private first(what: string): boolean {
    if (this.shown.has(what)) return false;
    this.shown.add(what);
    return true;
  }
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `      │ ${line}`)
    .join('\n');
}
