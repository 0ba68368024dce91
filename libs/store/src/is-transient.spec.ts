import { isTransient } from './is-transient.js';

const failure = (fields: object, message = 'it failed'): Error => Object.assign(new Error(message), fields);

describe('what may pass by itself', () => {
  it.each<[what: string, error: unknown, passes: boolean]>([
    ['a server that is away', failure({ code: 'ECONNREFUSED' }), true],
    ['a name that cannot be resolved at the moment', failure({ code: 'EAI_AGAIN' }), true],
    ['a database that shuts down', failure({ code: '57P01' }), true],
    ['a serialization failure', failure({ code: '40001' }), true],
    ['a server that only reads, as in a failover', failure({ code: '25006' }), true],
    ['a lock that was not to be had', failure({ code: '55P03' }), true],
    ['too many connections', failure({ code: '53300' }), true],
    ['a connection that pg saw ending', failure({}, 'Connection terminated unexpectedly'), true],
    [
      'one that was lost before the question',
      failure({}, 'Client has encountered a connection error and is not queryable'),
      true,
    ],
    ['a question without an answer', failure({}, 'Query read timeout'), true],
    ['a pool whose connections do not come', failure({}, 'timeout exceeded when trying to connect'), true],
    ['an error that says so', failure({ retriable: true, code: '23505' }), true],
    ['an error that says it will not', failure({ retriable: false, code: 'ECONNRESET' }), false],
    ['a broken constraint', failure({ code: '23505' }), false],
    ['a file that is missing', failure({ code: 'ENOENT' }), false],
    ['a defect', new TypeError('x is not a function'), false],
    ['a word about a connection in another sentence', failure({}, 'The lamp: Connection terminated'), false],
    ['no error at all', undefined, false],
    ['a text', 'ECONNRESET', false],
  ])('%s', (_, error, passes) => {
    expect(isTransient(error)).toBe(passes);
  });
});
