import { readLink, signLink, type LinkClaim } from './signed-links.js';

const KEY = Buffer.from('a key');
const CLAIM: LinkClaim = {
  purpose: 'acknowledge',
  incident: 'DESK-1/first-answer/T/1 一/1',
  run: 1,
  name: '陈晨',
  party: 'provider',
  role: 'account-manager',
  language: 'zh-CN',
  expires: 1_000,
};
const token = signLink(KEY, CLAIM);

describe('a signed link', () => {
  it('says what it lets its holder do, until it expires', () => {
    expect(readLink(KEY, token, 999)).toEqual(CLAIM);
    expect(readLink(KEY, token, 1_000)).toBe('expired');
    expect(token).toMatch(/^[A-Za-z0-9_.-]+$/);
  });

  it.each([
    ['another key', readLink(Buffer.from('another'), token, 0)],
    [
      'another claim under the same signature',
      readLink(KEY, `${signLink(KEY, { ...CLAIM, run: 2 }).split('.')[0]}.${token.split('.')[1]}`, 0),
    ],
    ['no signature', readLink(KEY, token.split('.')[0]!, 0)],
    ['an empty signature', readLink(KEY, `${token.split('.')[0]}.`, 0)],
    ['more than a link has', readLink(KEY, `${token}.x`, 0)],
    ['endless text', readLink(KEY, 'x'.repeat(10_000), 0)],
  ])('is none with %s', (_, read) => {
    expect(read).toBeUndefined();
  });
});
