/** The clock and the timers of a process. */
export interface ProcessTime {
  /** Epoch milliseconds; may go back. */
  readonly now: () => number;
  /** Calls once after so many milliseconds. Returns what calls it off. */
  readonly after: (millis: number, call: () => void) => () => void;
}

/** The clock and the timers of this machine. */
export const machineTime: ProcessTime = {
  now: () => Date.now(),
  after: (millis, call) => {
    const timer = setTimeout(call, millis);
    return () => clearTimeout(timer);
  },
};
