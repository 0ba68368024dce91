import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import type { Language } from '#libs/contract';
import { aLine, aSource } from '../test/a-source.js';
import { compareWithLoss } from './loss-note.js';
import { reportStatement, statementCsv, statementPdf, statementWorkbook, TooManyLinesError } from './index.js';

// A PDF is much work, and a process of its own reads it back.
jest.setTimeout(180_000);

interface Page {
  readonly text: string;
  readonly links: readonly string[];
}

describe('the PDF of a statement', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pactwatch-reports-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function pagesOf(source: ReturnType<typeof aSource>, language: Language): Promise<Page[]> {
    const file = join(folder, 'statement.pdf');
    writeFileSync(file, await statementPdf(reportStatement(source, language)));
    const reader = join(__dirname, '..', 'test', 'pdf-text.mjs');
    return JSON.parse(execFileSync(process.execPath, [reader, file], { encoding: 'utf8' })) as Page[];
  }

  const disputed = aSource({
    statement: {
      lines: [
        aLine(),
        aLine({ remedy: 'cap', base: '300.00', quantity: '1', amount: '-100.00' }),
        aLine({
          party: 'client',
          remedy: 'bonus',
          about: 'satisfaction',
          clause: '5.1.4',
          subject: '2026-03',
          instance: null,
          base: '480000.00',
          rate: '0.01',
          quantity: '1',
          amount: '3636.36',
        }),
      ],
      totals: { provider: '300.00', client: '3636.36' },
      net: { from: 'client', amount: '3336.36' },
      disputes: [
        {
          id: 'd-1',
          source: '/pactwatch/provider',
          line: aLine().id,
          by: 'provider',
          at: '2026-04-01T02:00:00Z',
          reason: '资料迟交 data came late',
          state: 'adjusted',
          amount: '200.00',
          decidedBy: 'client',
          decidedAt: '2026-04-02T02:00:00Z',
          decidedIn: null,
        },
      ],
      signatures: [
        {
          party: 'client',
          revision: 2,
          at: '2026-04-02T03:00:00Z',
          source: '/pactwatch/client',
          id: 's-1',
          counts: true,
        },
      ],
    },
    losses: { provider: '100.00' },
  });

  it.each([
    [
      'zh-CN' as const,
      [
        '责任评估单',
        '云阶电子商务有限公司',
        '和信客户服务有限公司',
        '已冻结',
        '相抵后，甲方应向乙方支付人民币 3,336.36 元。',
        '投诉解决',
        '2 个工作日',
        '上限扣减',
        '−100.00',
        '3,636.36',
        '1 %',
        '资料迟交 data came late',
        '调整为 200.00',
        '尚未签署',
        '不构成法律意见',
        '第五百八十五条',
        '超出该损失 200 %',
        '第 1 页，共',
      ],
    ],
    [
      'en' as const,
      [
        'Statement of liability',
        '云阶电子商务有限公司',
        'frozen',
        'Set off against each other, the client owes the provider CNY 3,336.36.',
        'Solution of a complaint',
        '2 working days',
        'cap',
        '−100.00',
        '3,636.36',
        '1 %',
        'adjusted to 200.00',
        'not signed yet',
        'no legal advice',
        'article 585(2)',
        '200 %',
        'which is more than 30 %',
        'Page 1 of',
      ],
    ],
  ])('says in %s who owes what, and why', async (language, expected) => {
    const pages = await pagesOf(disputed, language);
    // Line breaks fall anywhere between Chinese signs.
    const flat = (text: string) => text.replace(/\s+/g, '');
    const text = flat(pages.map((page) => page.text).join(''));
    expect(expected.filter((words) => !text.includes(flat(words)))).toEqual([]);
    expect(pages.flatMap(({ links }) => links)).toContain(
      'https://pactwatch.example.com/v1/breaches/CRM-2026-001/complaint-resolution/C-1001/1',
    );
  });

  it('carries two hundred lines over its pages, each with a running head and the total once', async () => {
    const lines = Array.from({ length: 200 }, (_, i) => aLine({ subject: `C-${i + 1}` }));
    const source = aSource({
      statement: {
        lines,
        totals: { provider: '80000.00', client: '0.00' },
        net: { from: 'provider', amount: '80000.00' },
      },
    });
    const pages = await pagesOf(source, 'en');
    expect(pages.length).toBeGreaterThan(10);
    pages.forEach(({ text }, index) => {
      expect(text).toContain('CRM-2026-001 · 2026-03 · frozen');
      expect(text).toContain(`Page ${index + 1} of ${pages.length}`);
    });
    const table = pages.map(({ text }) => text).join('\n');
    for (const { subject } of lines) expect(table).toContain(`complaint-resolution/${subject}/1`);
    expect(table.match(/Total of the provider/g)).toHaveLength(2);
  });

  it('says so where nothing is owed, and gives no address to readers without a server', async () => {
    const nothing = {
      lines: [],
      totals: { provider: '0.00', client: '0.00' },
      net: { from: 'none' as const, amount: '0.00' },
    };
    const pages = await pagesOf(aSource({ statement: nothing, publicUrl: null }), 'en');
    expect(pages).toHaveLength(1);
    expect(pages[0]!.text).toContain('Neither party owes the other anything.');
    expect(pages[0]!.text).toContain('No liability of the client arose in this cycle.');
    expect(pages[0]!.links).toEqual([]);
  });

  it('is the same file whenever it is printed', async () => {
    const report = reportStatement(aSource(), 'zh-CN');
    expect((await statementPdf(report)).equals(await statementPdf(report))).toBe(true);
  });

  it('is refused with more lines than can be laid out', async () => {
    const lines = Array.from({ length: 2_001 }, (_, i) => aLine({ subject: `C-${i}` }));
    await expect(statementPdf(reportStatement(aSource({ statement: { lines } }), 'en'))).rejects.toThrow(
      TooManyLinesError,
    );
  });
});

describe('the CSV of a statement', () => {
  it('has each line once, decimals as recorded, and nothing that a spreadsheet would run', () => {
    const lines = [
      aLine({ subject: '=1+1' }),
      aLine({ remedy: 'waiver', subject: '=1+1', rate: '-1', amount: '-400.00' }),
    ];
    const [header, first, second, end] = statementCsv(
      reportStatement(aSource({ statement: { lines } }), 'zh-CN'),
    ).split('\r\n');
    expect(header).toBe(
      'number,id,party,remedy,clause,about,title,subject,instance,base,rate,quantity,amount,reference,link,adjustsCycle,adjustsLine',
    );
    expect(first).toBe(
      "1,provider/per-day-late/5.1.3/complaint-resolution/=1+1/1,provider,per-day-late,5.1.3,complaint-resolution,投诉解决,'=1+1,1,200.00,1,2,400.00,CRM-2026-001/complaint-resolution/=1+1/1,https://pactwatch.example.com/v1/verdicts/CRM-2026-001/complaint-resolution/%3D1%2B1/1,,",
    );
    expect(second).toContain(',-1,2,-400.00,');
    expect(end).toBe('');
  });
});

describe('the workbook of a statement', () => {
  it('has amounts as numbers, and text as text', async () => {
    const lines = [aLine({ subject: '=1+1' }), aLine({ amount: '12345678901234567.89' })];
    const files = unzipSync(await statementWorkbook(reportStatement(aSource({ statement: { lines } }), 'en')));
    const sheet = strFromU8(files['xl/worksheets/sheet1.xml']!);
    expect(sheet).toMatch(/<c r="J2"[^>]*><v>400<\/v>/);
    expect(sheet).not.toContain('<f>');
    const texts = strFromU8(files['xl/sharedStrings.xml']!);
    expect(texts).toContain('=1+1');
    // More digits than a spreadsheet's number holds.
    expect(texts).toContain('12345678901234567.89');
    expect(strFromU8(files['xl/workbook.xml']!)).toContain('What each line comes from');
  });
});

describe('liquidated damages held against a stated loss', () => {
  const { statement } = aSource({
    statement: {
      lines: [aLine({ amount: '1300.00' }), aLine({ party: 'client', remedy: 'bonus', amount: '9000.00' })],
    },
  });

  it.each([
    ['1000.00', null],
    ['999.99', '0.300013000130001300013000130001300013'],
    ['1', '1299'],
  ])('of %s are above it by %s of it', (loss, above) => {
    const compared = compareWithLoss(statement, 'provider', loss);
    expect(compared.above?.slice(0, 12) ?? null).toBe(above?.slice(0, 12) ?? null);
    expect(compared.owed).toBe('1300.00');
  });

  it('leave out a bonus', () => {
    expect(compareWithLoss(statement, 'client', '100.00')).toMatchObject({ owed: '0.00', above: null });
  });
});
