import KafkaCluster from 'kafkajs/src/cluster';
import RequestQueue from 'kafkajs/src/network/requestQueue';
import { mendKafkajs } from './kafkajs-internals.js';

describe('kafkajs, mended', () => {
  beforeAll(() => {
    mendKafkajs();
    mendKafkajs();
  });

  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  function queueWith(state: Partial<RequestQueue>): RequestQueue {
    return Object.assign(Object.create(RequestQueue.prototype) as RequestQueue, {
      pending: [],
      throttledUntil: -1,
      throttleCheckTimeoutId: null,
      ...state,
    });
  }

  it('sets no timer when nothing waits to be sent', () => {
    queueWith({}).scheduleCheckPendingRequests();
    expect(jest.getTimerCount()).toBe(0);
  });

  it.each([
    ['a request waits', { pending: ['a request'] }],
    ['the broker asked for patience', { throttledUntil: Date.now() + 3_600_000 }],
  ])('still looks again when %s', (_, state) => {
    queueWith(state).scheduleCheckPendingRequests();
    expect(jest.getTimerCount()).toBe(1);
  });

  it('says that a coordinator that cannot be found just now may be found later', async () => {
    const cluster = Object.assign(Object.create(KafkaCluster.prototype) as KafkaCluster, {
      brokerPool: { withBroker: () => Promise.resolve(null) },
    });
    await expect(cluster.findGroupCoordinatorMetadata({ groupId: 'g', coordinatorType: 0 })).rejects.toMatchObject({
      name: 'KafkaJSGroupCoordinatorNotFound',
      retriable: true,
    });
  });
});
