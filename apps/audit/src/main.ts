import 'reflect-metadata';
import { loadProcessSettings } from '#libs/settings';
import { ReadSide, Store } from '#libs/store';
import { runProcess } from '#libs/web';
import { AuditModule } from './audit.module.js';
import { serveDocs } from './serve-docs.js';

void runProcess({
  app: 'audit',
  title: 'audit',
  running: 'Audit answers.',
  load: (env) => loadProcessSettings(env, 'audit by itself reads'),
  compose: async ({ settings }, { opened, createApp }) => {
    const store = opened(await Store.connect({ url: settings.databaseUrl, name: 'pactwatch-audit' }));
    await store.migrate();
    const app = await createApp(
      [{ name: 'database', check: () => store.ping() }],
      [AuditModule.register({ reads: new ReadSide(store.pool) })],
    );
    serveDocs(app);
    return app;
  },
});
