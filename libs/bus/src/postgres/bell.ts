/** Somebody waits, somebody rings. A ring that comes before the waiting is not lost; several count as one. */
export class Bell {
  private rung = false;
  private waiting: (() => void) | undefined;

  ring(): void {
    this.rung = true;
    this.waiting?.();
  }

  /** @param atMost milliseconds; absent: until somebody rings */
  async wait(atMost?: number): Promise<void> {
    if (!this.rung) {
      await new Promise<void>((resolve) => {
        const timer = atMost === undefined ? undefined : setTimeout(resolve, atMost);
        this.waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.waiting = undefined;
    this.rung = false;
  }
}
