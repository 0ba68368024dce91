import type { ISocketFactory } from 'kafkajs';
import type { Socket } from 'node:net';
import { LogUnavailableError } from '../log-unavailable-error.js';
import { openSocket, refuseConnections } from './kafkajs-internals.js';

/**
 * The connections of one client of kafkajs. A client that is told to disconnect goes on with what it has begun: it waits for
 * answers, tries again for minutes, and connects anew for it. Ended here, it cannot.
 */
export class Connections {
  private readonly sockets = new Set<Socket>();
  private over = false;

  /** What kafkajs opens sockets with. */
  readonly factory: ISocketFactory = (where) => {
    const socket = openSocket(where);
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    return socket;
  };

  get ended(): boolean {
    return this.over;
  }

  /** Breaks them off, and lets none be made again: what is under way fails at once, and nothing is tried again. */
  end(): void {
    if (this.over) return;
    this.over = true;
    refuseConnections(this.factory);
    // kafkajs learns only by an error that what it has asked will not be answered.
    for (const socket of this.sockets) socket.destroy(new LogUnavailableError('the connection was ended here'));
  }
}
