import { compileOnce } from './compile-once.js';
import { World, type Run, type Tampering } from './world.js';

export type Outcome =
  | { readonly seed: number; readonly ok: true; readonly run: Run }
  | { readonly seed: number; readonly ok: false; readonly problem: string };

compileOnce();

/** The run of one seed; the same seed, the same run. */
export async function simulate(seed: number, tampering?: Tampering, trace?: (line: string) => void): Promise<Outcome> {
  let stray: unknown;
  const onStray = (error: unknown): void => void (stray ??= error);
  process.on('unhandledRejection', onStray);
  try {
    const run = await new World(seed, tampering, trace).run();
    await new Promise(setImmediate);
    if (stray !== undefined) throw stray;
    return { seed, ok: true, run };
  } catch (error) {
    return {
      seed,
      ok: false,
      problem:
        error instanceof Error
          ? error.name === 'Divergence'
            ? error.message
            : (error.stack ?? error.message)
          : String(error),
    };
  } finally {
    process.off('unhandledRejection', onStray);
  }
}
