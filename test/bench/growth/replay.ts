import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ask, wholeOf, type Answer } from '../ask.ts';

/** A server in front of another one. It asks that one once for each path that is posted to, and repeats the response. */
export interface Replay {
  readonly url: string;
  close(): void;
}

/** @param upstream - its origin; it may start later */
export async function replay(upstream: string): Promise<Replay> {
  const known = new Map<string, Answer>();
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '' } = incoming;
    const respond = ({ message, body }: Answer): void => {
      outgoing.writeHead(message.statusCode ?? 0, message.headers).end(body);
    };
    const recorded = method === 'POST' ? known.get(url) : undefined;
    if (recorded !== undefined) {
      incoming.resume().once('end', () => respond(recorded));
      return;
    }
    const pass = async (): Promise<void> => {
      const body = await wholeOf(incoming);
      const response = await ask(upstream + url, method, incoming.headers, body);
      if (method === 'POST' && response.message.statusCode === 200) known.set(url, response);
      respond(response);
    };
    void pass().catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
