import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { readMapping, type Mapping } from './mapping.js';

function mappingOf(text: string): Mapping {
  const read = readMapping('m.yaml', text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems, null, 1));
  return read.value;
}

function problemsOf(text: string): string[] {
  const read = readMapping('m.yaml', text);
  return read.ok ? [] : read.problems.map((one) => `${one.line}:${one.column}: ${one.message}`);
}

/** An ordinary mapping with one event; `time` and `more` are lines of YAML in flow style. */
function oneEvent(more = '', time = "{ field: At, format: 'yyyy-MM-dd HH:mm', zone: Asia/Shanghai }"): string {
  return `mapping: m\ninput: csv\nevents:\n  - { type: t, id: '{Id}', source: /s, subject: '{Id}', time: ${time}${more === '' ? '' : `, ${more}`} }\n`;
}

const row = { Id: '1', At: '2026-03-02 09:00' };

function only(mapping: Mapping, given: Record<string, unknown>) {
  const mapped = mapping.map(given);
  if (!mapped.ok) throw new Error(mapped.problems.map((one) => one.message).join('; '));
  return mapped.events[0];
}

function refusal(mapping: Mapping, given: Record<string, unknown>): string[] {
  const mapped = mapping.map(given);
  return mapped.ok ? [] : mapped.problems.map((one) => one.message);
}

describe('a mapping file', () => {
  const page = readFileSync(join(__dirname, '..', 'docs', 'mapping.md'), 'utf8');
  const blocks = [...page.matchAll(/^```([a-z-]+)\n(.*?)^```$/gms)].map(([, kind = '', text = '']) => ({ kind, text }));
  const examples = blocks.flatMap((block, index) =>
    block.kind === 'yaml'
      ? [{ yaml: block.text, input: blocks[index + 1]?.text ?? '', output: blocks[index + 2]?.text ?? '' }]
      : [],
  );

  it('is shown on its page by three examples', () => {
    expect(examples.map(({ yaml }) => mappingOf(yaml).id)).toEqual(['boston-311', 'help-desk-log', 'orders']);
  });

  it.each(examples)(
    'turns the rows of an example on its page into the events shown there',
    ({ yaml, input, output }) => {
      const mapping = mappingOf(yaml);
      const rows: Record<string, unknown>[] =
        mapping.input === 'csv'
          ? parse(input, { columns: true, delimiter: mapping.csv.delimiter, quote: mapping.csv.quote })
          : input
              .trim()
              .split('\n')
              .map((line) => JSON.parse(line) as Record<string, unknown>);
      const lines = rows.flatMap((one) => {
        const mapped = mapping.map(one);
        return mapped.ok
          ? mapped.events.map((event) => JSON.stringify(event))
          : mapped.problems.map((problem) => problem.message);
      });
      expect(lines).toEqual(output.trim().split('\n'));
    },
  );

  it('reports every mistake with its place and what is allowed', () => {
    const text = `mapping: m
input: csv
zone: Mars/Olympus
events:
  - type: t
    id: '{Id'
    source: /s
    time: { field: At, format: 'YYYY-MM-dd' }
    when: row.A = 1
    data:
      a: { field: A, as: instant }
      b: { field: B, template: '{B}' }
      c: { field: C, map: { x: y }, as: integer }
      d: { const: 1, field: D }
      e: { field: E, otherwise: z }
  - type: u
    id: i
    source: /s
    time: { field: At, format: 'hh:mm dd.MM.yyyy' }
    when: { field: A }
`;
    expect(problemsOf(text)).toEqual([
      "3:7: zone: 'Mars/Olympus' is no IANA zone (allowed: e.g. Asia/Shanghai, UTC)",
      "6:9: id: '{Id' opens a brace that it does not close",
      expect.stringMatching(/^8:\d+: format: 'YYYY' in 'YYYY-MM-dd' is not known \(allowed: yyyy yy MM/),
      expect.stringMatching(/^9:11: when: /),
      '11:10: format: missing; as instant needs one, e.g. yyyy-MM-dd HH:mm:ss',
      '12:10: b: exactly one of field and template must be given',
      '13:37: as: a value with map is what the map says; leave one of them out',
      '14:10: d: a value with const has nothing else (here: field, const)',
      '15:22: otherwise: only a value with map has it',
      "19:32: format: 'hh:mm dd.MM.yyyy' must have a (AM or PM) together with h or hh; the hour of a day of 24 is H or HH",
      '20:11: when: a field needs exactly one of present, equals, in (here: none)',
    ]);
  });

  it('names an unknown field at its own place, also where a short form would be allowed', () => {
    expect(problemsOf(oneEvent('data: { a: { field: A, formt: x } }'))).toEqual([
      expect.stringMatching(/^4:\d+: .*formt/),
    ]);
  });

  it('needs a zone for digits without an offset', () => {
    expect(problemsOf(oneEvent('', "{ field: At, format: 'yyyy-MM-dd' }"))).toEqual([
      expect.stringContaining('zone: missing; digits without an offset need the zone they are local to'),
    ]);
    expect(problemsOf(oneEvent('', "{ field: At, format: 'yyyy-MM-dd', reading: utc }"))).toEqual([]);
    expect(problemsOf(oneEvent('', '{ field: At, format: rfc3339 }'))).toEqual([]);
  });
});

describe('a row', () => {
  it.each([
    ['local', '2026-03-02 09:00', '2026-03-02T14:00:00Z'],
    ['local', '2026-07-02 09:00', '2026-07-02T13:00:00Z'],
    ['local, in the hour that is skipped', '2026-03-08 02:30', '2026-03-08T07:30:00Z'],
    ['local, in the hour that occurs twice', '2026-11-01 01:30', '2026-11-01T05:30:00Z'],
    ['utc', '2026-07-02 09:00', '2026-07-02T09:00:00Z'],
    ['local-minus-offset', '2026-01-02 09:00', '2026-01-02T19:00:00Z'],
    ['local-minus-offset', '2026-07-02 09:00', '2026-07-02T17:00:00Z'],
  ])('has its time read as %s', (reading, shown, instant) => {
    const time = `{ field: At, format: 'yyyy-MM-dd HH:mm', zone: America/New_York, reading: ${reading.split(',')[0] ?? ''} }`;
    expect(only(mappingOf(oneEvent('', time)), { Id: '1', At: shown })?.time).toBe(instant);
  });

  it.each([
    ['epoch-seconds', '1767225600', '2026-01-01T00:00:00Z'],
    ['epoch-seconds', '1767225600.25', '2026-01-01T00:00:00.25Z'],
    ['epoch-millis', '1767225600500', '2026-01-01T00:00:00.5Z'],
    ['rfc3339', '2026-01-01T08:00:00+08:00', '2026-01-01T00:00:00Z'],
    ["yyyyMMdd'T'HHmmssXXX", '20260101T080000+08:00', '2026-01-01T00:00:00Z'],
    ['d/M/yy h:mm a', '1/2/26 12:05 am', '2026-01-31T16:05:00Z'],
  ])('has its time read by the format %s', (format, shown, instant) => {
    const time = `{ field: At, format: "${format}", zone: Asia/Shanghai }`;
    expect(only(mappingOf(oneEvent('', time)), { Id: '1', At: shown })?.time).toBe(instant);
  });

  it.each(['2026-02-30 09:00', '2026-03-02', '2026-03-02 24:30', '02.03.2026 09:00'])(
    'is bad with the time %s',
    (shown) => {
      expect(refusal(mappingOf(oneEvent()), { Id: '1', At: shown })).toEqual([
        `At is '${shown}': an instant as yyyy-MM-dd HH:mm was expected`,
      ]);
    },
  );

  it('is bad where a field that is needed is empty, whatever else it holds', () => {
    const two = `${oneEvent()}  - { type: u, id: '{Id}-u', source: /s, time: { field: Until, format: rfc3339 } }\n`;
    const mapped = mappingOf(two).map({ ...row, Until: '' });
    expect(mapped).toEqual({
      ok: false,
      problems: [{ event: 'u', field: 'Until', value: null, message: 'Until is empty or missing' }],
    });
  });

  it.each([
    ['integer', '42', 42],
    ['number', '4.5', 4.5],
    ['decimal', '0.10', '0.10'],
    ['boolean', 'Yes', true],
    ['json', '{"a":[1]}', { a: [1] }],
    ['string', '007', '007'],
  ])('gives a value as %s', (kind, text, value) => {
    expect(only(mappingOf(oneEvent(`data: { v: { field: V, as: ${kind} } }`)), { ...row, V: text })?.data).toEqual({
      v: value,
    });
  });

  it.each([
    ['integer', '4.2', 'a whole number'],
    ['number', 'Infinity', 'a number'],
    ['decimal', '1e3', 'a decimal number'],
    ['boolean', 'maybe', 'true or false (also yes, no, y, n, 1, 0)'],
    ['json', '{', 'a JSON value'],
  ])('is bad where a value is no %s', (kind, text, allowed) => {
    expect(refusal(mappingOf(oneEvent(`data: { v: { field: V, as: ${kind} } }`)), { ...row, V: text })).toEqual([
      `V is '${text}': ${allowed} was expected`,
    ]);
  });

  it('gives a date without a zone', () => {
    const mapping = mappingOf(oneEvent("data: { v: { field: V, as: date, format: ['yyyy-MM-dd', 'd.M.yyyy'] } }"));
    expect(only(mapping, { ...row, V: '5.4.2026' })?.data).toEqual({ v: '2026-04-05' });
  });

  it('is bad with a text that a map without otherwise does not name', () => {
    expect(refusal(mappingOf(oneEvent('data: { v: { field: V, map: { a: 1, b: 2 } } }')), { ...row, V: 'c' })).toEqual([
      "V is 'c': allowed: a, b",
    ]);
  });

  it.each([
    ['{ field: V, present: true }', 'x', 1],
    ['{ field: V, present: true }', '', 0],
    ['{ field: V, present: false }', '', 1],
    ['{ field: V, equals: x }', 'x', 1],
    ['{ field: V, equals: x }', 'y', 0],
    ['{ field: V, in: [x, y] }', 'y', 1],
    ['\'row.V == "x"\'', 'x', 1],
    ['\'row.V == "x"\'', 'y', 0],
    ['[{ field: V, present: true }, \'row.V != "x"\']', 'x', 0],
  ])('gives an event only when %s holds (V: %s)', (condition, text, count) => {
    const mapped = mappingOf(oneEvent(`when: ${condition}`)).map({ ...row, V: text });
    expect(mapped.ok && mapped.events.length).toBe(count);
  });

  it('is bad where an expression needs a field it does not have', () => {
    expect(refusal(mappingOf(oneEvent(`when: 'row.V == "x"'`)), row)).toEqual([expect.stringContaining('when is ')]);
  });

  it('needs an id unless its rows have an origin, which then stands for it', () => {
    const text = oneEvent().replace("id: '{Id}', ", '');
    const two = `${text}${text.slice(text.indexOf('  - ')).replace('type: t', 'type: u')}`;
    expect(readMapping('m.yaml', text)).toMatchObject({
      ok: false,
      problems: [{ line: 4, message: 'id: missing (only a door can do without: it gives topic/partition/offset)' }],
    });
    const read = readMapping('m.yaml', two, { ids: 'optional' });
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    const mapped = read.value.map(row, 'cases/3/17');
    expect(mapped.ok && mapped.events.map(({ type, id }) => `${type} ${id}`)).toEqual([
      't cases/3/17',
      'u cases/3/17/2',
    ]);
  });

  it('does not take what every object inherits for a field', () => {
    expect(refusal(mappingOf(oneEvent("data: { v: '{constructor}' }")), row)).toEqual([
      'constructor is empty or missing',
    ]);
    expect(refusal(mappingOf(oneEvent("data: { v: '{Id.length}' }")), row)).toEqual(['Id.length is empty or missing']);
  });

  it('tells which column a header lacks, at the place that names it', () => {
    const missing = mappingOf(oneEvent('data: { v: { field: V } }')).fields.filter(({ field }) => field === 'V');
    expect(missing.map((one) => one.missing(['Id', 'At']).message)).toEqual([
      "'V' is no column of the input (allowed: Id, At)",
    ]);
  });
});
