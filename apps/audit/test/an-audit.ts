import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import type { NewRecord } from '#libs/bus';
import { hashAccessKey, type Access, type Caller } from '#libs/settings';
import { HttpWrites, ReadSide, Store, type OwnerRow, type PartitionSave } from '#libs/store';
import { createLogger, createMetrics } from '#libs/telemetry';
import { createWebApp, WebModule } from '#libs/web';
import { AuditModule } from '../src/audit.module.js';
import { serveDocs } from '../src/serve-docs.js';
import type { History } from './a-history.js';

const KEY = 'a-key-for-the-tests';
const ACCESS: Access = {
  open: false,
  keys: [
    listed({ name: 'auditor', party: null, duties: ['auditor'], sources: [] }, KEY),
    listed({ name: 'lin.yue', party: 'client', duties: ['account-manager'], sources: [] }),
    listed({ name: 'chen.chen', party: 'provider', duties: ['account-manager'], sources: [] }),
    listed({ name: 'client-auditor', party: 'client', duties: ['auditor'], sources: [] }),
  ],
};

/** A key is called as its holder unless another is given. */
function listed(caller: Caller, key: string = caller.name): Access['keys'][number] {
  return { hash: Buffer.from(hashAccessKey(key).slice('sha256:'.length), 'hex'), caller };
}

/** Signs what the audits of the specs append. */
export const STAMP_KEY = Buffer.alloc(32, 7);

export type Item = Record<string, unknown> & { readonly id: string };
export interface Page {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** What the kit of the specs gives. */
interface Kit {
  readonly database: { readonly url: string; drop(): Promise<void> };
  readonly aSave: (owner: OwnerRow, difference: Partial<PartitionSave>) => PartitionSave;
}

/** A running audit over a database of its own, asked with a key. */
export class AnAudit {
  private constructor(
    readonly store: Store,
    readonly base: string,
    /** What it has appended to the stream. */
    readonly appended: readonly NewRecord[],
    private readonly app: INestApplication,
    private readonly kit: Kit,
  ) {}

  static async start(kit: Kit): Promise<AnAudit> {
    const { database } = kit;
    const store = await Store.connect(database.url);
    await store.migrate();
    const appended: NewRecord[] = [];
    const { app, base } = await serve(new ReadSide(store.pool), new HttpWrites(store.pool), appended);
    return new AnAudit(store, base, appended, app, kit);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.store.close();
    await this.kit.database.drop();
  }

  /** Saves a history; each contract in a partition of its own. */
  async keep(history: History, partition: number, saves = history.saves): Promise<void> {
    for (const { hash, kind, bytes } of history.documents) await this.store.putDocument(hash, kind, bytes);
    for (const rows of saves) {
      const { owner } = await this.store.take('platform.events', partition, 'test');
      await this.store.save(this.kit.aSave(owner, { ...rows, toOffset: owner.nextOffset + 1 }));
    }
  }

  ask(path: string, headers: Record<string, string> = {}, base = this.base): Promise<Response> {
    return fetch(`${base}${path}`, { headers: { authorization: `Bearer ${KEY}`, ...headers } });
  }

  /** Posts JSON as somebody, by the name of their key. */
  post(path: string, who: string, body: object, headers: Record<string, string>): Promise<Response> {
    return fetch(`${this.base}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${who}`, 'content-type': 'application/json', ...headers },
    });
  }

  async text(path: string): Promise<string> {
    const response = await this.ask(path);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`);
    return text;
  }

  async get<T = Page>(path: string): Promise<T> {
    return JSON.parse(await this.text(path)) as T;
  }

  async idsOf(path: string): Promise<string[]> {
    return (await this.get(path)).items.map((item) => item.id);
  }

  async problemOf(path: string, headers: Record<string, string> = {}): Promise<Record<string, unknown>> {
    const response = await this.ask(path, headers);
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    return (await response.json()) as Record<string, unknown>;
  }

  /** All pages of a list, with the number of items on each. */
  async pagesOf(path: string): Promise<{ items: Item[]; sizes: number[] }> {
    const items: Item[] = [];
    const sizes: number[] = [];
    for (let cursor = ''; ;) {
      const page = await this.get(`${path}${cursor}`);
      items.push(...page.items);
      sizes.push(page.items.length);
      if (page.next === null) return { items, sizes };
      cursor = `&cursor=${encodeURIComponent(page.next)}`;
    }
  }
}

/** An audit of its own over what somebody else keeps. */
export async function serve(
  reads: ReadSide,
  writes: HttpWrites,
  appended: NewRecord[] = [],
): Promise<{ app: INestApplication; base: string }> {
  const app = await createWebApp(
    {
      module: class Audit {},
      imports: [
        WebModule.register({ access: ACCESS, metrics: createMetrics({ node: false }), checks: [] }),
        AuditModule.register({
          reads,
          writes,
          log: {
            append: (records) => {
              appended.push(...records);
              return Promise.resolve(
                records.map(({ topic }, offset) => ({ topic, partition: 0, offset, appendedAt: 0 })),
              );
            },
          },
          stampKey: STAMP_KEY,
          publicUrl: 'https://pactwatch.example.com',
        }),
      ],
    },
    { logger: createLogger('silent'), logLevel: 'silent' },
  );
  serveDocs(app);
  await app.listen(0, '127.0.0.1');
  return { app, base: `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}` };
}
