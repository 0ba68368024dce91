import net from 'node:net';

/** A loopback proxy before a server: counts round trips and loses answers on demand. */
export interface TcpProxy {
  readonly port: number;
  /** How often a client spoke after its server had spoken (or for the first time), over all connections. */
  roundTrips(): number;
  /** From now on the server hears everything and its answers are lost: the connection breaks at the first one. */
  loseAnswers(): void;
  /** From now on the server hears everything, and over the connections that are open nothing is heard of it any more. */
  silence(): void;
  close(): Promise<void>;
}

export async function tcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  let trips = 0;
  let losing = false;
  const open = new Set<net.Socket>();
  const silent = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const upstream = net.connect(target);
    let clientTurn = false;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (!clientTurn) trips++;
      clientTurn = true;
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      clientTurn = false;
      if (silent.has(upstream)) return;
      if (losing) client.destroy();
      else client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    roundTrips: () => trips,
    loseAnswers: () => {
      losing = true;
    },
    silence: () => {
      for (const socket of open) silent.add(socket);
    },
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
