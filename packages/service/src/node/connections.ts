import { IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressKey } from '../address.ts';

/** Requests of one connection that are in progress or wait for their reader. Clients hardly ever pipeline. */
const MAX_PIPELINED = 16;

/** Closes connections of an address, or of an IPv6 /64, over a limit. */
export function limitConnections(server: Server, perAddress: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const key = addressKey(socket.remoteAddress ?? '');
    const count = (open.get(key) ?? 0) + 1;
    if (count > perAddress) {
      socket.destroy();
      return;
    }
    open.set(key, count);
    socket.once('close', () => {
      const left = (open.get(key) ?? 1) - 1;
      if (left === 0) open.delete(key);
      else open.set(key, left);
    });
  });
}

/**
 * Ends the parser of a connection that was destroyed. Node parses the rest of what it has read, up to 64 KiB, and that is
 * more than a thousand pipelined requests; it reads no further when a request is an upgrade.
 */
export class EndingMessage extends IncomingMessage {
  asksForUpgrade = false; // not private: the base class assigns `upgrade` before private fields exist

  get upgrade(): boolean {
    return this.asksForUpgrade || this.socket.destroyed;
  }

  set upgrade(isUpgrade: boolean) {
    this.asksForUpgrade = isUpgrade;
  }
}

/** Counts the responses that each connection still owes; tells whether one more request is within the limit. */
export function limitPipelining(): (socket: Socket, outgoing: ServerResponse) => boolean {
  const owed = new WeakMap<Socket, number>();
  return (socket, outgoing) => {
    const count = (owed.get(socket) ?? 0) + 1;
    if (socket.destroyed || count > MAX_PIPELINED) return false;
    owed.set(socket, count);
    outgoing.once('close', () => owed.set(socket, (owed.get(socket) ?? 1) - 1));
    return true;
  };
}
