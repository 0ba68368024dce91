import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse, stringify } from 'yaml';
import { readCalendar, type Calendar } from '#libs/calendar';
import { contractJsonSchema } from './contract-file.js';
import type { JsonObject } from './fact.js';
import type { Contract } from './model.js';
import { publishedSchemas } from './publish-schemas.js';
import { readContract } from './read-contract.js';
import { laidOver } from '../test/laid-over.js';

const calendars = new Map<string, Calendar>(
  readdirSync('config/calendars').map((name) => {
    const file = `config/calendars/${name}`;
    const read = readCalendar(file, readFileSync(file, 'utf8'));
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    return [read.value.id, read.value];
  }),
);
const shipped = readdirSync('config/contracts')
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => `config/contracts/${name}`);
const sampleFile = 'config/contracts/ecommerce-crm.yaml';

function read(file: string, text = readFileSync(file, 'utf8')): Contract {
  const result = readContract(file, text, calendars);
  if (!result.ok)
    throw new Error(result.problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}`).join('\n'));
  return result.value;
}

const validate = new Ajv2020({ strict: false }).compile(contractJsonSchema());

describe('the contracts that ship', () => {
  it.each(shipped)('%s has no problem', (file) => {
    expect(() => read(file)).not.toThrow();
  });

  it.each(shipped)('%s keeps the schema that editors use', (file) => {
    validate(parse(readFileSync(file, 'utf8')));
    expect(validate.errors ?? []).toEqual([]);
  });

  it.each(shipped)('every type of %s has a schema that compiles', (file) => {
    for (const { refuse } of read(file).eventTypes.values()) expect(() => refuse({})).not.toThrow();
  });

  it.each(shipped)('every schema of %s is one of draft 2020-12', (file) => {
    const draft = new Ajv2020();
    for (const { type, schema } of read(file).eventTypes.values()) {
      draft.validateSchema(schema);
      expect([type, draft.errors ?? []]).toEqual([type, []]);
    }
  });

  it.each([
    ['a field that the language does not know', (file: JsonObject) => ({ ...file, colour: 'red' })],
    ['a contract without a term', ({ term: _, ...file }: JsonObject) => file],
    ['a trust that is none', (file: JsonObject) => ({ ...file, sources: { '/x': { trust: 'trusty' } } })],
    [
      'a period in words of one’s own',
      (file: JsonObject) => ({ ...file, obligations: { x: { ...first(file), target: '3 workdays' } } }),
    ],
  ])('the schema that editors use refuses %s', (_, change) => {
    expect(validate(change(parse(readFileSync(sampleFile, 'utf8')) as JsonObject))).toBe(false);
  });

  function first(file: JsonObject): JsonObject {
    return Object.values(file['obligations'] as JsonObject)[0] as JsonObject;
  }
});

describe('the published schemas', () => {
  const folder = sampleFile.replace(/\.yaml$/, '');
  const published = publishedSchemas(read(sampleFile), folder);

  it('are those that the contract language and the sample contract make (PACTWATCH_UPDATE=1 writes them)', () => {
    if (process.env['PACTWATCH_UPDATE'] === '1') {
      for (const [path, text] of published) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
      }
    }
    for (const [path, text] of published) {
      expect({ path, text: existsSync(path) ? readFileSync(path, 'utf8') : 'missing' }).toEqual({ path, text });
    }
  });

  it('are no more than these', () => {
    expect(
      readdirSync(`${folder}/events`)
        .map((name) => `${folder}/events/${name}`)
        .filter((path) => !published.has(path)),
    ).toEqual([]);
  });
});

describe('the sample contract', () => {
  const sample = read(sampleFile);
  const rule = (id: string) => sample.obligations.find((one) => one.id === id);

  it('has the clocks of the clauses, each with its party', () => {
    expect(sample.obligations.map(({ id, clauses, party }) => [id, clauses.join(' '), party])).toEqual([
      ['inquiry-first-response', '5.1.1', 'provider'],
      ['complaint-first-response', '3.2 5.1.2', 'provider'],
      ['complaint-next-response', '5.1.2', 'provider'],
      ['complaint-resolution', '3.2 5.1.3', 'provider'],
      ['rectification-plan', '8.1.3', 'provider'],
      ['rectification-done', '8.1.3', 'provider'],
      ['data-provision', '8.2.4', 'client'],
      ['improvement-proposal', '3.2', 'provider'],
    ]);
  });

  it('has every rule titled in both languages and quoting its clause', () => {
    for (const { title, quote } of [...sample.obligations]) {
      expect([title['zh-CN'], title.en, quote].every((text) => text !== '')).toBe(true);
      expect(title['zh-CN']).not.toBe(title.en);
    }
  });

  it('lets only the solution pause, and a message start a turn only in an open case that was answered', () => {
    expect(sample.obligations.filter(({ pause }) => pause.length > 0).map(({ id }) => id)).toEqual([
      'complaint-resolution',
    ]);
    const [start] = rule('complaint-next-response')?.start ?? [];
    const standing = { answered: true, solved: false, cancelled: false, priority: 'normal' };
    expect(start?.holds({}, standing)).toBe(true);
    expect(start?.holds({}, { ...standing, answered: false })).toBe(false);
    expect(start?.holds({}, { ...standing, solved: true })).toBe(false);
  });

  it('goes on with a solution within seven days, and ignores them for the first response', () => {
    expect(rule('complaint-resolution')?.reopen).toMatchObject({ inside: 'continue', after: 'new-instance' });
    expect(rule('complaint-first-response')?.reopen).toMatchObject({ inside: 'ignore', after: 'new-instance' });
  });

  it('is that of no event without a contract id', () => {
    expect([...sample.sources.values()].filter(({ isDefault }) => isDefault)).toEqual([]);
  });
});

const reference = '../shared/data/reference';
const referenceStreams = ['events.ndjson', 'clocks/events.ndjson'].map((name) => `${reference}/${name}`);
const whereThere = existsSync(reference) ? describe : describe.skip;

whereThere('the sample contract against the reference data (skipped where they are not beside the repository)', () => {
  it.each(referenceStreams)('refuses the data of exactly the malformed facts of %s, for the reason given', (stream) => {
    const sample = read(sampleFile);
    const refused = new Map<string, string>();
    for (const line of readFileSync(stream, 'utf8').split('\n')) {
      const event = parsed(line);
      const { id, type, data } = event ?? {};
      if (typeof id !== 'string' || typeof type !== 'string' || data === null || typeof data !== 'object') continue;
      const reason = sample.eventTypes.get(type)?.refuse(data as JsonObject);
      if (reason !== undefined) refused.set(id, reason.replace(/ \(allowed: .*$/, ''));
    }
    const expected = new Map<string, string>();
    for (const line of readFileSync(stream.replace('events.ndjson', 'expected.ndjson'), 'utf8').split('\n')) {
      const record = parsed(line);
      const detail = String(record?.['detail']);
      if (record?.['kind'] === 'quarantined' && /^data\./.test(detail)) expected.set(String(record['id']), detail);
    }
    expect(expected.size).toBeGreaterThan(3);
    expect(refused).toEqual(expected);
  });

  function parsed(line: string): JsonObject | undefined {
    try {
      return JSON.parse(line) as JsonObject;
    } catch {
      return undefined;
    }
  }
});

describe('the description of the language', () => {
  const pages = readdirSync('libs/contract/docs/language').map((name): [string, string] => [
    name,
    readFileSync(`libs/contract/docs/language/${name}`, 'utf8'),
  ]);
  const text = pages.map(([, page]) => page).join('\n');
  // The first in the order of their names is the whole contract, over which the others are laid.
  const examples = pages.flatMap(([name, page]) =>
    [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, example = '']): [string, string] => [name, example]),
  );
  const [[, whole] = ['', ''], ...parts] = examples;

  it('begins with a contract that can be read', () => {
    expect(() => read('language.md', whole)).not.toThrow();
  });

  it.each(parts)('has an example of %s that can be read', (_, part) => {
    expect(() => read('language.md', stringify(laidOver(parse(whole), parse(part))))).not.toThrow();
    expect(validate(laidOver(parse(whole), parse(part)))).toBe(true);
  });

  it('has an example for every field of the language', () => {
    const missing = fieldNames(contractJsonSchema()).filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
    expect(missing).toEqual([]);
  });

  function isMap(value: unknown): value is Record<string, unknown> {
    return value !== null && typeof value === 'object' && !Array.isArray(value);
  }

  function fieldNames(schema: unknown): string[] {
    if (Array.isArray(schema)) return schema.flatMap(fieldNames);
    if (!isMap(schema)) return [];
    const own = isMap(schema['properties']) ? Object.keys(schema['properties']) : [];
    return [...own, ...Object.values(schema).flatMap(fieldNames)];
  }
});
