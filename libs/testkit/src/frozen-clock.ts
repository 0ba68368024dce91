/** A clock that stands still until a test moves it. Instants are epoch milliseconds. */
export interface FrozenClock {
  now(): number;
  moveTo(instant: string | number): void;
  moveBy(millis: number): void;
}

export function frozenClock(instant: string | number): FrozenClock {
  let at = toInstant(instant);
  return {
    now: () => at,
    moveTo: (next) => {
      at = toInstant(next);
    },
    moveBy: (millis) => {
      at += millis;
    },
  };
}

function toInstant(instant: string | number): number {
  const at = typeof instant === 'number' ? instant : Date.parse(instant);
  if (Number.isNaN(at)) throw new Error(`no such instant: ${instant}`);
  return at;
}
