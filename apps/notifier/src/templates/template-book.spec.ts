import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Addressee } from '../notice.js';
import { aContract } from '../../test/a-world.js';
import { fillCommon } from './fill-common.js';
import { readTemplateBook, type TemplateBook } from './template-book.js';

describe('the templates', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'templates-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function file(name: string, text: string): string {
    const path = join(folder, 'templates', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  function book(): TemplateBook {
    const read = readTemplateBook(folder);
    if (!read.ok) throw new Error(read.problems.join('\n'));
    return read.book;
  }

  function problems(): readonly string[] {
    const read = readTemplateBook(folder);
    return read.ok ? [] : read.problems;
  }

  function testNotice(templates: TemplateBook, language: 'zh-CN' | 'en' = 'en') {
    const addressee: Addressee = { party: 'client', role: 'legal', name: '<Ada> & Lin', language, route: 'r' };
    const pen = { templates, publicUrl: 'https://pactwatch.example.com' };
    const fields = fillCommon('DESK-1/test', aContract(), addressee, pen);
    return templates.write('test', language, { ...fields, route: 'managers', channel: null });
  }

  it('that ship are fine, and used where there is no folder of one’s own', () => {
    expect(problems()).toEqual([]);
    expect(testNotice(book(), 'zh-CN').subject).toBe('【测试】合同 DESK-1：路由“managers”的测试消息');
  });

  it('of one’s own take the place of those of the same name, all others stay', () => {
    file('en/test.yaml', "subject: 'Only a try of {{route}}'\nrows: [{ label: Contract, value: '{{contract}}' }]\n");
    file('en/frame.yaml', "greeting: 'Hello {{name}}!'\nfooter: '{{contract}}'\nshortened: 'More behind the link'\n");
    expect(testNotice(book())).toEqual({
      language: 'en',
      subject: 'Only a try of managers',
      greeting: 'Hello <Ada> & Lin!',
      paragraphs: [],
      rows: [['Contract', 'DESK-1']],
      advice: null,
      links: [],
      footer: 'DESK-1',
      shortened: 'More behind the link',
    });
    expect(testNotice(book(), 'zh-CN').greeting).toBe('<Ada> & Lin，您好：');
  });

  it('are shown with file, line and column for every mistake at once', () => {
    const test = file(
      'en/test.yaml',
      "subject: '{{rout}}'\nparagraphs:\n  - '{{#if route}}x'\n  - { each: rows, text: y }\n",
    );
    const frame = file('zh-CN/frame.yaml', "greeting: '{{duty}}'\nfooter: f\n");
    const layout = file('mail.html', '<html>\n  <p>{{subjekt}}</p>\n</html>\n');
    const stranger = file('en/brech.yaml', 'subject: x\n');
    expect(problems()).toEqual([
      `${frame}:1:1: shortened is missing: Invalid input: expected string, received undefined`,
      expect.stringContaining(`${test}:1:10: 'rout' is no field here (allowed: acknowledgeUrl, breachesUrl, channel,`),
      `${test}:3:5: {{#if route}} does not end`,
      `${test}:4:13: 'rows' is no list here (allowed: none)`,
      expect.stringContaining(`${layout}:2:6: 'subjekt' is no field here (allowed: advice, footer,`),
      expect.stringContaining(`${stranger}: there is no template of this name (allowed: mail.html, `),
    ]);
  });

  it('make the HTML of a mail, in which nothing that is said is markup', () => {
    const html = book().html({ ...testNotice(book()), links: [['"Here"', "https://x.example/?a=1&b='2'"]] });
    expect(html).toContain('<p>Dear &lt;Ada&gt; &amp; Lin,</p>');
    expect(html).toContain('<a href="https://x.example/?a=1&amp;b=&#39;2&#39;">&quot;Here&quot;</a>');
    expect(html).toContain('<html lang="en">');
  });

  it('of a mail can be one’s own', () => {
    file('mail.html', '<h1>{{subject}}</h1>{{#each rows}}<i>{{label}}</i>{{/each}}');
    const html = book().html({
      ...testNotice(book()),
      subject: 'A < B',
      rows: [
        ['x', '1'],
        ['y', '2'],
      ],
    });
    expect(html).toBe('<h1>A &lt; B</h1><i>x</i><i>y</i>');
  });
});
