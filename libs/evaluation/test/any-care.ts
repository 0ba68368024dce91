import fc from 'fast-check';
import type { Fact } from '#libs/contract';
import type { JudgeItem } from '../src/index.js';
import { care } from './care.js';
import { at, facts, local } from './desk.js';

/** Facts of two jobs and a request at few instants, some late, with everything that bears on them. */
export const anyCare: fc.Arbitrary<Fact[]> = fc
  .array(
    fc.record({
      what: fc.constantFrom(
        'job.opened urgency=normal',
        'job.opened urgency=high',
        'job.ranked urgency=high',
        'job.answered',
        'job.waiting',
        'job.resumed',
        'job.done',
        'job.reopened',
        'job.dropped',
        'supply.asked for=["J-1"]',
        'supply.given',
        'excuse.claimed',
        'excuse.accepted',
        'excuse.rejected',
        'breach.forgiven instance=finish/J-1/1',
        'breach.recalled instance=finish/J-1/1',
        'evidence.accepted',
        'evidence.rejected',
        'report.sent kind=monthly period=2026-02',
        'secret.told by=provider',
        'bill.received cycle=2026-02 amount=100',
        'money.received cycle=2026-02 amount=60',
        'fact.corrected',
      ),
      of: fc.constantFrom('J-1', 'J-2'),
      hour: fc.integer({ min: 0, max: 14 * 4 }),
      delay: fc.constantFrom(0, 0, 0, 1, 40),
      from: fc.constantFrom('/desk', '/desk', '/ours', '/theirs', '/court'),
      about: fc.nat(19),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((all) =>
    facts(
      all.map(({ what, of, hour, delay, from, about }) => {
        const target = all[about % all.length]!;
        const named = `{"source":"${target.from}","id":"f${(about % all.length) + 1}"}`;
        const subject = what.startsWith('supply')
          ? of === 'J-1'
            ? 'R-2'
            : 'R-1'
          : what.startsWith('excuse')
            ? 'E-1'
            : of;
        const span = `begins=${iso(24)} ends=${iso(60)} affects=["finish","answer","report"]`;
        const data = what.startsWith('excuse')
          ? span
          : what.startsWith('evidence')
            ? `fact=${named}`
            : what === 'fact.corrected'
              ? `source=${target.from} corrects=f${(about % all.length) + 1} action=withdraw`
              : '';
        return `${when(hour * 6)} ${what} of=${subject} from=${from} came=${when(hour * 6 + delay).replace(' ', 'T')} ${data}`.trimEnd();
      }),
      care,
    ),
  );

/** The stream that brings them, each when it came; published first, at the end all that is due by then is fired. */
export const anyCareLog: fc.Arbitrary<{ readonly told: readonly Fact[]; readonly log: readonly JudgeItem[] }> =
  anyCare.map((told) => {
    const arriving = told
      .map((fact) => ({ kind: 'fact' as const, fact, at: fact.appendedAt, stamped: false, importId: null }))
      .sort((a, b) => a.at - b.at);
    const published = {
      kind: 'published' as const,
      contract: care.id,
      version: { version: 1, hash: care.hash, calendars: {}, from: care.inForceFrom },
      versions: [care] as const,
      at: at('03-02 00:00') - 1,
    };
    const items = [published, ...arriving, { kind: 'tick' as const, at: endOfCare }];
    return { told: arriving.map(({ fact }) => fact), log: items.map((item, offset) => ({ ...item, offset })) };
  });

export const endOfCare = at('04-20 00:00');

function when(hours: number): string {
  return local(at('03-02 00:00') + hours * 3_600_000);
}

function iso(hours: number): string {
  return `2026-${when(hours).replace(' ', 'T')}:00+08:00`;
}
