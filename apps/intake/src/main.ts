import 'reflect-metadata';
import { openServers } from '#libs/servers';
import { loadWriterSettings } from '#libs/settings';
import { runProcess } from '#libs/web';
import { IntakeModule } from './intake.module.js';

void runProcess({
  app: 'intake',
  title: 'the intake',
  running: 'The intake runs.',
  load: (env) => loadWriterSettings(env, 'the intake by itself works on'),
  compose: async ({ settings, stampKey }, { logger, opened, createApp }) => {
    const { store, log } = opened(await openServers({ settings, name: 'pactwatch-intake', logger }));
    return createApp(
      [
        { name: 'database', check: () => store.ping() },
        { name: 'log', check: () => log.ping() },
      ],
      [IntakeModule.register({ log, contracts: store, stampKey })],
    );
  },
});
