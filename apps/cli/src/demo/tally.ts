import type { Traffic } from './traffic.js';
import type { SeenDecision } from './watch.js';

/** What was expected of the run and what of it has been seen. */
export class Tally {
  private readonly declared = new Set<string>();
  private readonly takenBack = new Set<string>();
  private readonly mailed = new Set<string>();
  private readonly called = new Set<string>();
  mails = 0;
  calls = 0;
  decisions = 0;
  /** Wall instant of the last news of any kind. */
  lastNewsAt: number;

  constructor(
    private readonly traffic: Pick<Traffic, 'planted' | 'withdrawn'>,
    private readonly now: () => number,
  ) {
    this.lastNewsAt = now();
  }

  decision({ type, id }: Pick<SeenDecision, 'type' | 'id'>): void {
    this.decisions++;
    if (type === 'compliance.breach.declared') this.declared.add(id);
    if (type === 'compliance.breach.withdrawn') this.takenBack.add(id);
    this.lastNewsAt = this.now();
  }

  /** A mail belongs to a breach when its text links to it. */
  mail(text: string): void {
    this.mails++;
    for (const id of this.traffic.planted) if (text.includes(encodeURIComponent(id))) this.mailed.add(id);
    this.lastNewsAt = this.now();
  }

  call(body: Readonly<Record<string, unknown>>): void {
    this.calls++;
    const data = (body.data ?? {}) as Readonly<Record<string, unknown>>;
    const alert = (data.alert ?? {}) as Readonly<Record<string, unknown>>;
    if (alert.kind === 'breach') this.called.add(String(alert.incident));
    this.lastNewsAt = this.now();
  }

  /** One line for everything that is still missing or too much; empty when all is as expected. */
  missing(): string[] {
    const { planted, withdrawn } = this.traffic;
    const lines = planted.flatMap((id) => [
      ...(this.declared.has(id) ? [] : [`not decided: ${id}`]),
      ...(this.mailed.has(id) ? [] : [`no mail: ${id}`]),
      ...(this.called.has(id) ? [] : [`no webhook: ${id}`]),
    ]);
    lines.push(...withdrawn.filter((id) => !this.takenBack.has(id)).map((id) => `not withdrawn: ${id}`));
    lines.push(...[...this.declared].filter((id) => !planted.includes(id)).map((id) => `not expected: ${id}`));
    return lines;
  }
}
