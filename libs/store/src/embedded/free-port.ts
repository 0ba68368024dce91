import net from 'node:net';

/** The port asked for, if nobody listens on it, else any free one of the loopback interface. */
export async function freePort(asked?: number): Promise<number> {
  if (asked !== undefined && (await listens(asked)) !== undefined) return asked;
  const port = await listens(0);
  if (port === undefined) throw new Error('No free port on 127.0.0.1.');
  return port;
}

function listens(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const { port: given } = server.address() as net.AddressInfo;
      server.close(() => resolve(given));
    });
  });
}
