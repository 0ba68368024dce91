import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { runPactwatch } from './run-pactwatch.js';

const root = join(__dirname, '..');
const csv = join(root, '../shared/data/boston311/boston311_sample.csv');
const there = existsSync(csv);

interface Row {
  readonly CASE_ENQUIRY_ID: string;
  readonly TARGET_DT: string;
  readonly OnTime_Status: string;
  readonly TYPE: string;
}

/** Working time between two instants that still counts as the same, in seconds: a hundredth of a day of eight hours. */
const SAME_SECONDS = 288;
const FLAGS: Readonly<Record<string, string>> = { breached: 'OVERDUE', met: 'ONTIME' };

(there ? describe : describe.skip)(
  `the service requests of Boston (${there ? 'sample' : 'no sample at ' + csv})`,
  () => {
    let folder = '';
    let rows = new Map<string, Row>();
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'pactwatch-boston-'));
      const read = parse(readFileSync(csv, 'utf8'), { columns: true, bom: true }) as Row[];
      rows = new Map(read.map((row) => [row.CASE_ENQUIRY_ID, row]));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    /** Imports the sample by a mapping and judges it by the contract of the same name. */
    function judge(name: string) {
      const events = runPactwatch(['import', '--mapping', join(root, `config/mappings/${name}.yaml`), csv]);
      const file = join(folder, `${name}.ndjson`);
      writeFileSync(file, events.out);
      const contract = join(root, `config/contracts/${name}.yaml`);
      const judged = runPactwatch(['evaluate', '--contract', contract, '--events', file, '--format', 'json']);
      return { events, judged };
    }

    it('are judged as the city flags them, by the targets that it set', () => {
      const { events, judged } = judge('boston-311');
      expect([events.code, events.err, judged.code, judged.err]).toEqual([0, '', 0, '']);
      const verdicts = judged.records();
      expect(new Set(verdicts.map(({ subject }) => subject))).toEqual(new Set(rows.keys()));
      const other = verdicts.filter((one) => FLAGS[String(one.state)] !== rows.get(String(one.subject))?.OnTime_Status);
      expect(other.map(({ subject, state }) => [subject, state, rows.get(String(subject))?.OnTime_Status])).toEqual([
        // Closed more than two weeks late; the city left its flag empty.
        ['101001856894', 'breached', ''],
      ]);
      const count = (state: string, due: boolean) =>
        verdicts.filter((one) => one.state === state && (one.dueAt !== null) === due).length;
      expect({
        overdue: count('breached', true),
        onTime: count('met', true),
        withoutTarget: count('met', false),
      }).toEqual({ overdue: 474 + 1, onTime: 3_809, withoutTarget: 711 });
    });

    it('have their targets reproduced by the calendar, where the allowance of the type is known', () => {
      const { events, judged } = judge('boston-311-computed');
      const targets = new Map(
        events
          .records()
          .filter(({ type }) => type === 'request.opened')
          .map(({ subject, data }) => [subject, (data as { cityTarget: string }).cityTarget]),
      );
      const verdicts = judged.records();
      expect([verdicts.length, targets.size]).toEqual([2_666, 2_666]);
      const questions = verdicts.map(({ subject, dueAt }) => {
        const [from, to] = [String(dueAt), targets.get(subject) ?? ''].sort();
        return JSON.stringify({ op: 'between', from, to });
      });
      const answers = runPactwatch(
        ['calendar', 'batch', '--calendar', join(root, 'config/calendars/boston-city.yaml')],
        { stdin: `${questions.join('\n')}\n` },
      );
      const apart = answers.records().map(({ result }) => secondsOf(String(result)));
      expect(apart.filter((seconds) => seconds <= SAME_SECONDS)).toHaveLength(2_640);
      const flagged = verdicts.filter(
        (one) => FLAGS[String(one.state)] === rows.get(String(one.subject))?.OnTime_Status,
      ).length;
      expect(flagged).toBe(2_651);
    });
  },
);

function secondsOf(duration: string): number {
  const match = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$/.exec(duration);
  if (match === null) throw new Error(`${duration} is no duration of working time`);
  const [hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
}
