import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readPublished, type PublishedFiles } from './read-published.js';

const documents = new Map<string, Uint8Array>();
function keep(text: string): string {
  const bytes = Buffer.from(text);
  const hash = createHash('sha256').update(bytes).digest('hex');
  documents.set(hash, bytes);
  return hash;
}

const file = readFileSync('config/contracts/ecommerce-crm.yaml', 'utf8');
const office = readFileSync('config/calendars/cn-office.yaml', 'utf8');
const published: PublishedFiles = {
  contract: 'CRM-2026-001',
  version: 1,
  hash: keep(file),
  calendars: {
    'cn-office': keep(office),
    'cn-staffed': keep(readFileSync('config/calendars/cn-staffed.yaml', 'utf8')),
  },
  fromInstant: null,
};

const read = (difference: Partial<PublishedFiles> = {}) => readPublished({ ...published, ...difference }, documents);
const problem = (difference: Partial<PublishedFiles>): string => {
  const result = read(difference);
  return result.ok ? '' : result.problem;
};
const absent = 'f'.repeat(64);

describe('a published version', () => {
  it('is the contract of its bytes, in force as its file says', () => {
    expect(read()).toMatchObject({
      ok: true,
      contract: {
        id: 'CRM-2026-001',
        hash: published.hash,
        calendarHashes: published.calendars,
        inForceFrom: Date.parse('2026-01-01T00:00:00+08:00'),
      },
    });
  });

  it.each([0, Date.parse('2026-05-01T00:00:00Z')])('is in force from instant %i where the stream says so', (at) => {
    expect(read({ fromInstant: at })).toMatchObject({ ok: true, contract: { inForceFrom: at } });
  });

  it('has the hash of its bytes also where these begin with a byte order mark', () => {
    const hash = keep(`\ufeff${file}`);
    expect(read({ hash })).toMatchObject({ ok: true, contract: { hash } });
  });

  it('shares its calendars with all that are read beside it', () => {
    const known = new Map();
    const [one, other] = [0, 1].map((fromInstant) => readPublished({ ...published, fromInstant }, documents, known));
    const calendarOf = (result: typeof one) => (result?.ok === true ? result.contract.calendar : undefined);
    expect(calendarOf(one)).toBeDefined();
    expect(calendarOf(other)).toBe(calendarOf(one));
    expect([...known.keys()].sort()).toEqual(Object.values(published.calendars).sort());
  });

  it('names all bytes that are missing', () => {
    expect(problem({ hash: absent, calendars: { ...published.calendars, night: absent } })).toBe(
      `the bytes of the contract (SHA-256 ${absent}), calendar 'night' (SHA-256 ${absent}) are not there`,
    );
  });

  it('says where a contract cannot be read', () => {
    const lines = file.split('\n').length;
    expect(problem({ hash: keep(`${file}\nsomethingNew: true\n`), version: 7 })).toMatch(
      new RegExp(`^the contract cannot be read by this release: CRM-2026-001@7:${lines + 1}:1: .*somethingNew`),
    );
  });

  it('says where a calendar cannot be read', () => {
    const broken = keep(`${office}\nsomethingNew: true\n`);
    expect(problem({ calendars: { ...published.calendars, 'cn-office': broken } })).toMatch(
      /^calendar 'cn-office' cannot be read by this release: CRM-2026-001@1\/cn-office:\d+:1: .*somethingNew/,
    );
  });

  it('needs every calendar that its contract names', () => {
    expect(problem({ calendars: { 'cn-office': published.calendars['cn-office']! } })).toContain('cn-staffed');
  });
});
