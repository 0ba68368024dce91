import fc from 'fast-check';
import { z } from 'zod';
import { openYaml, readYaml, sourceOf } from './read-yaml.js';

const shop = z.strictObject({
  name: z.string(),
  open: z.boolean().optional(),
  floor: z.int().min(0).max(9).optional(),
  tags: z.array(z.enum(['new', 'sale'])).optional(),
  owner: z.strictObject({ name: z.string(), phone: z.string().optional() }).optional(),
  price: z.union([z.number(), z.strictObject({ amount: z.number(), unit: z.enum(['each', 'kilo']) })]).optional(),
  stock: z.record(z.string().regex(/^[a-z]+$/, 'allowed: small letters'), z.number()).optional(),
});

function problems(text: string, schema: z.ZodType = shop): string[] {
  const read = readYaml('shop.yaml', text, schema);
  return read.ok ? [] : read.problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
}

describe('a YAML file', () => {
  it('that keeps its schema is its value', () => {
    const read = readYaml('shop.yaml', 'name: Corner\ntags: [new, sale]\nprice: { amount: 3, unit: kilo }\n', shop);
    expect(read.ok && read.value).toEqual({
      name: 'Corner',
      tags: ['new', 'sale'],
      price: { amount: 3, unit: 'kilo' },
    });
  });

  it('is YAML 1.2: yes, no and clock times are text, dates stay text, merge keys mean nothing', () => {
    const read = openYaml('x.yaml', 'a: yes\nb: 09:00\nc: 2026-05-01\nd: 0o17\n<<: { e: 1 }\n');
    expect(read.ok && read.value).toEqual({ a: 'yes', b: '09:00', c: '2026-05-01', d: 15, '<<': { e: 1 } });
  });

  it('may repeat a value by its anchor', () => {
    const read = readYaml('x.yaml', 'a: &x [1, 2]\nb: *x\n', z.record(z.string(), z.array(z.number())));
    expect(read.ok && read.value).toEqual({ a: [1, 2], b: [1, 2] });
  });
});

describe('a mistake in a YAML file', () => {
  it.each<[string, string, string[]]>([
    [
      'a field nobody knows, shown at its key with those that are known',
      'name: x\ncolour: red\n',
      ["2:1: 'colour' is not a field here (allowed: name, open, floor, tags, owner, price, stock)"],
    ],
    [
      'a field nobody knows, further in',
      'name: x\nowner:\n  name: y\n  fax: 1\n',
      ["4:3: 'fax' is not a field here (allowed: name, phone)"],
    ],
    [
      'a field of one of several shapes',
      'name: x\nprice: { amount: 1, unit: each, per: 2 }\n',
      ["2:33: 'per' is not a field here (allowed: amount, unit)"],
    ],
    [
      'a value of another type',
      'name: x\nopen: yes\n',
      ['2:7: open: Invalid input: expected boolean, received string (here: "yes")'],
    ],
    ['a number too great', 'name: x\nfloor: 12\n', ['2:8: floor: Too big: expected number to be <=9 (here: 12)']],
    [
      'a value in a list',
      'name: x\ntags:\n  - new\n  - old\n',
      ['4:5: tags.1: Invalid option: expected one of "new"|"sale" (here: "old")'],
    ],
    [
      'a value of the shape that comes closest',
      'name: x\nprice: { amount: 1, unit: ton }\n',
      ['2:27: price.unit: Invalid option: expected one of "each"|"kilo" (here: "ton")'],
    ],
    [
      'a name that is not allowed',
      'name: x\nstock: { Apples: 1 }\n',
      ['2:10: stock.Apples is not allowed as a name here: allowed: small letters'],
    ],
    [
      'what is missing, shown where it should be',
      'owner:\n  phone: "1"\nname: x\n',
      ['2:3: owner.name is missing: Invalid input: expected string, received undefined'],
    ],
    [
      'a key that is there twice',
      'name: x\nopen: true\nname: y\n',
      ['3:1: name is there twice (allowed: each key once)'],
    ],
    [
      'several, in the order of the file',
      'floor: 12\nname: 7\ncolour: red\nname: x\n',
      [
        '1:8: floor: Too big: expected number to be <=9 (here: 12)',
        "3:1: 'colour' is not a field here (allowed: name, open, floor, tags, owner, price, stock)",
        '4:1: name is there twice (allowed: each key once)',
      ],
    ],
    ['a second document', 'name: x\n---\nname: y\n', ['2:1: a second document begins here (allowed: one)']],
    ['an empty file', '', ['1:1: the file: Invalid input: expected object, received null (here: null)']],
  ])('is shown with its place: %s', (_, text, expected) => {
    expect(problems(text)).toEqual(expected.map((problem) => `shop.yaml:${problem}`));
  });

  it('of syntax is shown with its place, and nothing else is looked at', () => {
    expect(problems('colour: red\nname: [x\n')).toEqual([expect.stringMatching(/^shop\.yaml:3:1: Flow sequence/)]);
    expect(problems('a: "unended\n')).toEqual([expect.stringMatching(/^shop\.yaml:\d+:\d+: Missing closing/)]);
  });

  it('where an anchor repeats it is shown where it was written', () => {
    const schema = z.strictObject({ a: z.any(), b: z.array(z.number()) });
    expect(problems('a: &x [1, two]\nb: *x\n', schema)).toEqual([
      'shop.yaml:1:11: b.1: Invalid input: expected number, received string (here: "two")',
    ]);
  });
});

describe('what would exhaust the reader is one problem', () => {
  const laughs = [
    'a0: &a0 [x]',
    ...Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`),
  ].join('\n');

  it.each([
    [
      'lists in lists',
      '['.repeat(3000) + ']'.repeat(3000),
      /^shop\.yaml:1:65: .* more than 64 deep in each other here \(allowed: 64\)$/,
    ],
    ['lists that nobody closes', '['.repeat(100_000), /^shop\.yaml:1:65: .*more than 64 deep/],
    ['lists on one line', '- '.repeat(50_000), /^shop\.yaml:1:129: .*more than 64 deep/],
    ['maps in maps', '{a: '.repeat(20_000), /^shop\.yaml:1:257: .*more than 64 deep/],
    ['lists in keys', '? '.repeat(20_000), /^shop\.yaml:1:129: .*more than 64 deep/],
    ['anchors of anchors', laughs, /^shop\.yaml:1:1: .*\(at most 100 uses of an anchor are allowed\)$/],
    [
      'a value that holds itself',
      'a: &x [1, { b: *x }]',
      /^shop\.yaml:1:16: \*x stands inside the value that it repeats \(allowed: after it\)$/,
    ],
    ['a name without an anchor', 'a: *nobody', /^shop\.yaml:1:\d+: .*nobody/],
    [
      'a file of five megabytes',
      `name: ${'x'.repeat(5 * 1024 * 1024)}`,
      /^shop\.yaml:1:1: the file is larger than the 4194304 bytes allowed$/,
    ],
  ])('%s', (_, text, expected) => {
    expect(problems(text, z.strictObject({}))).toEqual([expect.stringMatching(expected)]);
  });

  it('and 64 levels are none', () => {
    expect(openYaml('x.yaml', '['.repeat(64) + ']'.repeat(64)).ok).toBe(true);
  });

  it('whatever the text', () => {
    const pieces = fc.constantFrom(
      'a',
      ': ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '\n',
      '  ',
      '"',
      "'",
      '&a ',
      '*a',
      '? ',
      '|',
      '#',
      '---\n',
      '!!x ',
      '\t',
      '%',
      '\u0000',
      '漢',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const opened = openYaml('x.yaml', parts.join(''));
        if (!opened.ok) expect(opened.problems.length).toBeGreaterThan(0);
        expect(problems(parts.join(''), z.never()).length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the place of a value', () => {
  const read = openYaml('x.yaml', 'a:\n  b: 1\n  c: [2, { d: 3 }]\n');

  it.each<[string, (string | number)[], 'key' | 'value', [number, number]]>([
    ['a value', ['a', 'b'], 'value', [2, 6]],
    ['its key', ['a', 'b'], 'key', [2, 3]],
    ['a value in a list', ['a', 'c', 0], 'value', [3, 7]],
    ['a value in a map in a list', ['a', 'c', 1, 'd'], 'value', [3, 15]],
    ['what is missing: the thing around it', ['a', 'c', 1, 'x'], 'value', [3, 10]],
    ['the whole', [], 'value', [1, 1]],
  ])('is found: %s', (_, path, of, [line, column]) => {
    expect(read.ok && read.locate(path, of)).toEqual({ line, column });
    expect(read.ok && read.problem(path, 'no', of)).toEqual({
      file: 'x.yaml',
      line,
      column,
      path: path.join('.'),
      message: 'no',
    });
  });
});

describe('a value in a message', () => {
  it.each([
    ['x', '"x"'],
    [{ a: [1] }, '{"a":[1]}'],
    [null, 'null'],
    [undefined, 'undefined'],
    ['x'.repeat(100), `"${'x'.repeat(76)}...`],
  ])('%j is JSON of at most 80 characters', (value, text) => {
    expect(sourceOf(value)).toBe(text);
  });
});
