import 'reflect-metadata';
import { hostname } from 'node:os';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { openServers } from '#libs/servers';
import { DoorCursors } from '#libs/store';
import { runProcess } from '#libs/web';
import { Doors } from './doors/doors.js';
import { IntakeModule } from './intake.module.js';
import { loadStartSettings } from './load-start-settings.js';

void runProcess({
  app: 'intake',
  title: 'the intake',
  running: 'The intake runs.',
  load: loadStartSettings,
  compose: async ({ settings, stampKey, doors }, { logger, opened, createApp }) => {
    const { store, log, partitions } = opened(await openServers({ settings, name: 'pactwatch-intake', logger }));
    const app: NestExpressApplication = await createApp(
      [
        { name: 'database', check: () => store.ping() },
        { name: 'log', check: () => log.ping() },
        { name: 'doors', check: () => app.get(Doors, { strict: false }).check() },
      ],
      [
        IntakeModule.register({
          log,
          contracts: store,
          stampKey,
          doors: {
            list: doors,
            log,
            cursors: new DoorCursors(store.pool),
            process: `${hostname()}/${process.pid}`,
            partitions,
            logger,
          },
        }),
      ],
    );
    return app;
  },
});
