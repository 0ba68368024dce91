import type { WebCaller } from '#libs/web';
import { refuseBinding, refuseSpeaker } from './may-speak.js';

function caller(difference: Partial<WebCaller>): WebCaller {
  return { name: 'somebody', party: null, duties: [], sources: [], open: false, ...difference };
}

const system = caller({ sources: ['/platform/crm'] });
const person = caller({ party: 'client' });
const open = caller({ open: true });

it.each([
  ['a system', 'a source it lists', system, '/platform/crm', undefined],
  ['a system', 'a source below one it lists', system, '/platform/crm/2', 'source'],
  ['a system', 'another source', system, '/bank', 'source'],
  [
    'a system of a party',
    "the party's people",
    caller({ party: 'client', sources: ['/a'] }),
    '/pactwatch/client',
    'source',
  ],
  ['a person', 'their party', person, '/pactwatch/client', undefined],
  ['a person', 'the other party', person, '/pactwatch/provider', 'source'],
  ['a person', 'a system', person, '/platform/crm', 'source'],
  ['a person', 'the product', person, '/pactwatch/monitor', 'source'],
  ['an arbiter', 'the arbiter', caller({ party: 'arbiter' }), '/pactwatch/arbiter', undefined],
  ['a key without party and sources', 'anything', caller({}), '/platform/crm', 'source'],
  ['whoever sits there', 'any system', open, '/platform/crm', undefined],
  ['whoever sits there', 'a party', open, '/pactwatch/provider', undefined],
  ['whoever sits there', 'the product', open, '/pactwatch/monitor', 'source'],
])('%s for %s', (_, __, who, source, field) => {
  expect(refuseSpeaker(who, { source, type: 'case.opened' })?.field).toBe(field);
});

it('says what is allowed', () => {
  expect(refuseSpeaker(system, { source: '/bank', type: 't' })?.detail).toBe(
    "source '/bank' is not one the caller may send for (allowed: /platform/crm)",
  );
  expect(refuseSpeaker(caller({}), { source: '/bank', type: 't' })?.detail).toContain('(allowed: none)');
});

it.each(['tick', 'watermark', 'contract.published', 'import.begun', 'import.completed'])(
  'nobody can enter a %s of the product',
  (type) => {
    expect(refuseSpeaker(person, { source: '/pactwatch/client', type })?.field).toBe('type');
    expect(refuseSpeaker(open, { source: '/pactwatch/client', type })?.field).toBe('type');
  },
);

describe('what binds a side', () => {
  const binding = { disputed: 'statement.disputed', decided: 'dispute.decided', signed: 'statement.signed' };
  const manager = caller({ party: 'client', duties: ['account-manager'] });
  const signed = { source: '/pactwatch/client', type: 'statement.signed' };

  it.each([
    ['an account manager', manager, signed, undefined],
    ['an auditor', caller({ party: 'client', duties: ['auditor'] }), signed, 'lacks the duty'],
    [
      'an auditor, something else',
      caller({ party: 'client', duties: ['auditor'] }),
      { ...signed, type: 'waiver.agreed' },
      undefined,
    ],
    [
      'an arbiter',
      caller({ party: 'arbiter', duties: ['arbiter'] }),
      { source: '/pactwatch/arbiter', type: 'dispute.decided' },
      undefined,
    ],
    ['whoever sits there', open, signed, undefined],
    ['a system', system, { ...signed, source: '/platform/crm' }, undefined],
  ])('is sent by %s', (_, who, event, refused) => {
    expect(refuseBinding(who, event, binding)).toEqual(
      refused === undefined ? undefined : expect.stringContaining(refused),
    );
  });
});
