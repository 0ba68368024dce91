const POLL_MILLIS = 15;

/**
 * Waits for the thing itself: resolves with what `check` returns once it neither throws nor returns undefined.
 *
 * @param within milliseconds, default 60,000; past it the last failure is thrown
 */
export async function eventually<T>(
  check: () => T | undefined | Promise<T | undefined>,
  { within = 60_000 }: { within?: number } = {},
): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    let failure: unknown = new Error('it stayed undefined');
    try {
      const result = await check();
      if (result !== undefined) return result;
    } catch (error) {
      failure = error;
    }
    if (Date.now() >= deadline) throw new Error(`Not within ${within} ms: ${String(failure)}`, { cause: failure });
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
  }
}
