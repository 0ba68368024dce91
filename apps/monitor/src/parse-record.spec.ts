import { homePartition, type LogRecord, type NewRecord } from '#libs/bus';
import { refusedRecord, watermarkRecord, type RefusedRecord } from '#libs/events';
import { aSession } from '../test/a-session.js';
import { always, LAB, labContract } from '../test/lab-contract.js';
import { anEvent, asRead, ownRecord, STAMP_KEY, type GivenEvent } from '../test/lab-records.js';
import type { ContractLibrary } from './contract-library.js';
import { tickRecord } from './own-records.js';
import { parseRecord, type Parsed } from './parse-record.js';

const NOW = Date.parse('2026-03-02T02:00:00Z');
const PARTITIONS = 4;
const HERE = 'LAB-1';
const lab = labContract(HERE, { isDefault: true });
const partition = homePartition(HERE, PARTITIONS);
const elsewhere = ['A', 'B', 'C', 'D', 'E'].find((id) => homePartition(id, PARTITIONS) !== partition)!;
const unpublished = ['F', 'G', 'H', 'I', 'J', 'K'].find((id) => homePartition(id, PARTITIONS) === partition)!;

const MARK = { door: 'shop', through: NOW - 1_000 };
const UNMAPPED: RefusedRecord = {
  door: 'shop',
  place: 'cases/2/17',
  refusal: { reason: 'SCHEMA', detail: 'id is empty or missing', id: null, source: null, contract: null },
  raw: { key: 'aw==', value: 'P/8=', headers: { h: 'x' } },
};

/** Only the default contracts are asked for. */
const library = {
  defaultContract: (source: string) => Promise.resolve(source === LAB ? HERE : undefined),
} as unknown as ContractLibrary;

function parse(record: NewRecord, difference: Partial<LogRecord> = {}): Promise<Parsed> {
  const read = { ...asRead(record, { partition, offset: 7, appendedAt: NOW }), ...difference };
  const session = aSession([lab], { partition });
  const context = { session, library, stampKey: STAMP_KEY, partitions: PARTITIONS, now: NOW };
  return Promise.resolve(parseRecord(read, context));
}

const event = (difference: Partial<GivenEvent> = {}): NewRecord =>
  anEvent({ contract: HERE, time: NOW - 60_000, ...difference });
const own = (source: string, type: string, difference: Partial<GivenEvent> = {}): NewRecord =>
  ownRecord({ contract: HERE, time: NOW, source, type, subject: undefined, ...difference });

/** The item as one word and what matters of it. */
async function said(record: NewRecord, difference: Partial<LogRecord> = {}): Promise<string> {
  const item = await parse(record, difference);
  switch (item.kind) {
    case 'refused':
      return `${item.refusal.reason} of ${item.refusal.contract ?? 'none'}: ${item.refusal.detail}`;
    case 'fact':
      return `fact ${item.fact.id} of ${item.fact.contract}${item.stamped ? ', stamped' : ''}`;
    case 'stray':
      return `stray to ${item.contract}`;
    default:
      return item.kind;
  }
}

describe('a record becomes', () => {
  it.each<[what: string, record: NewRecord, item: string]>([
    ['a fact of the contract it names', event(), 'fact e-1 of LAB-1'],
    ['a fact of its source’s default contract', event({ contract: null }), 'fact e-1 of LAB-1'],
    ['a fact of a type that the contract does not know', event({ type: 'door.opened' }), 'fact e-1 of LAB-1'],
    ['a stray where its contract lives elsewhere', event({ contract: elsewhere }), `stray to ${elsewhere}`],
    ['a tick', { topic: '', ...tickRecord(partition, 1, NOW, STAMP_KEY) }, 'tick'],
    ['a watermark of a door', { topic: '', ...watermarkRecord(MARK, partition, STAMP_KEY) }, 'watermark'],
    [
      'what a door could not map',
      { topic: '', ...refusedRecord(UNMAPPED, NOW, STAMP_KEY) },
      `SCHEMA of none: door 'shop', cases/2/17: id is empty or missing`,
    ],
    ['the beginning of an import', own('/pactwatch/import', 'import.begun', { data: { import: 'i' } }), 'import-begun'],
    ['its end', own('/pactwatch/import', 'import.completed', { data: { import: 'i' } }), 'import-completed'],
    [
      'a version to take up',
      own('/pactwatch/publish', 'contract.published', {
        data: { version: 1, hash: 'h', from: null, calendars: { always: 'c' } },
      }),
      'publish',
    ],
    [
      'a fact where the product says something else',
      own('/pactwatch/client', 'finding.made', { subject: 'F-1' }),
      'fact own-1 of LAB-1',
    ],
  ])('%s', async (_, record, item) => {
    expect(await said(record)).toBe(item);
  });

  it('a fact with everything that judging reads', async () => {
    const record = event({ data: { urgency: 'now', free: 'text' }, extensions: { importid: 'i-1', other: 'x' } });
    expect(await parse(record)).toEqual({
      kind: 'fact',
      at: NOW,
      stamped: false,
      importId: 'i-1',
      offset: 7,
      fact: {
        contract: HERE,
        source: LAB,
        id: 'e-1',
        type: 'sample.received',
        subject: 'S-1',
        occurredAt: NOW - 60_000,
        appendedAt: NOW,
        sequence: undefined,
        contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        data: { urgency: 'now', free: 'text' },
      },
    });
  });

  it('a version as the publication says it, in force as the file says where it names no instant', async () => {
    const data = { version: 2, hash: lab.hash, from: null, calendars: { [always.id]: always.hash } };
    const version = { version: 2, hash: lab.hash, from: null, calendars: { [always.id]: always.hash } };
    const item = { kind: 'publish', contract: HERE, version, at: NOW, offset: 7 };
    expect(await parse(own('/pactwatch/publish', 'contract.published', { data }))).toEqual(item);
    const later = { ...data, from: '2026-04-01T00:00:00+08:00' };
    expect(await parse(own('/pactwatch/publish', 'contract.published', { data: later }))).toMatchObject({
      version: { from: Date.parse('2026-03-31T16:00:00Z') },
    });
  });
});

describe('where the log keeps what its senders say of the time', () => {
  const bySender = { appendedAt: Date.parse('2100-01-01T00:00:00Z'), timeOfSender: true } as const;

  it('a fact says so', async () => {
    expect(await parse(event(), bySender)).toMatchObject({ kind: 'fact', timeOfSender: true });
  });

  it('what is refused is no sign of time', async () => {
    expect(await parse(event({ data: { urgency: 'never' } }), bySender)).toMatchObject({
      kind: 'refused',
      live: false,
    });
  });

  it.each<[what: string, record: NewRecord, at: number]>([
    ['a tick', { topic: '', ...tickRecord(partition, 1, NOW, STAMP_KEY), key: null }, NOW],
    ['a watermark', { topic: '', ...watermarkRecord(MARK, partition, STAMP_KEY) }, MARK.through],
    ['a beginning of an import', own('/pactwatch/import', 'import.begun', { data: { import: 'i' } }), NOW],
  ])('%s is no later than what was signed', async (_, record, at) => {
    expect(await parse(record, bySender)).toMatchObject({ at });
  });
});

describe('refused, with the reason:', () => {
  const [source, type] = ['/pactwatch/import', 'import.begun'];
  it.each<[what: string, record: NewRecord, reason: string]>([
    ['a field that breaks the schema', event({ data: { urgency: 'never' } }), 'SCHEMA of LAB-1: data.urgency'],
    ['a fact without a subject', event({ subject: undefined }), 'SCHEMA of LAB-1: subject is missing'],
    [
      'a time outside the term',
      event({ time: Date.parse('2001-01-01T00:00:00Z') }),
      'TIME_IMPLAUSIBLE of LAB-1: time 2001',
    ],
    [
      'a contract nobody published',
      event({ contract: unpublished }),
      `UNKNOWN_CONTRACT of none: contract '${unpublished}' is not`,
    ],
    [
      'no contract, and none by default',
      event({ contract: null, source: '/street' }),
      'UNKNOWN_CONTRACT of none: contractid is missing',
    ],
    [
      'a stray that was sent home before',
      event({ contract: elsewhere, stamp: NOW - 5, extensions: { rekeyed: '1' } }),
      'MISROUTED',
    ],
    [
      'an own source without signature',
      event({ source, type }),
      "FORGED of LAB-1: source '/pactwatch/import' is the product's own",
    ],
    ['a signature of other content', own(source, type, { extensions: { ownsig: 'f'.repeat(64) } }), 'FORGED'],
    [
      'a tick that somebody else wrote',
      event({ source: '/pactwatch/monitor', type: 'tick', contract: null }),
      'FORGED',
    ],
    [
      'an own type by another part',
      own('/pactwatch/client', type, { data: { import: 'i' } }),
      "FORGED of LAB-1: 'import.begun' is written by",
    ],
    ['a publication by the import', own(source, 'contract.published'), 'FORGED'],
    [
      'a watermark that somebody else wrote',
      event({ source: '/pactwatch/intake', type: 'watermark', contract: null }),
      'FORGED',
    ],
    ['a watermark by another part', own('/pactwatch/import', 'watermark'), 'FORGED'],
    [
      'a watermark without an instant',
      own('/pactwatch/intake', 'watermark', { contract: null, data: { door: 'shop' } }),
      'SCHEMA of none: data of',
    ],
    [
      'what a door is said to have refused, by somebody else',
      event({ source: '/pactwatch/intake', type: 'record.refused', contract: null }),
      'FORGED',
    ],
    [
      'what a door refused for a reason that is not its own',
      own('/pactwatch/intake', 'record.refused', {
        contract: null,
        data: { door: 'shop', place: 'cases/2/17', reason: 'ID_REUSE', detail: 'x', headers: {} },
      }),
      'SCHEMA of none: data of',
    ],
    ['an import without a name', own(source, type, { data: { import: '' } }), 'SCHEMA of LAB-1: data of'],
    [
      'a version that is no number',
      own('/pactwatch/publish', 'contract.published', { data: { version: '1', hash: 'h', calendars: {} } }),
      'SCHEMA',
    ],
    [
      'a version without calendars',
      own('/pactwatch/publish', 'contract.published', { data: { version: 1, hash: 'h' } }),
      'SCHEMA',
    ],
    [
      'a version from no instant',
      own('/pactwatch/publish', 'contract.published', { data: { version: 1, hash: 'h', calendars: {}, from: 'soon' } }),
      'SCHEMA',
    ],
  ])('%s', async (_, record, reason) => {
    expect(await said(record)).toMatch(new RegExp(`^${reason.replace(/[.'/]/g, '\\$&')}`));
  });

  it('what cannot be read, found again by its key where that names a contract here', async () => {
    const garbage = { topic: '', value: '\u0001 not JSON', headers: {} };
    expect(await said({ ...garbage, key: HERE })).toMatch(/^SCHEMA of LAB-1: the event is not JSON/);
    expect(await said({ ...garbage, key: 'OTHER' })).toMatch(/^SCHEMA of none:/);
    expect(await said({ ...garbage, key: null })).toMatch(/^SCHEMA of none:/);
  });

  it('a record of an import does not count as live, any other does', async () => {
    const broken = { data: { urgency: 'never' } };
    expect(await parse(event(broken))).toMatchObject({ kind: 'refused', live: true });
    expect(await parse(event({ ...broken, extensions: { importid: 'i' } }))).toMatchObject({ live: false });
  });
});

describe('a stamp', () => {
  it('says when the fact first reached us', async () => {
    expect(await parse(event({ stamp: NOW - 3_000 }))).toMatchObject({
      stamped: true,
      fact: { appendedAt: NOW - 3_000 },
    });
  });

  it('counts up to the very instant of the record', async () => {
    expect(await parse(event({ stamp: NOW }))).toMatchObject({ stamped: true });
  });

  it.each<[what: string, difference: Partial<GivenEvent>]>([
    ['without a signature', { extensions: { appendedtime: '2026-03-02T01:00:00Z' } }],
    ['with another signature', { stamp: NOW - 3_000, extensions: { stampsig: '0'.repeat(64) } }],
    ['signed for another instant', { stamp: NOW - 3_000, extensions: { appendedtime: '2026-03-02T01:00:00Z' } }],
    ['that is no instant', { stamp: NOW - 3_000, extensions: { appendedtime: 'yesterday' } }],
    ['later than the record itself', { stamp: NOW + 1 }],
  ])('%s counts as none', async (_, difference) => {
    expect(await parse(event(difference))).toMatchObject({ kind: 'fact', stamped: false, fact: { appendedAt: NOW } });
  });

  it('of a stray goes along; without one the append time of the wrong partition does', async () => {
    expect(await parse(event({ contract: elsewhere, stamp: NOW - 3_000 }))).toMatchObject({ appendedAt: NOW - 3_000 });
    expect(await parse(event({ contract: elsewhere }))).toMatchObject({ appendedAt: NOW });
  });

  it('is what makes the mark of a stray sent home believable: marked by others it goes home all the same', async () => {
    expect(await said(event({ contract: elsewhere, extensions: { rekeyed: '1' } }))).toBe(`stray to ${elsewhere}`);
  });
});
