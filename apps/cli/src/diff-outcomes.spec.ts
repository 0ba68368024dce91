import { diffOutcomes, type OutcomeRecord } from './diff-outcomes.js';

const verdict = (subject: string, different: object = {}): OutcomeRecord => ({
  kind: 'verdict',
  contract: 'C',
  obligation: 'answer',
  subject,
  instance: 1,
  state: 'met',
  because: { version: 1 },
  ...different,
});
const line = (amount: string) => ({ party: 'provider', remedy: 'per-breach', about: 'answer', subject: 'S', amount });
const statement = (total: string, amounts: readonly string[]): OutcomeRecord => ({
  kind: 'statement',
  contract: 'C',
  cycle: '2026-03',
  lines: amounts.map(line),
  totals: { provider: total, client: '0.00' },
});

describe('two outcomes', () => {
  it('do not differ by the version that judged, or by the order of their lines', () => {
    const a = [verdict('S-1'), verdict('S-2')];
    expect(diffOutcomes(a, [verdict('S-2'), verdict('S-1', { because: { version: 2 } })]).differences).toEqual([]);
  });

  it('differ by the records that only one has, and by fields', () => {
    const { differences } = diffOutcomes(
      [verdict('S-1'), verdict('S-2')],
      [verdict('S-2', { state: 'breached' }), verdict('S-3')],
    );
    expect(differences).toEqual([
      { kind: 'verdict', id: 'C/answer/S-1/1', change: 'only-in-a', fields: {} },
      { kind: 'verdict', id: 'C/answer/S-2/1', change: 'changed', fields: { state: { a: 'met', b: 'breached' } } },
      { kind: 'verdict', id: 'C/answer/S-3/1', change: 'only-in-b', fields: {} },
    ]);
  });

  it('name the lines of a statement that only one has, and what the difference is worth', () => {
    const { differences, worth } = diffOutcomes(
      [statement('0.30', ['0.10', '0.20'])],
      [statement('0.40', ['0.10', '0.30'])],
    );
    expect(differences[0]?.fields['lines']).toEqual({ a: [line('0.20')], b: [line('0.30')] });
    expect(worth).toEqual([
      { contract: 'C', party: 'client', a: '0.00', b: '0.00', difference: '0.00' },
      { contract: 'C', party: 'provider', a: '0.30', b: '0.40', difference: '0.10' },
    ]);
  });
});
