import type { INestApplication } from '@nestjs/common';
import { connectLog, TOPICS, type Log } from '#libs/bus';
import { Monitor } from './monitor.js';

const GROUP = 'pactwatch-monitor';

/**
 * Feeds the keyed stream to an application that has the monitor's module, from the offsets stored with the effects. Reading
 * begins with `app.startAllMicroservices()`.
 *
 * @param onFatal the stream cannot be read on, so the process should end.
 */
export function connectMonitor(app: INestApplication, log: Log, onFatal: (error: Error) => void): void {
  const monitor = app.get(Monitor, { strict: false });
  connectLog(app, {
    log,
    group: GROUP,
    topics: [TOPICS.events],
    onAssigned: (topic, partition) => monitor.assigned(topic, partition),
    onRevoked: (topic, partition) => monitor.revoked(topic, partition),
    onFatal,
  });
}
