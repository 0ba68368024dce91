import { z } from 'zod';
import { Cursor, placeText } from './cursor.js';
import { VERDICT_PARAMETERS } from './parameter.js';
import { Query, type RawQuery } from './query.js';

const place = z.strictObject({ name: placeText });

function reread(cursor: string, path: string, raw: RawQuery): { name: string } | undefined | 'refused' {
  const given = { ...raw, cursor };
  const query = new Query(given, VERDICT_PARAMETERS);
  const read = new Cursor(path, given, place).read(query);
  return query.problems.length > 0 ? 'refused' : read;
}

describe('a cursor', () => {
  const written = new Cursor('/v1/verdicts', { state: 'met', limit: '10' }, place).write({ name: 'a/一' });

  it('leads on in its own list, also when the size of the page or the order of the parameters changes', () => {
    expect(reread(written, '/v1/verdicts', { limit: '99', state: 'met' })).toEqual({ name: 'a/一' });
  });

  it.each([
    ['another list', '/v1/breaches', { state: 'met' }],
    ['other filters', '/v1/verdicts', { state: 'breached' }],
    ['fewer filters', '/v1/verdicts', {}],
  ])('is refused in %s', (_, path, raw) => {
    expect(reread(written, path, raw)).toBe('refused');
  });

  it('is refused when it was made elsewhere', () => {
    const forged = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url');
    const [question] = JSON.parse(Buffer.from(written, 'base64url').toString()) as [string];
    for (const content of [null, {}, [question], [question, { name: 1 }], [question, { name: 'a\0' }]]) {
      expect(reread(forged(content), '/v1/verdicts', { state: 'met' })).toBe('refused');
    }
    expect(reread('no base64 !', '/v1/verdicts', { state: 'met' })).toBe('refused');
  });
});
