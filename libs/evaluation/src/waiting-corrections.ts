import type { WaitingCorrection } from './register-fact.js';

/** Corrections that wait for what they correct, found by either end. A correction waits for one fact at a time. */
export class WaitingCorrections {
  private readonly byTarget = new Map<string, Map<string, WaitingCorrection>>();
  private readonly targets = new Map<string, string>();

  get isEmpty(): boolean {
    return this.targets.size === 0;
  }

  add(contract: string, waiting: WaitingCorrection): void {
    const { source, id } = waiting.correction;
    this.remove(contract, source, id);
    const target = placeOf(contract, waiting.targetSource, waiting.targetId);
    const correction = placeOf(contract, source, id);
    this.targets.set(correction, target);
    const list = this.byTarget.get(target);
    if (list === undefined) this.byTarget.set(target, new Map([[correction, waiting]]));
    else list.set(correction, waiting);
  }

  /** @param source of the correction, as is `id` */
  remove(contract: string, source: string, id: string): void {
    const correction = placeOf(contract, source, id);
    const target = this.targets.get(correction);
    if (target === undefined) return;
    this.targets.delete(correction);
    const list = this.byTarget.get(target)!;
    list.delete(correction);
    if (list.size === 0) this.byTarget.delete(target);
  }

  /** What waits for a fact. */
  of(contract: string, source: string, id: string): readonly WaitingCorrection[] {
    const list = this.byTarget.get(placeOf(contract, source, id));
    return list === undefined ? [] : [...list.values()];
  }
}

function placeOf(contract: string, source: string, id: string): string {
  return `${contract}\n${source}\n${id}`;
}
