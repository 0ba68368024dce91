import { Writable } from 'node:stream';
import { createLogger, nestLogger } from './create-logger.js';

const lines: Record<string, unknown>[] = [];
const destination = new Writable({
  write(chunk: Buffer, _, done) {
    lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
    done();
  },
});
beforeEach(() => (lines.length = 0));

describe('the log', () => {
  it('is one JSON object per line with level, time and sentence', () => {
    createLogger('info', destination).child({ app: 'intake' }).warn({ partition: 3 }, 'the partition stands still');
    expect(lines).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        pid: process.pid,
        app: 'intake',
        partition: 3,
        msg: 'the partition stands still',
      },
    ]);
  });

  it('holds nothing below its level', () => {
    createLogger('warn', destination).info('not this');
    createLogger('debug', destination).debug('but this');
    createLogger('silent', destination).fatal('nor this');
    expect(lines.map((line) => line.msg)).toEqual(['but this']);
  });

  it('holds no secrets', () => {
    const headers = { authorization: 'Bearer geheim', cookie: 'geheim' };
    createLogger('info', destination).info({ password: 'geheim', request: { headers } }, 'a request');
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain('geheim');
  });

  it("keeps Nest's errors, and its chatter only for debugging", () => {
    nestLogger('info', createLogger('info', destination)).log('Mapped {/v1}', 'Router');
    nestLogger('info', createLogger('info', destination)).error('it broke', 'Router');
    nestLogger('debug', createLogger('debug', destination)).log('Mapped {/v1}', 'Router');
    expect(lines.map(({ level, msg, context }) => [level, msg, context])).toEqual([
      ['error', 'it broke', 'Router'],
      ['debug', 'Mapped {/v1}', 'Router'],
    ]);
  });
});
