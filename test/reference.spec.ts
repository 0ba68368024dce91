import { readFileSync } from 'node:fs';
import { evaluateLines, loadContracts, recordsOf } from '#apps/cli';
import { parseInstant } from '#libs/calendar';
import {
  differences,
  ofClockRules,
  quarantinedOf,
  REFERENCE_INSTANTS,
  REFERENCE_NAME,
  referenceEvents,
  referenceIsThere,
  referenceRecords,
  sampleContract,
  verdictsByKey,
  WHOLE_REFERENCE_INSTANTS,
  wholeReferenceEvents,
  wholeReferenceRecords,
  type ReferenceRecord,
} from './reference-clocks.js';

(referenceIsThere ? describe : describe.skip)(`judged offline, ${REFERENCE_NAME}`, () => {
  const contracts = loadContracts([sampleContract], {}).map(({ contract }) => contract);
  const quarantined = (all: readonly object[]) => all.filter((one) => 'kind' in one && one.kind === 'quarantined');

  function judged(events: string, asOf: string | null): object[] {
    const lines = readFileSync(events, 'utf8').split('\n');
    const at = asOf === null ? undefined : parseInstant(asOf);
    return [...recordsOf(evaluateLines(contracts, lines, at === undefined ? {} : { asOf: at }))];
  }

  function agrees(actual: readonly object[], records: readonly object[], expected: readonly ReferenceRecord[]): void {
    const verdicts = verdictsByKey(expected);
    expect(verdicts.size).toBeGreaterThan(70);
    expect(differences(verdictsByKey(actual), verdicts)).toEqual([]);
    expect(quarantinedOf(quarantined(records))).toEqual(quarantinedOf(quarantined(expected)));
  }

  it.each(REFERENCE_INSTANTS)('gives the verdicts of the clock rules and the refused lines as of %s', (_, asOf) => {
    const records = judged(referenceEvents, asOf);
    agrees(ofClockRules(records), records, referenceRecords(asOf));
  });

  it.each(WHOLE_REFERENCE_INSTANTS)('gives the verdicts of all rules and the refused lines as of %s', (_, asOf) => {
    const records = judged(wholeReferenceEvents, asOf);
    agrees(records, records, wholeReferenceRecords(asOf));
  });
});
