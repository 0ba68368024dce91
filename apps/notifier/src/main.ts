import 'reflect-metadata';
import { openServers } from '#libs/servers';
import { DEFAULT_PORTS } from '#libs/settings';
import { runProcess } from '#libs/web';
import { connectNotifier } from './connect-notifier.js';
import { loadStartSettings } from './load-start-settings.js';
import { NotifierModule } from './notifier.module.js';

void runProcess({
  app: 'notifier',
  title: 'the notifier',
  running: 'The notifier runs.',
  load: loadStartSettings,
  compose: async ({ settings, files, stampKey }, { logger, metrics, opened, createApp, endsWith }) => {
    const { store, log } = opened(await openServers({ settings, name: 'pactwatch-notifier', logger }));
    const app = await createApp(
      [
        { name: 'database', check: () => store.ping() },
        { name: 'log', check: () => log.ping() },
      ],
      [
        NotifierModule.register({
          log,
          pool: store.pool,
          contracts: store,
          files,
          stampKey,
          smtpUrl: settings.smtpUrl,
          mailFrom: settings.mailFrom,
          webhookSecret: settings.webhookSecret,
          publicUrl: settings.publicUrl ?? `http://localhost:${DEFAULT_PORTS.audit}`,
          metrics,
          logger,
        }),
      ],
    );
    connectNotifier(app, log, endsWith('Alerts cannot be read on; started anew, the notifier goes on where it stood.'));
    if (settings.smtpUrl === null) logger.warn('SMTP_URL is not set: mails wait, and fail in the end.');
    return app;
  },
});
