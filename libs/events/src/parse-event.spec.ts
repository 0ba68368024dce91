import { CloudEvent, Kafka } from 'cloudevents';
import fc from 'fast-check';
import {
  eventLimits,
  parseEvent,
  parseJsonEvent,
  toJsonEvent,
  toRecordBinary,
  toRecordStructured,
  type EventEnvelope,
} from './index.js';

const ordinary = {
  specversion: '1.0',
  id: 'e-1',
  source: '/platform/desk',
  type: 'case.opened',
  subject: 'K-1',
  time: '2026-03-20T10:00:00.1239+08:00',
  contractid: 'K-2026',
  data: { priority: 'high' },
};
const at = Date.parse('2026-03-20T02:00:00.123Z');

const json = (difference: object) => JSON.stringify({ ...ordinary, ...difference });

const event = (parsed: ReturnType<typeof parseEvent>): EventEnvelope => {
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  return parsed.event;
};
const refusal = (parsed: ReturnType<typeof parseEvent>) => {
  if (parsed.ok) throw new Error('was accepted');
  return parsed.refusal;
};

describe('an event in the JSON format', () => {
  it('is read with all its attributes', () => {
    expect(event(parseJsonEvent(json({ sequence: 7, tenant: 'a', datacontenttype: 'application/json' })))).toEqual({
      id: 'e-1',
      source: '/platform/desk',
      type: 'case.opened',
      subject: 'K-1',
      time: at,
      timeText: '2026-03-20T10:00:00.1239+08:00',
      contractid: 'K-2026',
      sequence: '7',
      data: { priority: 'high' },
      extensions: { tenant: 'a' },
    });
  });

  it('has empty data where it carries none, and no subject where it is empty', () => {
    const read = event(parseJsonEvent(json({ data: undefined, subject: '' })));
    expect(read.data).toEqual({});
    expect('subject' in read).toBe(false);
  });

  it.each<[string, object, RegExp]>([
    ['another version', { specversion: '0.3' }, /^specversion is not 1\.0: '0\.3'$/],
    ['no version', { specversion: undefined }, /^specversion is missing/],
    ['no id', { id: undefined }, /^id is missing or empty$/],
    ['an empty id', { id: '' }, /^id is missing or empty$/],
    ['an id that is a number', { id: 5 }, /^id is not a string: 5$/],
    ['an id that is too long', { id: 'x'.repeat(257) }, /^id has 257 characters \(allowed: 256\)/],
    ['an id with a NUL', { id: 'a\0b' }, /^id holds a control character/],
    ['half a surrogate pair', { subject: 'a\ud800' }, /^subject holds .*surrogate/],
    ['no source', { source: null }, /^source is missing or empty$/],
    ['a source with a space', { source: '/a b' }, /^source is not a URI-reference: '\/a b'$/],
    ['a source with half an escape', { source: '/a%4' }, /^source is not a URI-reference/],
    ['no type', { type: undefined }, /^type is missing or empty$/],
    ['no time', { time: undefined }, /^time is missing or empty$/],
    [
      'a time without offset',
      { time: '2026-03-20T10:00:00' },
      /not an RFC 3339 instant with offset: '2026-03-20T10:00:00'$/,
    ],
    ['a day that does not exist', { time: '2026-02-30T10:00:00Z' }, /no such instant: '2026-02-30T10:00:00Z'$/],
    ['data that are text', { data: 'text' }, /^data is not an object: 'text'$/],
    ['data that are null', { data: null }, /^data is not an object: null$/],
    ['data that are a list', { data: [1] }, /^data is not an object: an array$/],
    ['binary data', { data: undefined, data_base64: 'AA==' }, /^data_base64 is not allowed/],
    ['a NUL deep in data', { data: { a: [{ b: 'x\0' }] } }, /^data\.a\[0\]\.b holds a character/],
    ['an attribute name in capitals', { traceId: 'x' }, /^'traceId' is not an attribute name/],
    ['an attribute that is an object', { trace: {} }, /^trace is not a string, number or boolean: an object$/],
  ])('is refused with %s', (_, difference, detail) => {
    expect(refusal(parseJsonEvent(json(difference)))).toMatchObject({
      reason: 'SCHEMA',
      detail: expect.stringMatching(detail),
    });
  });

  it.each([
    ['nonsense', /^the event is not JSON: /],
    ['[]', /^the event is not a JSON object: an array$/],
    ['{"id": "a\nb"}', /^the event is not JSON: /],
    ['', /^the event is not JSON: /],
  ])('is refused where the line is %j', (line, detail) => {
    expect(refusal(parseJsonEvent(line))).toEqual({
      reason: 'SCHEMA',
      detail: expect.stringMatching(detail),
      id: null,
      source: null,
      contract: null,
    });
  });

  it('keeps what could be read of a refused event', () => {
    expect(refusal(parseJsonEvent(json({ time: 'soon' })))).toMatchObject({
      id: 'e-1',
      source: '/platform/desk',
      contract: 'K-2026',
    });
    expect(refusal(parseJsonEvent(json({ id: 'a\0' })))).toMatchObject({ id: null, source: '/platform/desk' });
  });

  it('takes data of the depth allowed and refuses one level more', () => {
    const nested = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`) as object;
    expect(parseJsonEvent(json({ data: nested(eventLimits.jsonDepth) })).ok).toBe(true);
    expect(refusal(parseJsonEvent(json({ data: nested(eventLimits.jsonDepth + 1) }))).detail).toMatch(
      /deeper than the 64 levels/,
    );
  });

  it('is refused, not fatal, where brackets are nested without end', () => {
    const bomb = '['.repeat(500_000) + ']'.repeat(500_000);
    expect(refusal(parseJsonEvent(bomb)).reason).toBe('SCHEMA');
    expect(refusal(parseJsonEvent(`{"data":${bomb}}`)).reason).toBe('SCHEMA');
    expect(refusal(parseJsonEvent(json({}).replace('{', `{"x":${bomb},`))).reason).toBe('SCHEMA');
  });

  it('keeps names of the prototype as plain names', () => {
    const read = event(
      parseJsonEvent(
        json({})
          .replace('{"priority"', '{"__proto__":{"polluted":true},"constructor":1,"priority"')
          .replace('{', '{"constructor":"x",'),
      ),
    );
    expect(read.extensions.constructor).toBe('x');
    expect(read.extensions.toString).toBeUndefined();
    expect(Object.keys(read.data)).toEqual(['__proto__', 'constructor', 'priority']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('a Kafka record', () => {
  const headers = {
    ce_specversion: '1.0',
    ce_id: Buffer.from('e-1'),
    ce_source: Buffer.from('/platform/desk'),
    ce_type: 'case.opened',
    ce_time: '2026-03-20T02:00:00Z',
    'content-type': Buffer.from('application/json; charset=utf-8'),
  };
  const value = Buffer.from('{"a":"客"}');

  it('is read in binary mode, headers being text or bytes', () => {
    expect(
      event(parseEvent({ headers: { ...headers, traceparent: 'x', ce_subject: Buffer.from('案-1') }, value })),
    ).toMatchObject({
      id: 'e-1',
      subject: '案-1',
      data: { a: '客' },
      extensions: {},
    });
  });

  it('is read in structured mode by its content type, and by its shape', () => {
    for (const types of [
      { 'content-type': 'application/cloudevents+json; charset=utf-8' },
      {},
      { 'Content-Type': 'application/json' },
    ]) {
      expect(event(parseEvent({ headers: types as Record<string, string>, value: Buffer.from(json({})) })).id).toBe(
        'e-1',
      );
    }
  });

  it('has empty data in binary mode without a value', () => {
    expect(event(parseEvent({ headers, value: null })).data).toEqual({});
  });

  it.each<[string, Parameters<typeof parseEvent>[0], string, RegExp]>([
    ['nothing at all', { headers: {}, value: null }, 'SCHEMA', /neither ce_ headers nor a value/],
    ['bytes that are no UTF-8', { headers, value: Buffer.from([0x7b, 0xff, 0x7d]) }, 'SCHEMA', /not UTF-8/],
    [
      'a batch',
      { headers: { 'content-type': 'application/cloudevents-batch+json' }, value },
      'SCHEMA',
      /content-type is not allowed/,
    ],
    [
      'Avro',
      { headers: { ...headers, 'content-type': 'application/avro' }, value },
      'SCHEMA',
      /content-type is not allowed: 'application\/avro'/,
    ],
    ['data that are no JSON', { headers, value: Buffer.from('{') }, 'SCHEMA', /^data is not JSON/],
    [
      'a value beyond the limit',
      { headers, value: Buffer.alloc(eventLimits.messageBytes + 1) },
      'TOO_LARGE',
      /16777217 bytes \(allowed: 16777216\)/,
    ],
  ])('is refused with %s', (_, record, reason, detail) => {
    expect(refusal(parseEvent(record))).toMatchObject({ reason, detail: expect.stringMatching(detail) });
  });

  it('names its id in the refusal also in binary mode', () => {
    expect(refusal(parseEvent({ headers, value: Buffer.from('[]') }))).toMatchObject({
      id: 'e-1',
      source: '/platform/desk',
    });
  });

  it('takes a replacement character that was really sent', () => {
    expect(event(parseEvent({ headers, value: Buffer.from('{"a":"\ufffd"}') })).data).toEqual({ a: '\ufffd' });
  });

  it('never throws, whatever bytes it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, binary) => {
        parseEvent({ headers: binary ? headers : {}, value: Buffer.from(bytes) });
      }),
    );
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(...Object.keys(ordinary)), (text, field) => {
        parseJsonEvent(text);
        parseJsonEvent(JSON.stringify({ ...ordinary, [field]: JSON.parse(text) as unknown }));
      }),
    );
  });
});

describe('an event that is written', () => {
  const outgoing = event(parseJsonEvent(json({ sequence: '00012', tenant: '甲' })));

  it('reads back as itself in every mode', () => {
    const bytes = (record: { headers: Record<string, string>; value: string }) => ({
      headers: record.headers,
      value: Buffer.from(record.value),
    });
    expect(event(parseEvent(bytes(toRecordBinary(outgoing))))).toEqual(outgoing);
    expect(event(parseEvent(bytes(toRecordStructured(outgoing))))).toEqual(outgoing);
    expect(event(parseJsonEvent(toJsonEvent(outgoing)))).toEqual(outgoing);
  });

  it('goes under its contract unless another key is given', () => {
    expect(toRecordBinary(outgoing).key).toBe('K-2026');
    expect(toRecordStructured(outgoing, 'other').key).toBe('other');
  });

  it('has no headers without a value', () => {
    const { headers } = toRecordBinary({
      id: 'a',
      source: '/s',
      type: 't',
      time: at,
      data: {},
      extensions: { stampsig: undefined },
    });
    expect(Object.keys(headers)).toEqual([
      'content-type',
      'ce_specversion',
      'ce_id',
      'ce_source',
      'ce_type',
      'ce_time',
    ]);
    expect(headers.ce_time).toBe('2026-03-20T02:00:00.123Z');
  });

  it('is understood by the CloudEvents SDK', () => {
    for (const record of [toRecordBinary(outgoing), toRecordStructured(outgoing)]) {
      const read = Kafka.toEvent({
        headers: record.headers,
        value: record.value,
        key: record.key,
        body: record.value,
      } as never) as CloudEvent;
      expect(read).toMatchObject({ id: 'e-1', type: 'case.opened', contractid: 'K-2026', data: { priority: 'high' } });
    }
  });
});
