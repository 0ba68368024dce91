import { comparePlaces } from './matches-filter.js';

const place = (subject: string, dueAt: number | null = 0, instance = 1) => ({
  dueAt,
  contract: 'C',
  obligation: 'o',
  subject,
  instance,
});

describe('the order of a list', () => {
  it('goes by code points, as the store does, not by UTF-16 units', () => {
    const names = ['a', '\u{1F600}', '\uFB01', 'B', '一', 'aa', 'é'];
    const sorted = names.map((name) => place(name)).sort(comparePlaces('identity'));
    expect(sorted.map((one) => one.subject)).toEqual(['B', 'a', 'aa', 'é', '一', '\uFB01', '\u{1F600}']);
  });

  it('goes by number among instances', () => {
    const sorted = [place('a', 0, 10), place('a', 0, 9)].sort(comparePlaces('identity'));
    expect(sorted.map((one) => one.instance)).toEqual([9, 10]);
  });

  it('by due instant has what is never due last', () => {
    const sorted = [place('a', null), place('c', 2), place('b', 2), place('d', 1)].sort(comparePlaces('due'));
    expect(sorted.map((one) => one.subject)).toEqual(['d', 'b', 'c', 'a']);
  });
});
