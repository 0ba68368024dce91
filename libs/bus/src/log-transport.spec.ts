import { Controller, Module, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload } from '@nestjs/microservices';
import { connectLog, type LogTransportOptions } from './log-transport.js';
import type { Log, LogBatch, Subscriber, TakenBatch } from './port.js';

/** A log that only remembers who subscribed: the test hands over batches. */
function playedLog() {
  const subscribers: Subscriber[] = [];
  let closed = 0;
  const subscribe: Log['subscribe'] = (subscriber) => {
    subscribers.push(subscriber);
    return Promise.resolve({
      assigned: () => [],
      close: () => {
        closed += 1;
        return Promise.resolve();
      },
    });
  };
  return { log: { subscribe } as Log, subscribers, closed: () => closed };
}

function batchOf(topic: string): LogBatch {
  return { topic, partition: 0, records: [], nextOffset: 1, highWatermark: 1, undecodable: [] };
}

const handled: LogBatch[] = [];
let outcome: Promise<TakenBatch | void> = Promise.resolve();

@Controller()
class OrdersController {
  @EventPattern('orders')
  handle(@Payload() batch: LogBatch): Promise<TakenBatch | void> {
    handled.push(batch);
    return outcome;
  }
}

@Controller()
class PaymentsController {
  @EventPattern('payments')
  handle(@Payload() batch: LogBatch): void {
    handled.push(batch);
  }
}

@Controller()
class SecondOrdersController {
  @EventPattern('orders')
  handle(): void {}
}

@Module({ controllers: [OrdersController, PaymentsController] })
class ShopModule {}

@Module({ controllers: [OrdersController, SecondOrdersController] })
class DoubleModule {}

const partitions = {
  group: 'shop',
  onAssigned: () => Promise.resolve(0),
  onRevoked: () => Promise.resolve(),
  onFatal: () => undefined,
};

describe('The transport between log and Nest', () => {
  let app: INestApplication;

  async function start(given: Partial<LogTransportOptions>, module: Type<unknown> = ShopModule): Promise<Subscriber[]> {
    const { log, subscribers } = playedLog();
    app = await NestFactory.create(module, { logger: false });
    connectLog(app, { ...partitions, log, ...given });
    await app.startAllMicroservices();
    return subscribers;
  }

  beforeEach(() => {
    handled.length = 0;
    outcome = Promise.resolve();
  });

  afterEach(() => app.close());

  it('subscribes to every topic that has a handler, and hands each its batches whole', async () => {
    const [subscriber, ...others] = await start({ maxRecords: 7 });
    expect(others).toEqual([]);
    expect(subscriber).toMatchObject({ group: 'shop', topics: ['orders', 'payments'], maxRecords: 7 });
    const batch = batchOf('payments');
    await subscriber!.onBatch(batch);
    expect(handled).toEqual([batch]);
    expect(handled[0]).toBe(batch);
  });

  it('subscribes only to the topics that are named', async () => {
    const [subscriber] = await start({ topics: ['payments'] });
    expect(subscriber!.topics).toEqual(['payments']);
  });

  it('waits until the handler has ended', async () => {
    const [subscriber] = await start({});
    let end!: () => void;
    outcome = new Promise((resolve) => (end = resolve));
    let ended = false;
    const call = subscriber!.onBatch(batchOf('orders')).then(() => (ended = true));
    await new Promise(setImmediate);
    expect([handled.length, ended]).toEqual([1, false]);
    end();
    await call;
  });

  it('passes on what the handler has taken and not settled yet', async () => {
    const [subscriber] = await start({});
    const settled = new Promise<void>(() => undefined);
    outcome = Promise.resolve({ settled });
    expect((await subscriber!.onBatch(batchOf('orders'))) as TakenBatch).toEqual({ settled });
  });

  it('passes on what the handler throws, with what it says about trying again', async () => {
    const [subscriber] = await start({});
    const error = Object.assign(new Error('not just now'), { retriable: true });
    outcome = Promise.reject(error);
    await expect(subscriber!.onBatch(batchOf('orders'))).rejects.toBe(error);
  });

  it('refuses a topic that no method handles', async () => {
    await expect(start({ topics: ['refunds'] })).rejects.toThrow("no method is marked @EventPattern('refunds')");
  });

  it('refuses two methods for one topic', async () => {
    await expect(start({ topics: ['orders'] }, DoubleModule)).rejects.toThrow(
      "two methods are marked @EventPattern('orders')",
    );
  });

  it('leaves the log when the application closes', async () => {
    const { log, closed } = playedLog();
    app = await NestFactory.create(ShopModule, { logger: false });
    connectLog(app, { ...partitions, log });
    await app.startAllMicroservices();
    await app.close();
    expect(closed()).toBe(1);
  });
});
