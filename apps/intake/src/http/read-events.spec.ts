import { MAX_BATCH_EVENTS, readEvents, type EventsRequest } from './read-events.js';

const event = {
  specversion: '1.0',
  id: 'e-1',
  source: '/crm',
  type: 'case.opened',
  subject: 'C-1',
  time: '2026-03-24T13:04:47+08:00',
  data: { priority: 'high' },
};

function structured(body: unknown, contentType = 'application/cloudevents+json'): EventsRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { headers: { 'content-type': [contentType] }, body: Buffer.from(text) };
}

function batch(body: unknown): EventsRequest {
  return structured(body, 'application/cloudevents-batch+json');
}

const headers = {
  'content-type': ['application/json'],
  'ce-specversion': ['1.0'],
  'ce-id': ['e-1'],
  'ce-source': ['/crm'],
  'ce-type': ['case.opened'],
  'ce-subject': ['C-1'],
  'ce-time': ['2026-03-24T13:04:47+08:00'],
};

function binary(changes: NodeJS.Dict<string[]> = {}, body = JSON.stringify(event.data)): EventsRequest {
  return { headers: { ...headers, ...changes }, body: Buffer.from(body) };
}

function eventsOf(request: EventsRequest) {
  const read = readEvents(request);
  if (!read.ok) throw new Error(JSON.stringify(read));
  return read.events;
}

describe('events are read', () => {
  it('the same from every content mode', () => {
    const [one] = eventsOf(structured(event));
    expect(one).toMatchObject({ id: 'e-1', time: Date.parse('2026-03-24T05:04:47Z'), data: { priority: 'high' } });
    expect(eventsOf(binary())).toEqual([one]);
    expect(eventsOf(batch([event, { ...event, id: 'e-2' }]))).toEqual([one, { ...one, id: 'e-2' }]);
  });

  it.each([
    ['percent-encoded UTF-8', '%E6%8A%95%E8%AF%89 1', '投诉 1'],
    ['a quoted string', '"C \\"1\\""', 'C "1"'],
    ['bare UTF-8 bytes', Buffer.from('投诉').toString('latin1'), '投诉'],
    ['a percent sign alone', '50%', '50%'],
  ])('with %s in a header', (_, written, subject) => {
    expect(eventsOf(binary({ 'ce-subject': [written] }))).toMatchObject([{ subject }]);
  });

  it('without data', () => {
    const { 'content-type': _, ...bare } = headers;
    expect(eventsOf({ headers: bare, body: Buffer.alloc(0) })).toMatchObject([{ data: {} }]);
    expect(eventsOf(batch([]))).toEqual([]);
  });

  it('with a mark of byte order and a named charset', () => {
    const type = 'application/cloudevents+json; charset=UTF-8';
    expect(eventsOf(structured(`\ufeff${JSON.stringify(event)}`, type))).toHaveLength(1);
    expect(eventsOf(batch(`\ufeff[${JSON.stringify(event)}]`))).toHaveLength(1);
  });
});

describe('a request is refused as a whole', () => {
  const { 'content-type': _, ...typeless } = headers;
  it.each([
    ['another content type', structured(event, 'text/plain'), 'unsupported-media-type', 'content-type'],
    [
      'another format of CloudEvents',
      structured(event, 'application/cloudevents+avro'),
      'unsupported-media-type',
      'content-type',
    ],
    [
      'another charset',
      structured(event, 'application/cloudevents+json; charset=gbk'),
      'unsupported-media-type',
      'content-type',
    ],
    ['data of another type', binary({ 'content-type': ['application/xml'] }), 'unsupported-media-type', 'content-type'],
    ['JSON without any attribute', structured(event, 'application/json'), 'malformed', 'ce-specversion'],
    ['neither type nor attributes', { headers: {}, body: Buffer.alloc(0) }, 'malformed', 'ce-specversion'],
    ['a header that comes twice', binary({ 'ce-id': ['a', 'b'] }), 'malformed', 'ce-id'],
    ['a header that is not UTF-8', binary({ 'ce-subject': ['%FF'] }), 'malformed', 'ce-subject'],
    ['a batch that is cut off', batch('[{"id":'), 'malformed', 'body'],
    ['a batch that is no array', batch(event), 'malformed', 'body'],
    ['an empty batch body', batch(''), 'malformed', 'body'],
    ['a batch of too many', batch(Array(MAX_BATCH_EVENTS + 1).fill(0)), 'too-large', 'body'],
    [
      'a batch that is not UTF-8',
      { ...batch(''), body: Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]) },
      'malformed',
      'body',
    ],
  ] as const)('for %s', (_, request, kind, field) => {
    expect(readEvents(request)).toMatchObject({ ok: false, kind, field });
  });

  it('but data without a content type are JSON', () => {
    expect(eventsOf({ headers: typeless, body: Buffer.from('{"priority":"high"}') })).toMatchObject([
      { data: { priority: 'high' } },
    ]);
  });
});

describe('an event is refused', () => {
  it.each([
    ['no object', structured('"text"'), 'event'],
    ['cut off', structured('{"specversion":"1.0",'), 'event'],
    ['empty', structured(''), 'event'],
    ['without id', structured({ ...event, id: undefined }), 'id'],
    ['with a number for an id', structured({ ...event, id: 7 }), 'id'],
    ['of another specversion', structured({ ...event, specversion: '0.3' }), 'specversion'],
    ['on no day', structured({ ...event, time: '2026-02-30T00:00:00Z' }), 'time'],
    ['without an offset', structured({ ...event, time: '2026-03-24T05:04:47' }), 'time'],
    ['with a list for data', structured({ ...event, data: [1] }), 'data'],
    ['with packed data', structured({ ...event, data: undefined, data_base64: 'e30=' }), 'data_base64'],
    [
      'with a prototype for an attribute',
      structured(`{"__proto__":{"id":"x"},${JSON.stringify(event).slice(1)}`),
      '__proto__',
    ],
    [
      'nested too deep',
      structured(
        `{"data":${'{"a":'.repeat(100)}1${'}'.repeat(100)},${JSON.stringify(event)
          .slice(1, -1)
          .replace(/,"data".*$/, '')}}`,
      ),
      'data',
    ],
    ['with half a character', structured({ ...event, data: { text: '\ud800' } }), 'data.text'],
    ['in headers, with data cut off', binary({}, '{"a":'), 'data'],
    ['in headers, without a time', binary({ 'ce-time': [] }), 'time'],
  ])('that is %s', (_, request, field) => {
    expect(readEvents(request)).toMatchObject({ ok: false, refused: [{ index: 0, kind: 'malformed', field }], of: 1 });
  });

  it('each by its place in a batch', () => {
    const read = readEvents(
      batch([event, 1, { ...event, time: 'noon' }, JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`)]),
    );
    expect(read).toMatchObject({
      ok: false,
      mode: 'batch',
      of: 4,
      refused: [
        { index: 1, field: 'event' },
        { index: 2, field: 'time' },
        { index: 3, field: 'event', detail: 'the event is nested deeper than 128 levels' },
      ],
    });
  });

  it('and no depth is too much to say so', () => {
    const bomb = '['.repeat(1_000_000) + ']'.repeat(1_000_000);
    expect(readEvents(structured(bomb))).toMatchObject({ ok: false });
    expect(readEvents(batch(bomb))).toMatchObject({ ok: false });
    expect(readEvents(binary({}, bomb))).toMatchObject({ ok: false });
  });
});
