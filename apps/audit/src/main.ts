import 'reflect-metadata';
import { openServers } from '#libs/servers';
import { DEFAULT_PORTS, loadWriterSettings } from '#libs/settings';
import { HttpWrites, ReadSide } from '#libs/store';
import { runProcess } from '#libs/web';
import { AuditModule } from './audit.module.js';
import { serveDocs } from './serve-docs.js';

void runProcess({
  app: 'audit',
  title: 'audit',
  running: 'Audit answers.',
  load: (env) => loadWriterSettings(env, 'audit by itself reads'),
  compose: async ({ settings, stampKey }, { logger, opened, createApp }) => {
    const { store, log } = opened(await openServers({ settings, name: 'pactwatch-audit', logger }));
    const app = await createApp(
      [
        { name: 'database', check: () => store.ping() },
        { name: 'log', check: () => log.ping() },
      ],
      [
        AuditModule.register({
          reads: new ReadSide(store.pool),
          writes: new HttpWrites(store.pool),
          log,
          stampKey,
          publicUrl: settings.publicUrl ?? `http://localhost:${DEFAULT_PORTS.audit}`,
        }),
      ],
    );
    serveDocs(app);
    return app;
  },
});
