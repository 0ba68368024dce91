import { ReadSide, type KeptRecord, type Store } from '#libs/store';
import { Failure } from './failure.js';

/** One item of the quarantine with its raw record. */
export async function readQuarantined(store: Store, number: number): Promise<KeptRecord> {
  const item = await new ReadSide(store.pool).snapshot((read) => read.quarantined(number));
  if (item === undefined)
    throw new Failure(1, `there is no item ${number} in the quarantine (see: pactwatch quarantine list)`);
  return item;
}
