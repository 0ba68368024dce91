import type { LogRecord } from '#libs/bus';
import { readMapping } from '#libs/events';
import { mapRecord } from './map-record.js';
import { toRefusedRecord } from './refused-record.js';

const MIB = 1024 * 1024;

function topicOf(source: string) {
  const text = `mapping: m
input: ndjson
events:
  - { type: t, source: '${source}', subject: '{no}', time: { field: at, format: rfc3339 }, data: { all: { field: all, as: json, optional: true } } }
`;
  const read = readMapping('m.yaml', text, { ids: 'optional' });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return { mapping: read.value };
}

function record(value: string | Buffer | null, difference: Partial<LogRecord> = {}): LogRecord {
  const place = { topic: 'cases', partition: 3, offset: 17 };
  const bytes = value === null ? null : Buffer.from(value);
  return { ...place, key: null, value: bytes, headers: {}, appendedAt: 0, ...difference };
}

const good = { no: 'C-1', at: '2026-03-02T10:00:00+08:00' };
const deep = (levels: number): string => `{"all":${'['.repeat(levels)}${']'.repeat(levels)}}`;

describe('a record of which no event can be made says why', () => {
  it.each<[what: string, value: string | Buffer | null, reason: string, detail: string]>([
    ['none', null, 'SCHEMA', 'the record has no value'],
    ['nothing', '', 'SCHEMA', 'the record has no value'],
    ['bytes that are no text', Buffer.from([0x22, 0xff, 0x22]), 'SCHEMA', 'the value is not UTF-8'],
    ['half an object', '{"no":', 'SCHEMA', 'the value is not JSON: '],
    ['a list', '[]', 'SCHEMA', 'the value is not a JSON object'],
    ['a bomb', deep(100_000), 'SCHEMA', 'the value is n'],
    ['what is nested deep', deep(200), 'SCHEMA', 'the value is nested deeper than the 128 levels allowed'],
    [
      'what is nested too deep for an event',
      JSON.stringify({ ...good, all: JSON.parse(deep(70)) as object }),
      'SCHEMA',
      't: data is nested deeper',
    ],
    ['a missing field', JSON.stringify({ no: 'C-1' }), 'SCHEMA', 't: at is empty or missing'],
    [
      'a control character',
      JSON.stringify({ ...good, no: 'C\u0001' }),
      'SCHEMA',
      't: subject holds a control character',
    ],
    ['too much', Buffer.alloc(16 * MIB + 1, ' '), 'TOO_LARGE', 'the value has 16777217 bytes'],
  ])('%s', (_, value, reason, detail) => {
    const mapped = mapRecord(record(value), topicOf('/shop'));
    expect(mapped).toMatchObject({
      ok: false,
      unmapped: { reason, detail: expect.stringContaining(detail) as unknown },
    });
  });

  it('a source of the product that the record itself brings', () => {
    const mapped = mapRecord(record(JSON.stringify({ ...good, who: '/pactwatch/client' })), topicOf('{who}'));
    expect(mapped).toMatchObject({ ok: false, unmapped: { reason: 'FORGED', source: '/pactwatch/client' } });
  });
});

it('an event without an id of its own has that of its place', () => {
  const mapped = mapRecord(record(JSON.stringify(good)), topicOf('/shop'));
  expect(mapped).toMatchObject({ ok: true, events: [{ id: 'cases/3/17', subject: 'C-1' }] });
});

describe('what is kept of a refused record', () => {
  const unmapped = { reason: 'SCHEMA', detail: 'why', id: null, source: null } as const;

  it('is all of it', () => {
    const headers = { h: Buffer.from('x') };
    const told = toRefusedRecord('shop', record('v', { key: Buffer.from('k'), headers }), unmapped, 'C-1');
    expect(told).toEqual({
      door: 'shop',
      place: 'cases/3/17',
      refusal: { ...unmapped, contract: 'C-1' },
      raw: { key: 'aw==', value: 'dg==', headers: { h: 'x' } },
    });
  });

  it('is its hash where it is too large for a message', () => {
    const headers = { h: Buffer.alloc(70_000, 'x') };
    const large = record(Buffer.alloc(8 * MIB + 1), { key: Buffer.alloc(70_000), headers });
    const { raw, refusal } = toRefusedRecord('shop', large, unmapped, null);
    expect(raw).toEqual({ key: null, value: null, headers: {} });
    expect(refusal.detail).toMatch(
      /^why; its value of 8388609 bytes is not kept here \(SHA-256 [0-9a-f]{64}\); its key of 70000 bytes .*; its headers are not kept here$/,
    );
  });
});
