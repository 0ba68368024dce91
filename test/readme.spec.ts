import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTINGS_TABLE } from '#libs/settings';
import { runPactwatch } from './run-pactwatch.js';

const root = join(__dirname, '..');
const pages = ['README.md', 'README.zh-CN.md'].map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));
const [english, chinese] = pages.map(({ text }) => text) as [string, string];

function blocks(text: string, kind: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block = '']) => block);
}

function settingRows(text: string): string[][] {
  return [...text.matchAll(/^\| (`[A-Z_]+`.*) \|$/gm)].map(([, row = '']) => row.split(' | '));
}

describe('the README', () => {
  it('lists every setting with its default and meaning', () => {
    expect(settingRows(english)).toEqual(
      SETTINGS_TABLE.map(({ name, default: standard, meaning, secret }) => [
        `\`${name}\`${secret ? ' †' : ''}`,
        standard === '' ? '–' : standard,
        meaning,
      ]),
    );
    const marked = (text: string) => settingRows(text).map(([name]) => name);
    expect(marked(chinese)).toEqual(marked(english));
  });

  it('says the same in both languages: as many sections, the same commands', () => {
    const headings = (text: string) => text.match(/^#+(?= )/gm);
    expect(headings(chinese)).toEqual(headings(english));
    expect(blocks(chinese, 'sh')).toEqual(blocks(english, 'sh'));
  });

  it('names commands that exist', () => {
    const { out: help } = runPactwatch(['--help']);
    const named = [...english.matchAll(/npx pactwatch ([a-z]+)/g)].map(([, command = '']) => command);
    expect(named.length).toBeGreaterThan(5);
    for (const command of named) expect(help).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const run = [...english.matchAll(/npm run ([a-z:]+)/g)].map(([, script = '']) => script);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(run));
  });

  it.each(pages)('leads to files that exist ($name)', ({ text }) => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
  });

  describe.each(pages)('shows a first contract ($name)', ({ text }) => {
    let folder = '';
    const file = (name: string) => join(folder, name);
    const env = { PACTWATCH_CONFIG: join(root, 'config') };
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'pactwatch-readme-'));
      writeFileSync(file('desk.yaml'), blocks(text, 'yaml')[0] ?? '');
      writeFileSync(file('events.ndjson'), blocks(text, 'json')[0] ?? '');
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('that is in order', () => {
      const checked = runPactwatch(['check', file('desk.yaml')], { env });
      expect(checked.err).toBe('');
      expect(checked).toMatchObject({ code: 0, out: expect.stringContaining('no problems') as string });
    });

    it('with the explanation that the command prints', () => {
      const asked = [
        'explain',
        'DESK-1/answer/T-1/1',
        '--contract',
        file('desk.yaml'),
        '--events',
        file('events.ndjson'),
      ];
      const { out } = runPactwatch(asked, { env });
      expect(out.split('\n', 1)[0]).toBe(blocks(text, 'text')[0]?.trimEnd());
    });
  });
});
