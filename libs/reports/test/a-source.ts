import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseInstant, readCalendar, type Instant } from '#libs/calendar';
import { readContract, type Contract } from '#libs/contract';
import type { RecordedLine, StatementLifeRecord } from '#libs/liability';
import type { StatementSource } from '../src/statement-report.js';

const CONFIG = join(__dirname, '..', '..', '..', 'config');

function sampleContract(): Contract {
  const calendars = new Map(
    ['cn-office', 'cn-staffed'].map((id) => {
      const file = join(CONFIG, 'calendars', `${id}.yaml`);
      const read = readCalendar(file, readFileSync(file, 'utf8'));
      if (!read.ok) throw new Error(`${file} is broken`);
      return [id, read.value];
    }),
  );
  const file = join(CONFIG, 'contracts', 'ecommerce-crm.yaml');
  const read = readContract(file, readFileSync(file, 'utf8'), calendars);
  if (!read.ok) throw new Error(`${file} is broken`);
  return read.value;
}

const contract = sampleContract();

function at(text: string): Instant {
  return parseInstant(text)!;
}

/** Two working days late with a complaint. */
export function aLine(different: Partial<RecordedLine> = {}): RecordedLine {
  const line = {
    party: 'provider' as const,
    remedy: 'per-day-late',
    clause: '5.1.3',
    about: 'complaint-resolution',
    subject: 'C-1001',
    instance: 1,
    base: '200.00',
    rate: '1',
    quantity: '2',
    amount: '400.00',
    adjusts: null,
    ...different,
  };
  const { party, remedy, clause, about, subject, instance } = line;
  const id = [party, remedy, clause, about, subject, ...(instance === null ? [] : [instance])].join('/');
  return { id, ...line };
}

/** The frozen statement of March of the sample contract, with one line. */
export function aSource({
  statement,
  ...different
}: Partial<Omit<StatementSource, 'statement'>> & {
  readonly statement?: Partial<StatementLifeRecord>;
} = {}): StatementSource {
  return {
    contract,
    versions: [contract],
    cycle: contract.cycles[2]!,
    statement: {
      kind: 'statement',
      id: 'CRM-2026-001/2026-03',
      contract: 'CRM-2026-001',
      cycle: '2026-03',
      state: 'frozen',
      currency: 'CNY',
      lines: [aLine()],
      totals: { provider: '400.00', client: '0.00' },
      net: { from: 'provider', amount: '400.00' },
      capped: [],
      frozenAt: '2026-03-31T16:00:00Z',
      finalDueAt: '2026-04-15T10:00:00Z',
      finalAt: null,
      disputes: [],
      signatures: [],
      ...statement,
    },
    asOf: at('2026-04-02T10:00:00+08:00'),
    verdicts: [],
    standards: [],
    publicUrl: 'https://pactwatch.example.com',
    losses: {},
    ...different,
  };
}
