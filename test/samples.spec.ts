import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluateLines, loadContracts, recordsOf } from '#apps/cli';

type SampleRecord = Readonly<Record<string, unknown>>;

/** What names a record among those of its kind. */
const NAMES = ['kind', 'obligation', 'standard', 'cycle', 'about', 'subject', 'instance', 'period', 'since', 'id'];

function nameOf(record: SampleRecord): string {
  return NAMES.flatMap((field) => (record[field] === undefined ? [] : [String(record[field])])).join(' ');
}

function withoutReasons(record: object): SampleRecord {
  return Object.fromEntries(Object.entries(record).filter(([field]) => field !== 'because'));
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

describe.each(['call-centre', 'parcel-delivery'])('the sample contract %s', (name) => {
  const folder = join(__dirname, 'samples', name);
  const contracts = loadContracts([join(__dirname, `../config/contracts/${name}.yaml`)], {}).map(
    ({ contract }) => contract,
  );
  const events = linesOf(join(folder, 'events.ndjson'));
  const expected = linesOf(join(folder, 'expected.ndjson')).map((line) => JSON.parse(line) as SampleRecord);
  const judged = (lines: readonly string[]) => [...recordsOf(evaluateLines(contracts, lines))].map(withoutReasons);
  const actual = judged(events);

  it.each(['verdict', 'standard', 'statement', 'right'])('gives each %s as computed by hand, and no other', (kind) => {
    const of = (records: readonly SampleRecord[]) => records.filter((one) => one['kind'] === kind);
    expect(of(expected)).not.toEqual([]);
    expect(of(actual).map(nameOf)).toEqual(of(expected).map(nameOf));
    for (const [index, record] of of(actual).entries()) expect(record).toEqual(of(expected)[index]);
  });

  it('refuses no line', () => {
    expect(actual.filter((one) => one['kind'] === 'quarantined')).toEqual([]);
  });

  it('gives the same of its events in another order', () => {
    expect(judged([...events].reverse())).toEqual(actual);
  });
});
