import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callerOf, hashAccessKey, listenHost } from './access.js';
import { newAccessKey } from './new-access-key.js';
import { readAccess } from './read-access.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'access-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, text: string) => writeFileSync(join(folder, name), text);

function access() {
  const result = readAccess(folder);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.access;
}

function problems(): string[] {
  const result = readAccess(folder);
  return result.ok
    ? []
    : result.problems.map(
        ({ file, line, column, message }) => `${file.slice(folder.length + 1)}:${line}:${column}: ${message}`,
      );
}

describe('access', () => {
  it('is open, on loopback only, where no key is listed', () => {
    expect(access().open).toBe(true);
    put('README.md', 'how to make a key');
    expect(access()).toEqual({ open: true, keys: [] });
    expect(listenHost(access())).toBe('127.0.0.1');
    expect(readAccess(join(folder, 'none')).ok).toBe(true);
  });

  it('knows a caller by the key that was made for him, and by no other', () => {
    const crm = newAccessKey({ name: 'crm', party: null, duties: [], sources: ['/platform/crm'] });
    const li = newAccessKey({ name: 'li.wei', party: 'provider', duties: ['account-manager'], sources: [] });
    put('crm.yaml', crm.yaml);
    put('people.yaml', li.yaml);
    const read = access();
    expect(read.open).toBe(false);
    expect(listenHost(read)).toBe('0.0.0.0');
    expect(callerOf(read, crm.key)).toEqual({ name: 'crm', party: null, duties: [], sources: ['/platform/crm'] });
    expect(callerOf(read, li.key)).toEqual({
      name: 'li.wei',
      party: 'provider',
      duties: ['account-manager'],
      sources: [],
    });
    expect(callerOf(read, '')).toBeUndefined();
    expect(callerOf(read, crm.hash)).toBeUndefined();
    expect(callerOf(read, `${crm.key} `)).toBeUndefined();
    expect(crm.yaml).not.toContain(crm.key);
  });

  it('takes SHA-256 of the key as everybody computes it', () => {
    // printf abc | sha256sum
    expect(hashAccessKey('abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('reports all problems of all files with their place', () => {
    const hash = hashAccessKey('abc');
    put('a.yaml', `keys:\n  - name: one\n    hash: ${hash}\n    party: custmer\n    dutys: []\n`);
    put(
      'b.yaml',
      `keys:\n  - name: two\n    hash: md5:1\n  - name: two words\n    hash: ${hash}\n    sources: [/pactwatch/client]\n`,
    );
    put('c.yaml', 'keys: []\n');
    put('d.yml', 'keys: []\n');
    put('e.yaml', 'keys: [\n');
    mkdirSync(join(folder, 'f.yaml'));
    const found = problems();
    expect(found).toEqual([
      expect.stringMatching(/^a.yaml:4:12: keys.0.party: .*client.*provider.*arbiter.*\(here: "custmer"\)$/),
      expect.stringMatching(/^a.yaml:5:5: 'dutys' is not a field here/),
      expect.stringMatching(/^b.yaml:3:11: keys.0.hash: 'sha256:' and 64/),
      expect.stringMatching(/^b.yaml:4:11: keys.1.name: letters, digits/),
      expect.stringMatching(/^b.yaml:6:15: keys.1.sources.0: sources below \/pactwatch\//),
      expect.stringMatching(/^c.yaml:1:7: keys: at least one key is needed/),
      "d.yml:1:1: 'd.yml' is not read: names must end in .yaml",
      expect.stringMatching(/^e.yaml:\d:\d+: /),
      expect.stringMatching(/^f.yaml:1:1: cannot be read/),
    ]);
  });

  it('refuses a name or a key that is listed twice', () => {
    const hash = hashAccessKey('abc');
    put('a.yaml', `keys:\n  - {name: one, hash: '${hash}'}\n`);
    put('b.yaml', `keys:\n  - {name: one, hash: '${hashAccessKey('b')}'}\n  - {name: two, hash: '${hash}'}\n`);
    expect(problems()).toEqual([
      expect.stringMatching(/^b.yaml:2:12: keys.0.name: 'one' is listed twice, first at .*a.yaml:2:12$/),
      expect.stringMatching(/^b.yaml:3:23: keys.1.hash: 'sha256:.*' is listed twice, first at .*a.yaml:2:23$/),
    ]);
  });
});
