import type { INestApplication } from '@nestjs/common';
import { connectLog, TOPICS, type Log } from '#libs/bus';
import { AlertReader } from './alert-reader.js';
import { CONSUMER } from './handle-batch.js';

/**
 * Feeds the alerts to an application that has the notifier's module, from the positions in the database. Reading begins
 * with `app.startAllMicroservices()`.
 *
 * @param onFatal the alerts cannot be read on, so the process should end.
 */
export function connectNotifier(app: INestApplication, log: Log, onFatal: (error: Error) => void): void {
  const reader = app.get(AlertReader, { strict: false });
  connectLog(app, {
    log,
    group: `pactwatch-${CONSUMER}`,
    topics: [TOPICS.alerts],
    onAssigned: (topic, partition) => reader.assigned(topic, partition),
    onRevoked: (topic, partition) => Promise.resolve(reader.revoked(topic, partition)),
    onFatal,
  });
}
