import { TOPICS } from '#libs/bus';
import type { Deliveries } from '#libs/store';
import { createLogger } from '#libs/telemetry';
import { AlertReader, type ReaderOptions } from './alert-reader.js';
import type { DeliveryWorker } from './delivery-worker.js';
import { CONSUMER } from './handle-batch.js';
import type { PublishedContracts } from './published-contracts.js';

/** A reader that has come to 812 of partition 3, of which the log holds these offsets. */
function standing(bounds: { readonly low: number; readonly high: number } | undefined) {
  const restart = jest.fn().mockResolvedValue(undefined);
  const deliveries = { position: () => Promise.resolve(812), restart } as unknown as Deliveries;
  const log = { bounds: () => Promise.resolve(bounds === undefined ? [] : [{ partition: 3, ...bounds }]) };
  const options = { log, logger: createLogger('silent') } as unknown as ReaderOptions;
  return { reader: new AlertReader(deliveries, {} as PublishedContracts, {} as DeliveryWorker, options), restart };
}

describe('alerts are read', () => {
  it.each([
    ['where they were left', { low: 0, high: 900 }],
    ['where they were left, at the end', { low: 0, high: 812 }],
    ['where they were left, at the start', { low: 812, high: 900 }],
    ['where they were left while the topic is not there', undefined],
  ])('on %s', async (_, bounds) => {
    const { reader, restart } = standing(bounds);
    expect(await reader.assigned(TOPICS.alerts, 3)).toBe(812);
    expect(restart).not.toHaveBeenCalled();
  });

  it.each([
    ['the log is shorter than it was', { low: 0, high: 811 }, 0],
    ['what comes next was deleted', { low: 813, high: 900 }, 813],
  ])('from where the log begins, where %s', async (_, bounds, from) => {
    const { reader, restart } = standing(bounds);
    expect(await reader.assigned(TOPICS.alerts, 3)).toBe(from);
    expect(restart).toHaveBeenCalledWith(CONSUMER, TOPICS.alerts, 3, 812, from);
  });
});
