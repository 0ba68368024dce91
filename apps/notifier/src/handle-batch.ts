import type { LogBatch } from '#libs/bus';
import type { Deliveries, NewAlert } from '#libs/store';
import type { Logger } from '#libs/telemetry';
import { variantOf } from './alert.js';
import { planDeliveries } from './plan-deliveries.js';
import type { PublishedContracts } from './published-contracts.js';
import { readAlert } from './read-alert.js';
import type { Route } from './routes.js';

/** The name that positions are kept under. */
export const CONSUMER = 'notifier';

export interface BatchTools {
  readonly contracts: PublishedContracts;
  readonly deliveries: Deliveries;
  readonly routes: readonly Route[];
  readonly publicUrl: string;
  readonly logger: Logger;
}

/**
 * The whole way of a batch of alerts: read each, plan who hears of it, save alerts, deliveries and position in one
 * transaction. Sending is somebody else's: what is saved here is sent, also after a crash.
 *
 * @param fromOffset the position as this process remembers it; records before it have had their effect.
 * @throws PositionMovedError where the position is another: nothing is saved.
 */
export async function handleBatch(batch: LogBatch, fromOffset: number, tools: BatchTools): Promise<void> {
  const { topic, partition, nextOffset: toOffset } = batch;
  if (toOffset <= fromOffset) return;
  const passOver = (offset: number, why: string): void =>
    tools.logger.error({ topic, partition, offset }, `An alert that cannot be read is passed over: ${why}`);
  batch.undecodable.forEach((range) => passOver(range.from, range.detail));
  const alerts: NewAlert[] = [];
  for (const record of batch.records) {
    if (record.offset < fromOffset) continue;
    const read = readAlert(record);
    if (!read.ok) {
      passOver(record.offset, read.problem);
      continue;
    }
    const { alert } = read;
    if (alert.contractHash === '') {
      passOver(
        record.offset,
        `no version of contract ${alert.contract} was published then, so nobody is named to tell`,
      );
      continue;
    }
    const contract = await tools.contracts.byHash(alert.contract, alert.contractHash);
    alerts.push({
      offset: record.offset,
      contract: alert.contract,
      incident: alert.incident,
      change: alert.change,
      kind: alert.kind,
      generation: alert.generation,
      number: alert.number,
      warning: variantOf(alert),
      record: alert.record,
      deliveries: planDeliveries(alert, contract, tools.routes, tools.publicUrl),
    });
  }
  await tools.deliveries.save({ consumer: CONSUMER, topic, partition, fromOffset, toOffset, alerts });
}
