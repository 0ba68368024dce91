import { gzipSync } from 'node:zlib';
import { request as rawRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module, Param, Post, Req, Res, UseGuards, type INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { Request, Response } from 'express';
import { hashAccessKey, type Access } from '#libs/settings';
import { createMetrics, type Logger } from '#libs/telemetry';
import { ApiKeyGuard } from './api-key-guard.js';
import { CurrentCaller, type WebCaller } from './caller.js';
import { configureWeb } from './create-web-app.js';
import { ProblemException } from './problem.js';
import { readBody } from './read-body.js';
import type { ReadinessCheck } from './readiness-check.js';
import { WebModule } from './web-module.js';

@Controller('things')
@UseGuards(ApiKeyGuard)
class Things {
  @Get('caller')
  caller(@CurrentCaller() caller: WebCaller) {
    return caller;
  }

  @Get('refused')
  refused() {
    throw new ProblemException('refused', 'no such colour', [{ field: 'colour', detail: 'red is allowed' }], {
      'retry-after': '1',
    });
  }

  @Get('broken')
  broken() {
    throw new Error('the password is geheim');
  }

  @Get('named/:name')
  named(@Param('name') name: string) {
    return { name };
  }

  @Post('body')
  async body(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    return { bytes: (await readBody(request, response, 1000)).length };
  }
}

@Module({ controllers: [Things] })
class ThingsModule {}

const logged: unknown[][] = [];
const log = (...line: unknown[]) => void logged.push(line);
const logger: Logger = { trace: log, debug: log, info: log, warn: log, error: log, fatal: log, child: () => logger };

const listed = { name: 'crm', party: null, duties: [], sources: ['/platform/crm'] };
const withKeys: Access = {
  open: false,
  keys: [{ hash: Buffer.from(hashAccessKey('the-key').slice(7), 'hex'), caller: listed }],
};

let checks: ReadinessCheck[] = [];
const apps: INestApplication[] = [];
async function serve(access: Access): Promise<string> {
  const module = await Test.createTestingModule({
    imports: [WebModule.register({ access, metrics: createMetrics({ node: false }), checks: checks }), ThingsModule],
  }).compile();
  const app = configureWeb(module.createNestApplication<NestExpressApplication>({ bodyParser: false }), logger);
  apps.push(app);
  await app.listen(0, '127.0.0.1');
  return `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
}

let base: string;
const bearer = { authorization: 'Bearer the-key' };
beforeAll(async () => {
  checks = [{ name: 'database', check: () => Promise.resolve() }];
  base = await serve(withKeys);
});
afterAll(() => Promise.all(apps.map((app) => app.close())));
beforeEach(() => (logged.length = 0));

async function problem(response: globalThis.Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  return (await response.json()) as unknown;
}

describe('problem details', () => {
  it('name the field', async () => {
    const response = await fetch(`${base}/things/refused`, { headers: bearer });
    expect(response.status).toBe(422);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await problem(response)).toEqual({
      type: 'tag:pactwatch,2026:problem:refused',
      title: 'The contract refuses this',
      status: 422,
      detail: 'no such colour',
      errors: [{ field: 'colour', detail: 'red is allowed' }],
    });
  });

  it('tell nothing of what broke inside, and log it', async () => {
    const response = await fetch(`${base}/things/broken`, { headers: bearer });
    expect(response.status).toBe(500);
    expect(JSON.stringify(await problem(response))).not.toContain('geheim');
    expect(logged).toEqual([[{ err: new Error('the password is geheim') }, 'a request failed']]);
  });

  it('answer where there is nothing', async () => {
    const response = await fetch(`${base}/nowhere`);
    expect(response.status).toBe(404);
    expect(await problem(response)).toMatchObject({ type: 'tag:pactwatch,2026:problem:not-found', status: 404 });
  });

  it('answer an address that cannot be decoded', async () => {
    const response = await fetch(`${base}/things/named/%E0%A4%A`, { headers: bearer });
    expect(response.status).toBe(400);
    expect(await problem(response)).toMatchObject({ status: 400 });
  });
});

describe('keys', () => {
  it.each([
    ['none', {}],
    ['another', { authorization: 'Bearer the-kez' }],
    ['another way', { authorization: 'Basic the-key' }],
    ['an empty one', { authorization: 'Bearer ' }],
  ])('do not let in who shows %s', async (_, headers) => {
    const response = await fetch(`${base}/things/caller`, { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="pactwatch"');
    expect(await problem(response)).toMatchObject({ status: 401 });
  });

  it('say who the caller is', async () => {
    const response = await fetch(`${base}/things/caller`, { headers: bearer });
    expect(await response.json()).toEqual({ ...listed, open: false });
  });

  it('are not asked for while none are configured, under loopback names only', async () => {
    const open = await serve({ open: true, keys: [] });
    expect(await (await fetch(`${open}/things/caller`)).json()).toMatchObject({ name: 'open', open: true });
    const status = await new Promise((resolve, reject) => {
      const request = rawRequest(`${open}/things/caller`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject).end();
    });
    expect(status).toBe(403);
  });
});

describe('bodies', () => {
  const post = (body: Buffer, headers: Record<string, string> = {}) =>
    fetch(`${base}/things/body`, { method: 'POST', headers: { ...bearer, ...headers }, body: new Uint8Array(body) });

  it('are read up to their limit, of any type', async () => {
    expect(await (await post(Buffer.alloc(1000), { 'content-type': 'application/json' })).json()).toEqual({
      bytes: 1000,
    });
    expect(await (await post(Buffer.alloc(0))).json()).toEqual({ bytes: 0 });
  });

  it('are refused beyond it, also when they only grow while they are unpacked', async () => {
    expect((await post(Buffer.alloc(1001))).status).toBe(413);
    expect((await post(gzipSync(Buffer.alloc(1001)), { 'content-encoding': 'gzip' })).status).toBe(413);
    const response = await post(gzipSync(Buffer.alloc(1000)), { 'content-encoding': 'gzip' });
    expect(await response.json()).toEqual({ bytes: 1000 });
  });

  it('are refused while they still grow, without waiting for their end', async () => {
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      const upload = rawRequest(`${base}/things/body`, { method: 'POST', headers: bearer }, (response) => {
        resolve(response.statusCode);
        upload.destroy();
      });
      upload.on('error', reject).write(Buffer.alloc(1001));
    });
    expect(answered).toBe(413);
  });

  it.each([
    ['spoilt', 'gzip', 400],
    ['an unknown encoding', 'zip', 415],
  ])('are refused when they are %s', async (_, encoding, status) => {
    const response = await post(Buffer.from('no gzip'), { 'content-encoding': encoding });
    expect(response.status).toBe(status);
    await problem(response);
  });

  it('are refused when what is packed ends early', async () => {
    const whole = gzipSync(Buffer.from('a body that is long enough to be cut'));
    const response = await post(whole.subarray(0, -9), { 'content-encoding': 'gzip' });
    expect(response.status).toBe(400);
    await problem(response);
  });
});

describe('health and metrics', () => {
  it('need no key', async () => {
    expect(await (await fetch(`${base}/health/live`)).json()).toEqual({ status: 'ok' });
    const metrics = await fetch(`${base}/metrics`);
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain;(?=.*version=0\.0\.4)(?=.*charset=utf-8)/);
    expect(await metrics.text()).toContain('pactwatch_events_rekeyed_total 0');
  });

  it('are ready when everything needed answers', async () => {
    const response = await fetch(`${base}/health/ready`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'ok', details: { database: { status: 'up' } } });
  });

  it('name what is down, and no more of the reason than its code', async () => {
    const stands = Object.assign(new Error('geheim, too'), { code: 'LOG_CHANGED' });
    checks = [
      { name: 'stream', check: () => Promise.reject(stands) },
      { name: 'database', check: () => Promise.reject(new Error('password geheim is wrong')) },
      { name: 'log', check: () => Promise.resolve() },
    ];
    const response = await fetch(`${await serve(withKeys)}/health/ready`);
    expect(response.status).toBe(503);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      status: 'error',
      details: {
        stream: { status: 'down', message: 'LOG_CHANGED' },
        database: { status: 'down', message: 'does not answer' },
        log: { status: 'up' },
      },
    });
    expect(text).not.toContain('geheim');
  });
});

it('sends no header that names what it is made of', async () => {
  const { headers } = await fetch(`${base}/health/live`);
  expect(headers.get('x-powered-by')).toBeNull();
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});
