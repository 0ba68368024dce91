import net from 'node:net';

/**
 * Where a save is cut off: before the server has heard of it; when the server has executed it, and only the message that
 * commits is missing; or when it is committed, and only the answer is missing.
 */
export type CutAt = 'before it is executed' | 'before it is committed' | 'before it is answered';

/** A save that was seen, and what the caller read of its partition around it. */
export interface SeenSave<T> {
  readonly partition: number;
  /** While the server had not yet heard of it. */
  readonly before: T;
  /** When the connection was gone, and nobody could connect. */
  readonly after: T;
}

/** A save that is kept from the server. */
export interface HeldSave {
  readonly partition: number;
  /** Lets it go on to the server, whatever has become of its connection there. Resolves when the connection has ended. */
  letGo(): Promise<void>;
}

type Look<T> = (partition: number) => Promise<T>;

/** A message of the wire protocol; the one that opens a connection has no type. */
interface Message {
  readonly type: string;
  readonly bytes: Buffer;
}

const BIND = 'B';
const EXECUTE = 'E';
const SYNC = 'S';
/** Asks the server for its answers so far, without committing. */
const FLUSH = Buffer.from([0x48, 0, 0, 0, 4]);
const COMMAND_COMPLETE = 'C';
const READY = 'Z';

/**
 * A loopback proxy between monitors and PostgreSQL that knows the one statement that saves a batch, and can cut its connection
 * at a point that matters, or keep it back.
 */
export class SaveProxy {
  private readonly server: net.Server;
  private readonly connections = new Set<Connection>();
  private next: ((save: Connection) => Promise<void>) | undefined;
  private closedDoor: Promise<void> | undefined;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.server = net.createServer((client) => {
      // Whoever comes while the door is closed waits for it.
      void (this.closedDoor ?? Promise.resolve()).then(() => {
        const connection = new Connection(client, net.connect(target), () => this.takeNext());
        this.connections.add(connection);
        void connection.ended.then(() => this.connections.delete(connection));
      });
    });
  }

  static async before(databaseUrl: string): Promise<{ proxy: SaveProxy; url: string }> {
    const url = new URL(databaseUrl);
    const proxy = new SaveProxy({ host: url.hostname, port: Number(url.port) });
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    url.port = String((proxy.server.address() as net.AddressInfo).port);
    return { proxy, url: url.href };
  }

  /** Cuts the next save off. While `look` reads the second time, nobody can connect: so nobody has taken the partition anew. */
  cut<T>(at: CutAt, look: Look<T>): Promise<SeenSave<T>> {
    return this.seize(async (save) => {
      const { partition } = save;
      const before = await look(partition);
      let open!: () => void;
      this.closedDoor = new Promise((resolve) => (open = resolve));
      try {
        await save.cut(at);
        return { partition, before, after: await look(partition) };
      } finally {
        this.closedDoor = undefined;
        open();
      }
    });
  }

  /** Keeps the next save back. */
  hold(): Promise<HeldSave> {
    return this.seize((save) => Promise.resolve({ partition: save.partition, letGo: () => save.goOn() }));
  }

  close(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private seize<T>(how: (save: Connection) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.next = (save) => how(save).then(resolve, reject);
    });
  }

  private takeNext(): ((save: Connection) => Promise<void>) | undefined {
    const { next } = this;
    this.next = undefined;
    return next;
  }
}

class Connection {
  readonly ended: Promise<void>;
  private readonly fromClient = new MessageReader(true);
  private readonly fromServer = new MessageReader(false);
  /** The topic's partition that it writes; its name on the server says so. */
  private writes: number | undefined;
  /** Messages that are kept back, from the seized save on. */
  private kept: Message[] | undefined;
  private heard: ((message: Message) => void) | undefined;
  private answering = true;

  constructor(
    private readonly client: net.Socket,
    private readonly upstream: net.Socket,
    private readonly seizing: () => ((save: Connection) => Promise<void>) | undefined,
  ) {
    const gone = [client, upstream].map((socket) => new Promise<void>((resolve) => socket.once('close', resolve)));
    this.ended = Promise.all(gone).then(() => undefined);
    for (const socket of [client, upstream]) {
      socket.on('error', () => undefined);
      socket.on('close', () => this.destroy());
    }
    client.on('data', (bytes) => {
      for (const message of this.fromClient.read(bytes)) this.said(message);
    });
    upstream.on('data', (bytes) => {
      for (const message of this.fromServer.read(bytes)) {
        if (this.answering) client.write(message.bytes);
        this.heard?.(message);
      }
    });
  }

  get partition(): number {
    return this.writes!;
  }

  destroy(): void {
    this.client.destroy();
    this.upstream.destroy();
  }

  async cut(at: CutAt): Promise<void> {
    this.answering = false;
    if (at !== 'before it is executed') {
      const waited = at === 'before it is committed' ? COMMAND_COMPLETE : READY;
      const done = new Promise<void>((resolve, reject) => {
        this.heard = ({ type }) => {
          if (type === 'E') reject(new Error('the server refused the save that was to be cut off'));
          if (type === waited) resolve();
        };
        void this.ended.then(() => reject(new Error('the connection ended before the save was done')));
      });
      const through = at === 'before it is committed' ? EXECUTE : SYNC;
      await this.forward(through);
      if (through === EXECUTE) this.upstream.write(FLUSH);
      await done;
    }
    this.destroy();
    await this.ended;
  }

  goOn(): Promise<void> {
    const kept = this.kept ?? [];
    this.kept = undefined;
    for (const { bytes } of kept) this.upstream.write(bytes);
    return this.ended;
  }

  /** Of what is kept back, everything up to and including this message; it may still be on its way here. */
  private async forward(type: string): Promise<void> {
    for (;;) {
      const message = this.kept!.shift();
      if (message === undefined) await new Promise((resolve) => this.client.once('data', resolve));
      else this.upstream.write(message.bytes);
      if (message?.type === type) return;
    }
  }

  private said(message: Message): void {
    this.writes ??= writtenPartition(message);
    if (this.kept === undefined && this.writes !== undefined && isSave(message)) {
      const seize = this.seizing();
      if (seize !== undefined) {
        this.kept = [];
        void seize(this);
      }
    }
    if (this.kept === undefined) this.upstream.write(message.bytes);
    else this.kept.push(message);
  }
}

/** Cuts a stream of bytes into messages. */
class MessageReader {
  private rest = Buffer.alloc(0);

  /** @param opening the first message has no type */
  constructor(private opening: boolean) {}

  *read(bytes: Buffer): Generator<Message> {
    this.rest = Buffer.concat([this.rest, bytes]);
    for (;;) {
      const typeBytes = this.opening ? 0 : 1;
      if (this.rest.length < typeBytes + 4) return;
      const length = typeBytes + this.rest.readInt32BE(typeBytes);
      if (this.rest.length < length) return;
      const message = {
        type: this.opening ? '' : String.fromCharCode(this.rest[0]!),
        bytes: Buffer.from(this.rest.subarray(0, length)),
      };
      this.opening = false;
      this.rest = this.rest.subarray(length);
      yield message;
    }
  }
}

function writtenPartition({ type, bytes }: Message): number | undefined {
  if (type !== '') return undefined;
  const parameters = bytes.subarray(8).toString('utf8').split('\0');
  const name = parameters[parameters.indexOf('application_name') + 1];
  const partition = /\/(\d+)$/.exec(name ?? '')?.[1];
  return partition === undefined ? undefined : Number(partition);
}

/** Type, length, then the names of the portal and of the prepared statement, each ended by a zero. */
function isSave({ type, bytes }: Message): boolean {
  if (type !== BIND) return false;
  const from = bytes.indexOf(0, 5) + 1;
  return bytes.subarray(from, bytes.indexOf(0, from)).toString('utf8').startsWith('save_batch');
}
