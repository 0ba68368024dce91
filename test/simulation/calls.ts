/** What a process has asked a server for and not been told yet: when it takes effect and when it is answered is the world's to say. */
export interface Call {
  readonly owner: string;
  readonly what: CallKind;
  readonly says: string;
  /** Calls on one connection take effect one after the other. */
  readonly connection: string | undefined;
  readonly applied: boolean;
  /** What the server refused it with, once it has taken effect. */
  readonly refusal: unknown;
}

export type CallKind = 'take' | 'load' | 'save' | 'read' | 'outbox' | 'acknowledge' | 'tick' | 'send' | 'end';

interface Asked<T> {
  readonly owner: string;
  readonly what: CallKind;
  readonly says: string;
  readonly connection?: string;
  /** What it does at the server; what it throws is the answer. */
  readonly apply: () => T;
  /** What the caller is told where nobody knows what became of it. */
  readonly lost: () => Error;
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

class Pending implements Call {
  outcome: Outcome | undefined;
  /** Nobody waits for the answer any more; the server may still do what it was asked for. */
  orphaned = false;

  constructor(
    private readonly asked: Asked<unknown>,
    readonly settle: (outcome: Outcome) => void,
  ) {}

  get owner(): string {
    return this.asked.owner;
  }
  get what(): CallKind {
    return this.asked.what;
  }
  get says(): string {
    return this.asked.says;
  }
  get connection(): string | undefined {
    return this.asked.connection;
  }
  get applied(): boolean {
    return this.outcome !== undefined;
  }

  get refusal(): unknown {
    return this.outcome !== undefined && 'error' in this.outcome ? this.outcome.error : undefined;
  }

  apply(): void {
    try {
      this.outcome = { value: this.asked.apply() };
    } catch (error) {
      this.outcome = { error };
    }
  }

  lost(): Error {
    return this.asked.lost();
  }
}

/** All calls under way, of all processes. */
export class Calls {
  private list: Pending[] = [];
  private readonly ended = new Set<string>();
  /** Saves that had not taken effect when the server ended their connection. */
  savesEnded = 0;

  ask<T>(asked: Asked<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.list.push(
        new Pending(asked, (outcome) =>
          'value' in outcome ? resolve(outcome.value as T) : reject(outcome.error as Error),
        ),
      );
    });
  }

  /** Those whose turn it is on their connection, of processes that `runs` says are awake; orphans are nobody's. */
  ready(runs: (owner: string) => boolean): Call[] {
    const busy = new Set<string>();
    return this.list.filter((call) => {
      const { connection } = call;
      const first = connection === undefined || !busy.has(connection);
      if (connection !== undefined) busy.add(connection);
      return first && (call.orphaned || call.applied === false || runs(call.owner));
    });
  }

  of(owner: string): readonly Call[] {
    return this.list.filter((call) => call.owner === owner && !call.orphaned);
  }

  get underWay(): readonly Call[] {
    return this.list;
  }

  isOrphan(call: Call): boolean {
    return (call as Pending).orphaned;
  }

  /** It takes effect at the server. */
  apply(call: Call): void {
    const pending = call as Pending;
    pending.apply();
    if (pending.orphaned) this.remove(pending);
  }

  /** The caller hears what came of it. */
  answer(call: Call): void {
    const pending = call as Pending;
    this.remove(pending);
    pending.settle(pending.outcome!);
  }

  /** The caller hears of a lost connection; what has not taken effect never will, unless it `lingers`. */
  lose(call: Call, lingers = false): void {
    const pending = call as Pending;
    pending.settle({ error: pending.lost() });
    if (lingers && !pending.applied) pending.orphaned = true;
    else this.remove(pending);
  }

  /** It never takes effect, and nobody is told. */
  forget(call: Call): void {
    this.remove(call as Pending);
  }

  /** The process is gone: nobody waits for its calls; those that have not taken effect may still do so, or not. */
  abandon(owner: string, lingers: (call: Call) => boolean): void {
    for (const call of this.list.filter((one) => one.owner === owner && !one.orphaned)) {
      if (!call.applied && lingers(call)) call.orphaned = true;
      else this.remove(call);
    }
  }

  /** The server ends a connection: what was under way on it and has not taken effect never will. */
  endConnection(connection: string): void {
    this.ended.add(connection);
    for (const call of this.list.filter((one) => one.connection === connection)) {
      if (call.applied) continue;
      this.remove(call);
      if (call.what === 'save') this.savesEnded++;
      if (!call.orphaned) call.settle({ error: call.lost() });
    }
  }

  hasEnded(connection: string): boolean {
    return this.ended.has(connection);
  }

  /** The caller closes a connection without waiting: it hears so at once, the server may go on with what it has. */
  hangUp(connection: string): void {
    for (const call of this.list.filter((one) => one.connection === connection && !one.orphaned)) {
      call.settle({ error: call.lost() });
      if (call.applied) this.remove(call);
      else call.orphaned = true;
    }
  }

  private remove(call: Pending): void {
    this.list = this.list.filter((one) => one !== call);
  }
}
