import type { DecisionRow, FactRow, IdRow, OwnerRow, PartitionSave, StateRow, VerdictRow } from '#libs/store';

const AT = Date.parse('2030-03-05T08:00:00Z');

/** A save by the owner as `take` gave it that changes nothing but the offset by one; the test states the difference. */
export function aSave(owner: OwnerRow, difference: Partial<PartitionSave> = {}): PartitionSave {
  return {
    topic: owner.topic,
    partition: owner.partition,
    epoch: owner.epoch,
    fromOffset: owner.nextOffset,
    fromSlice: owner.slice,
    toOffset: owner.nextOffset + 1,
    toSlice: owner.slice,
    outboxNumber: owner.outboxNumber,
    last: { offset: owner.nextOffset, appendedAt: AT, hash: 'hash' },
    recordedAt: AT,
    facts: [],
    ids: [],
    waitingAdded: [],
    waitingRemoved: [],
    states: [],
    verdicts: [],
    decisions: [],
    quarantine: [],
    outbox: [],
    contracts: [],
    ...difference,
  };
}

export function aFact(id: string, difference: Partial<FactRow> = {}): FactRow {
  return {
    contract: 'C-1',
    source: '/platform',
    id,
    type: 'case.opened',
    subject: `S-${id}`,
    occurredAt: AT - 1000,
    appendedAt: AT,
    sequence: null,
    contentHash: `hash of ${id}`,
    data: '{"channel":"app"}',
    offset: 0,
    ...difference,
  };
}

export function anId(id: string, difference: Partial<IdRow> = {}): IdRow {
  return {
    contract: 'C-1',
    source: '/platform',
    id,
    contentHash: `hash of ${id}`,
    type: 'case.opened',
    appendedAt: AT,
    keys: [`case/S-${id}`],
    note: null,
    ...difference,
  };
}

export function aState(key: string, difference: Partial<StateRow> = {}): StateRow {
  return { contract: 'C-1', key, packed: '{"facts":[]}', nextInstant: null, ...difference };
}

export function aVerdict(subject: string, difference: Partial<VerdictRow> = {}): VerdictRow {
  return {
    contract: 'C-1',
    obligation: 'answer',
    subject,
    instance: 1,
    clause: '5.1',
    party: 'provider',
    state: 'running',
    startedAt: AT,
    dueAt: AT + 3_600_000,
    stoppedAt: null,
    stateKey: `case/${subject}`,
    revision: 1,
    number: 1,
    effectiveAt: AT,
    dimensions: '{}',
    ...difference,
  };
}

export function aDecision(number: number, difference: Partial<DecisionRow> = {}): DecisionRow {
  return {
    contract: 'C-1',
    number,
    generation: 1,
    type: 'compliance.verdict.opened',
    obligation: 'answer',
    clause: '5.1',
    party: 'provider',
    subject: 'S-1',
    instance: 1,
    state: 'running',
    revision: 1,
    supersedes: null,
    effectiveAt: AT,
    record: `{"number":${number}}`,
    ...difference,
  };
}
