import type { JudgeOutcome } from './judge-outcome.js';
import { emptyOutcome } from './judge-outcome.js';
import type { IdEntry, WaitingCorrection } from './register-fact.js';
import { emptyState, splitStateKey, type SubjectState } from './subject-state.js';
import { WaitingCorrections } from './waiting-corrections.js';

const NONE: readonly never[] = [];

export interface LoadedRows {
  readonly ids: readonly {
    readonly contract: string;
    readonly source: string;
    readonly id: string;
    readonly entry: IdEntry;
  }[];
  readonly waiting: readonly { readonly contract: string; readonly waiting: WaitingCorrection }[];
  readonly states: readonly { readonly contract: string; readonly key: string; readonly state: SubjectState }[];
}

/**
 * What the owner holds of a partition's tables: states, and of ids and waiting corrections what the next records need. Over
 * it lie the outcomes that were handed out and are not yet known to be in the database, and the one that grows: whoever
 * looks sees the latest, whatever a load brings.
 */
export class PartitionMemory {
  /** The keys last asked for: one fact asks for the same again and again, and a text that was looked up once is found faster. */
  private lastKey = { contract: '', key: '', at: '' };
  private lastId = { contract: '', source: '', id: '', at: '' };
  private readonly states = new Map<string, SubjectState>();
  private ids = new Map<string, IdEntry>();
  private waiting = new WaitingCorrections();
  private readonly staged: { readonly outcome: JudgeOutcome; saved: boolean }[] = [];
  private current: JudgeOutcome = emptyOutcome();

  constructor(private readonly heldStates: number) {}

  /** What has changed since the last call of `take`. */
  get outcome(): JudgeOutcome {
    return this.current;
  }

  /** What a state is found by, `contract\nkey`. */
  placeOfState(contract: string, key: string): string {
    const last = this.lastKey;
    if (last.key !== key || last.contract !== contract) this.lastKey = { contract, key, at: `${contract}\n${key}` };
    return this.lastKey.at;
  }

  /** What an id is found by, `contract\nsource\nid`. */
  placeOfId(contract: string, source: string, id: string): string {
    const last = this.lastId;
    if (last.id !== id || last.source !== source || last.contract !== contract)
      this.lastId = { contract, source, id, at: `${contract}\n${source}\n${id}` };
    return this.lastId.at;
  }

  holds(contract: string, key: string): boolean {
    return this.states.has(this.placeOfState(contract, key));
  }

  state(contract: string, key: string): SubjectState | undefined {
    return this.states.get(this.placeOfState(contract, key));
  }

  setState(contract: string, key: string, state: SubjectState): void {
    const at = this.placeOfState(contract, key);
    // The order of the map is that of the last touch.
    this.states.delete(at);
    this.states.set(at, state);
  }

  entry(contract: string, source: string, id: string): IdEntry | undefined {
    const at = this.placeOfId(contract, source, id);
    const changed = this.current.ids.get(at);
    if (changed !== undefined) return changed.entry;
    for (let place = this.staged.length - 1; place >= 0; place--) {
      const staged = this.staged[place]!.outcome.ids.get(at);
      if (staged !== undefined) return staged.entry;
    }
    return this.ids.get(at);
  }

  waitingFor(contract: string, source: string, id: string): readonly WaitingCorrection[] {
    return this.waiting.isEmpty ? NONE : this.waiting.of(contract, source, id);
  }

  addWaiting(contract: string, waiting: WaitingCorrection): void {
    this.waiting.add(contract, waiting);
    this.current.waitingAdded.push({ contract, waiting });
  }

  removeWaiting(contract: string, source: string, id: string): void {
    this.waiting.remove(contract, source, id);
    const { waitingAdded, waitingRemoved } = this.current;
    const added = waitingAdded.findIndex(
      ({ contract: of, waiting: { correction } }) =>
        of === contract && correction.source === source && correction.id === id,
    );
    if (added >= 0) waitingAdded.splice(added, 1);
    waitingRemoved.push({ contract, source, id });
  }

  /** Takes what was loaded, in place of the ids and waiting corrections loaded before. */
  accept(
    rows: LoadedRows,
    asked: { readonly keys: readonly { readonly contract: string; readonly key: string }[] },
  ): void {
    this.ids = new Map();
    this.waiting = new WaitingCorrections();
    this.acceptMore(rows, asked);
  }

  /** Takes what was loaded besides. */
  acceptMore(
    rows: LoadedRows,
    asked: { readonly keys: readonly { readonly contract: string; readonly key: string }[] },
  ): void {
    for (const { contract, source, id, entry } of rows.ids) this.ids.set(`${contract}\n${source}\n${id}`, entry);
    for (const { contract, waiting } of rows.waiting) this.waiting.add(contract, waiting);
    for (const { outcome } of this.staged) layWaiting(this.waiting, outcome);
    layWaiting(this.waiting, this.current);
    for (const { contract, key, state } of rows.states) {
      const at = `${contract}\n${key}`;
      if (!this.states.has(at)) this.states.set(at, state);
    }
    for (const { contract, key } of asked.keys) {
      const at = `${contract}\n${key}`;
      if (this.states.has(at)) continue;
      const { kind, subject } = splitStateKey(key);
      this.states.set(at, emptyState(kind, subject));
    }
  }

  /** Hands out what has changed since the last call. It lies over what is loaded until it is known to be saved. */
  take(): JudgeOutcome {
    const outcome = this.current;
    this.staged.push({ outcome, saved: false });
    this.current = emptyOutcome();
    this.letGo();
    return outcome;
  }

  /** An outcome that was handed out is in the database: what is asked for from now on shows it. */
  saved(outcome: JudgeOutcome): void {
    const found = this.staged.find((one) => one.outcome === outcome);
    if (found !== undefined) found.saved = true;
  }

  /** Called before a load is asked for, and only then: an answer that is under way may be older than what was saved. */
  forgetSaved(): void {
    while (this.staged[0]?.saved === true) this.staged.shift();
  }

  /** Forgets the states touched longest ago; they are loaded again when needed. What is staged is nowhere else. */
  private letGo(): void {
    if (this.states.size <= this.heldStates) return;
    for (const at of this.states.keys()) {
      if (this.states.size <= this.heldStates) return;
      if (!this.staged.some(({ outcome }) => outcome.states.has(at))) this.states.delete(at);
    }
  }
}

function layWaiting(waiting: WaitingCorrections, outcome: JudgeOutcome): void {
  for (const { contract, source, id } of outcome.waitingRemoved) waiting.remove(contract, source, id);
  for (const { contract, waiting: one } of outcome.waitingAdded) waiting.add(contract, one);
}
