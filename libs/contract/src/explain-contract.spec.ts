import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readCalendar, type Calendar } from '#libs/calendar';
import { explainContract } from './explain-contract.js';
import type { Contract } from './model.js';
import { readContract } from './read-contract.js';

const calendars = new Map<string, Calendar>(
  readdirSync('config/calendars').map((name) => {
    const read = readCalendar(name, readFileSync(`config/calendars/${name}`, 'utf8'));
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    return [read.value.id, read.value];
  }),
);

function read(file: string, change: (text: string) => string = (text) => text): Contract {
  const result = readContract(file, change(readFileSync(file, 'utf8')), calendars);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

const languages = ['zh-CN', 'en'] as const;
const files = ['config/contracts/ecommerce-crm.yaml', 'libs/contract/test/desk-with-everything.yaml'];

describe('a contract in sentences', () => {
  it.each(languages)('is that of the sample contract, in %s (PACTWATCH_UPDATE=1 writes it)', (language) => {
    const golden = `libs/contract/test/ecommerce-crm.${language}.md`;
    const text = explainContract(read(files[0]!), language);
    if (process.env['PACTWATCH_UPDATE'] === '1') writeFileSync(golden, text);
    expect(text).toBe(existsSync(golden) ? readFileSync(golden, 'utf8') : 'missing');
  });

  it.each(files.flatMap((file) => languages.map((language) => [file, language] as const)))(
    'names every rule, type, clause, sum and condition of %s, in %s',
    (file, language) => {
      const contract = read(file);
      const text = explainContract(contract, language);
      const missing = [...mentioned(contract)].filter((name) => !text.includes(name));
      expect(missing).toEqual([]);
    },
  );

  it('counts weeks, and one broken rule, as people do', () => {
    const weekly = read(files[1]!, (text) => {
      const changed = text
        .replace(
          "- { remedy: per-breach, sum: '100.00', byPriority: { high: '500.00' } }",
          "- { remedy: per-unit-late, sum: '100.00', unit: weeks, counted: started }",
        )
        .replace(
          'rights:',
          "rights:\n  thrice: { right: terminate, clause: '13', when: { after: breaches, rules: [solve], times: 3 } }",
        );
      expect(changed).toContain('unit: weeks');
      return changed;
    });
    expect(explainContract(weekly, 'zh-CN')).toContain('逾期每开始一周 100.00 CNY');
    expect(explainContract(weekly, 'en')).toMatch(/solve is broken 3 times|“.*” \(solve\) is broken 3 times/);
  });

  it.each([
    [
      "remedy: per-unit-late, sum: '20.00', unit: hours, per: 12, counted: started",
      ['逾期每开始 12 个小时 20.00 CNY', '20.00 CNY for each started 12 hours of delay'],
    ],
    [
      "remedy: per-unit-late, sum: '20.00', unit: weeks, per: 2, counted: completed",
      ['逾期每满 2 周 20.00 CNY', '20.00 CNY for each completed 2 weeks of delay'],
    ],
    [
      "remedy: per-day-late, sum: '20.00', unit: working-days, per: 3, counted: started",
      ['逾期每开始 3 个工作日 20.00 CNY', '20.00 CNY for each started 3 working days of delay'],
    ],
  ])('says so many units of delay: %s', (remedy, sentences) => {
    const contract = read(files[1]!, (text) =>
      text.replace("remedy: per-day-late, sum: '1000.00', unit: calendar-days, counted: started", remedy),
    );
    languages.forEach((language, i) => expect(explainContract(contract, language)).toContain(sentences[i]));
  });

  it('says on which side of a target its tiers lie', () => {
    const contract = read(files[1]!, (text) =>
      text.replace(
        'target: at most 2.5\n',
        "target: at most 2.5\n    remedies: [{ remedy: tier, tiers: [{ above: '2.5', sum: 1% }, { above: '4', sum: 2% }] }]\n",
      ),
    );
    expect(explainContract(contract, 'zh-CN')).toContain(
      '仅适用所达到的最高一档：高于 2.5 为当期服务费的 1%；高于 4 为当期服务费的 2%。',
    );
    expect(explainContract(contract, 'en')).toContain(
      "of which only the highest reached applies: above 2.5: 1% of the cycle's fee; above 4: 2% of the cycle's fee.",
    );
    expect(explainContract(contract, 'en')).toContain('of which only the lowest reached applies: below 98%: 1%');
  });

  it('says nothing that is undefined', () => {
    for (const file of files)
      for (const language of languages)
        expect(explainContract(read(file), language)).not.toMatch(/undefined|null|NaN|\[object/);
  });

  it.each(files)('has as many lines in one language as in the other, for %s', (file) => {
    const [chinese, english] = languages.map((language) => explainContract(read(file), language).split('\n').length);
    expect(chinese).toBe(english);
  });
});

/** Every text that a sentence must carry: ids, types, quotes, amounts, conditions, named fields. */
function mentioned(contract: Contract): Set<string> {
  const names = new Set<string>();
  const walk = (value: unknown, key: string): void => {
    if (typeof value === 'string') {
      if (SAID.has(key)) names.add(value);
    } else if (Array.isArray(value)) for (const item of value) walk(item, key);
    else if (value instanceof Map) {
      for (const [name, item] of value) {
        names.add(String(name));
        walk(item, key);
      }
    } else if (value !== null && typeof value === 'object' && key !== 'calendar' && key !== 'title')
      for (const [name, item] of Object.entries(value)) walk(item, name);
  };
  const { eventTypes, subjectKinds, sources, obligations, duties, prohibitions, standards, excuses, money, rights } =
    contract;
  for (const [name, part] of Object.entries({ subjectKinds, sources, obligations, duties, prohibitions, standards }))
    walk(part, name);
  for (const part of [excuses, money, rights, contract.materialBreaches, contract.fees]) walk(part, '');
  // What the product itself records of silent feeds is none of the contract's.
  for (const type of eventTypes.keys()) if (!type.startsWith('feed.')) names.add(type);
  return names;
}

const SAID = new Set(
  'id on where quote clause clauses field fromField toField affectsField instanceField factField aboutField paidField amountField amount about except standards rules rule segment step door'.split(
    ' ',
  ),
);
