import { Store } from '#libs/store';
import { freshDatabase } from '#libs/testkit';
import { createPostgresLog } from './create-postgres-log.js';
it('bench', async () => {
  const db = await freshDatabase();
  const store = await Store.connect({ url: db.url });
  await store.migrate();
  const log = createPostgresLog({ pool: store.pool });
  await log.ensureTopics([{ topic: 't', partitions: 16 }]);
  const value = JSON.stringify({ a: 'x'.repeat(350) });
  const headers = { ce_id: 'abc-123', ce_source: '/crm/x', ce_type: 'some.type', ce_time: '2026-01-01T00:00:00Z', ce_specversion: '1.0', 'content-type': 'application/json', ce_subject: 'C-1001', ce_contractid: 'X' };
  const N = 100_000;
  let t = Date.now();
  for (let i = 0; i < N; i += 2000) {
    await log.append(Array.from({ length: 2000 }, (_, j) => ({ topic: 't', key: `c${(i + j) % 97}`, value, headers })));
  }
  console.log('append/s', Math.round((N / (Date.now() - t)) * 1000));
  for (const topics of [['t']]) {
    t = Date.now();
    let n = 0;
    let batches = 0;
    await new Promise<void>((resolve, reject) => {
      void log.subscribe({ group: 'g' + Math.random(), topics, onAssigned: async () => 0, onRevoked: async () => {}, onFatal: reject,
        onBatch: async (b) => { n += b.records.length; batches++; if (n === N) resolve(); } });
    });
    console.log('read/s', Math.round((N / (Date.now() - t)) * 1000), batches);
  }
  // singles
  t = Date.now();
  await Promise.all(Array.from({ length: 20 }, async (_, w) => { for (let i = 0; i < 200; i++) await log.append([{ topic: 't', key: `c${w}`, value, headers }]); }));
  console.log('single appends/s', Math.round((4000 / (Date.now() - t)) * 1000));
  await log.ensureTopics([{ topic: 'one', partitions: 1 }]);
  for (let i = 0; i < 50000; i += 2000) await log.append(Array.from({ length: 2000 }, () => ({ topic: 'one', key: `c`, value, headers })));
  t = Date.now();
  let n = 0;
  await new Promise<void>((resolve, reject) => {
    void log.subscribe({ group: 'h', topics: ['one'], onAssigned: async () => 0, onRevoked: async () => {}, onFatal: reject,
      onBatch: async (b) => { n += b.records.length; if (n === 50000) resolve(); } });
  });
  console.log('read one partition/s', Math.round((50000 / (Date.now() - t)) * 1000));
  // latency
  const lat: number[] = [];
  let got: () => void = () => {};
  const other = createPostgresLog({ pool: (await Store.connect({ url: db.url })).pool });
  await other.subscribe({ group: 'l', topics: ['one'], onAssigned: async () => (await other.bounds('one'))[0]!.high, onRevoked: async () => {}, onFatal: reject2, onBatch: async () => got() });
  function reject2(e: Error) { console.log(e); }
  await new Promise((r) => setTimeout(r, 500));
  for (let i = 0; i < 50; i++) { const s = performance.now(); const p = new Promise<void>((r) => (got = r)); await log.append([{ topic: 'one', key: 'c', value }]); await p; lat.push(performance.now() - s); }
  lat.sort((a, b) => a - b);
  console.log('latency other process p50', lat[25], 'max', lat[49]);
  const stat = async () => (await store.pool.query(`select xact_commit::int as c from pg_stat_database where datname=current_database()`)).rows[0].c;
  const cpu = process.cpuUsage(); const b0 = await stat(); await new Promise((r) => setTimeout(r, 4000)); console.log('idle tx/s', ((await stat()) - b0) / 4, 'cpu ms/s', process.cpuUsage(cpu).user / 4000);
  await log.close(); await other.close(); await store.close();
});
