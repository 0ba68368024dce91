import fc from 'fast-check';
import type { Fact } from '#libs/contract';
import { anyCut, endOfLog } from '../test/any-log.js';
import { aFact, at, desk } from '../test/desk.js';
import { LogJudge } from '../test/judge-log.js';
import type { IdEntry } from './register-fact.js';
import type { JudgeItem } from './judge-item.js';

const opened = aFact({ id: 'o', type: 'ticket.opened', occurredAt: at('03-02 10:00'), data: { urgency: 'normal' } });
const withdrawn = aFact({
  id: 'w',
  type: 'fact.corrected',
  occurredAt: at('03-02 11:00'),
  data: { corrects: 'o', action: 'withdraw' },
});

/** A copy of a fact that reached us so many minutes after it happened, by a valid stamp. */
function copy(fact: Fact, minutes: number): JudgeItem {
  const stamped = { ...fact, appendedAt: fact.occurredAt + minutes * 60_000 };
  return { kind: 'fact', fact: stamped, at: endOfLog, stamped: true, importId: null, offset: 0 };
}

function entriesOf(items: readonly (readonly JudgeItem[])[]): Record<string, IdEntry> {
  const judge = new LogJudge([desk], { firings: 1_000, heldStates: 20_000 });
  for (const batch of items) {
    judge.take(batch);
    judge.takeOver();
  }
  const { ids } = judge.tables() as { ids: Record<string, string> };
  return Object.fromEntries(
    Object.values(ids).map((text, index) => [Object.keys(ids)[index]!.split('\n')[2]!, JSON.parse(text) as IdEntry]),
  );
}

const copies = fc
  .tuple(fc.array(fc.nat(600), { minLength: 1, maxLength: 5 }), fc.array(fc.nat(600), { minLength: 1, maxLength: 5 }))
  .chain(([ofOpened, ofWithdrawn]) => {
    const items = [...ofOpened.map((one) => copy(opened, one)), ...ofWithdrawn.map((one) => copy(withdrawn, one))];
    return fc.record({
      ofOpened: fc.constant(ofOpened),
      ofWithdrawn: fc.constant(ofWithdrawn),
      batches: fc.shuffledSubarray(items, { minLength: items.length }).chain(anyCut),
    });
  });

describe('of equal copies', () => {
  it('the earliest append time holds in whatever order they come, also of a correction that waits', () => {
    fc.assert(
      fc.property(copies, ({ ofOpened, ofWithdrawn, batches }) => {
        const entries = entriesOf(batches);
        expect(entries['o']?.appendedAt).toBe(opened.occurredAt + Math.min(...ofOpened) * 60_000);
        expect(entries['w']?.appendedAt).toBe(withdrawn.occurredAt + Math.min(...ofWithdrawn) * 60_000);
      }),
      { numRuns: 150 },
    );
  });

  it('a later append time changes nothing, and neither does a copy with other content', () => {
    const other = { ...opened, contentHash: 'other' };
    expect(entriesOf([[copy(opened, 5), copy(opened, 9), copy(other, 1)]])['o']?.appendedAt).toBe(
      opened.occurredAt + 5 * 60_000,
    );
  });
});
