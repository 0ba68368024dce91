import 'reflect-metadata';
import { hostname } from 'node:os';
import { openServers } from '#libs/servers';
import { loadWriterSettings } from '#libs/settings';
import { runProcess } from '#libs/web';
import { connectMonitor } from './connect-monitor.js';
import { Monitor } from './monitor.js';
import { MonitorModule } from './monitor.module.js';

void runProcess({
  app: 'monitor',
  title: 'the monitor',
  running: 'The monitor runs.',
  load: (env) => loadWriterSettings(env, 'the monitor by itself works on'),
  compose: async ({ settings, stampKey }, { logger, metrics, opened, createApp, endsWith }) => {
    const { store, log, partitions } = opened(await openServers({ settings, name: 'pactwatch-monitor', logger }));
    const app = await createApp(
      [
        { name: 'database', check: () => store.ping() },
        { name: 'log', check: () => log.ping() },
        { name: 'stream', check: () => app.get(Monitor, { strict: false }).check() },
      ],
      [
        MonitorModule.register({
          log,
          store,
          stampKey,
          process: `${hostname()}/${process.pid}`,
          partitions,
          metrics,
          logger,
        }),
      ],
    );
    connectMonitor(
      app,
      log,
      endsWith('The stream cannot be read on; started anew, the monitor goes on where it stood.'),
    );
    return app;
  },
});
