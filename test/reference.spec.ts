import { readFileSync } from 'node:fs';
import { evaluateLines, loadContracts, recordsOf } from '#apps/cli';
import { parseInstant } from '#libs/calendar';
import {
  differences,
  quarantinedOf,
  REFERENCE_INSTANTS,
  REFERENCE_NAME,
  referenceEvents,
  referenceIsThere,
  referenceRecords,
  sampleContract,
  verdictsByKey,
} from './reference-clocks.js';

(referenceIsThere ? describe : describe.skip)(`judged offline, ${REFERENCE_NAME}`, () => {
  const contracts = loadContracts([sampleContract], {}).map(({ contract }) => contract);

  it.each(REFERENCE_INSTANTS)('gives the verdicts and the refused lines of the reference as of %s', (_, asOf) => {
    const lines = readFileSync(referenceEvents, 'utf8').split('\n');
    const at = asOf === null ? undefined : parseInstant(asOf);
    const records = [...recordsOf(evaluateLines(contracts, lines, at === undefined ? {} : { asOf: at }))];
    const expected = referenceRecords(asOf);
    const verdicts = verdictsByKey(expected);
    expect(verdicts.size).toBeGreaterThan(300);
    expect(differences(verdictsByKey(records), verdicts)).toEqual([]);
    const refused = (all: readonly object[]) => all.filter((one) => 'kind' in one && one.kind === 'quarantined');
    expect(quarantinedOf(refused(records))).toEqual(quarantinedOf(refused(expected)));
  });
});
