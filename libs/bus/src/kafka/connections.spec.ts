import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import Connection from 'kafkajs/src/network/connection';
import { Connections } from './connections.js';
import { mendKafkajs } from './kafkajs-internals.js';

describe('The connections of a client, ended,', () => {
  const accepted: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket));

  beforeAll(async () => {
    mendKafkajs();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterAll(() => {
    accepted.forEach((socket) => socket.destroy());
    server.close();
  });

  it('fail with what was under way, and are not made again', async () => {
    const connections = new Connections();
    const { port } = server.address() as AddressInfo;
    const where = { host: '127.0.0.1', port, ssl: false as unknown as object, onConnect: () => undefined };
    const socket = connections.factory(where);
    await once(socket, 'connect');

    connections.end();
    connections.end();
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error).toMatchObject({ name: 'LogUnavailableError' });
    expect(socket.destroyed).toBe(true);
    const made = { socketFactory: connections.factory, broker: `127.0.0.1:${port}` };
    const again = Connection.prototype.connect.call(made as unknown as Connection);
    await expect(again).rejects.toMatchObject({ name: 'KafkaJSConnectionError', retriable: false });
    expect(accepted.length).toBeLessThanOrEqual(1);
  });
});
