import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { run, type EvaluateOptions } from './evaluate.js';

describe('evaluate', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pactwatch-evaluate-'));
    const page = readFileSync('libs/contract/docs/language/a-whole-contract.md', 'utf8');
    writeFileSync(join(folder, 'desk.yaml'), /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
    const event = (id: string, hour: string, type: string, data = {}) =>
      JSON.stringify({
        specversion: '1.0',
        id,
        source: '/desk',
        type,
        subject: 'T-1',
        time: `2026-03-02T${hour}:00:00+08:00`,
        contractid: 'DESK-1',
        data,
      });
    const events = [
      event('e1', '09', 'ticket.answered'),
      event('e2', '10', 'ticket.opened', { urgency: 'low' }),
      event('e3', '11', 'ticket.opened', { urgency: 'high' }),
    ];
    writeFileSync(join(folder, 'events.ndjson'), events.join('\n'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function printed(options: Partial<EvaluateOptions>): Promise<string> {
    let out = '';
    const terminal = {
      out: (text: string) => void (out += text),
      err: () => undefined,
      stdin: Readable.from([]),
      env: { PACTWATCH_CONFIG: 'config' },
      interactive: false,
    };
    const files = { contract: [join(folder, 'desk.yaml')], events: join(folder, 'events.ndjson') };
    expect(await run(terminal, { ...files, format: 'json', ...options })).toBe(0);
    return out;
  }

  const kindsIn = (text: string): string[] =>
    text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { kind: string }).kind);

  it('shows facts that do not act only where they are asked for', async () => {
    expect(kindsIn(await printed({}))).toEqual(['verdict']);
    const all = await printed({ findings: true });
    expect(kindsIn(all).slice(-2)).toEqual(['finding', 'finding']);
    expect(all).toContain('"finding":"STRAY","source":"/desk","id":"e1"');
    expect(await printed({ findings: true, format: 'table' })).toMatch(/STRAY +e3 +\/desk +ticket\.opened/);
  });
});
