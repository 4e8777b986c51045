import { createServer, request, Agent, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface Recorded {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A server in front of another one. It asks that one once for each path that is posted to, and repeats the response. */
export interface Replay {
  readonly url: string;
  close(): void;
}

/** @param upstream - its origin; it may start later */
export async function replay(upstream: string): Promise<Replay> {
  const known = new Map<string, Recorded>();
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '' } = incoming;
    const respond = ({ status, headers, body }: Recorded): void => {
      outgoing.writeHead(status, headers).end(body);
    };
    const recorded = method === 'POST' ? known.get(url) : undefined;
    if (recorded !== undefined) {
      incoming.resume().once('end', () => respond(recorded));
      return;
    }
    const pass = async (): Promise<void> => {
      const body = await buffer(incoming);
      const response = await ask(upstream + url, method, incoming.headers, body);
      if (method === 'POST' && response.status === 200) known.set(url, response);
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

const CONNECTIONS = new Agent({ keepAlive: true });

/** One exchange over a connection that is kept, with no field more than is given, and with the least overhead that Node offers. */
export function ask(
  url: string,
  method: string,
  headers: IncomingHttpHeaders,
  body: Uint8Array,
): Promise<Recorded> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: CONNECTIONS }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () => {
        const { statusCode: status = 0, headers: fields } = response;
        resolve({ status, headers: fields, body: Buffer.concat(pieces) });
      });
    });
    sent.once('error', reject).end(body);
  });
}
