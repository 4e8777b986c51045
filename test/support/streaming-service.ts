import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A plain HTTP service whose responses a test writes piece by piece. To POST it responds when the test writes. */
export interface StreamingService {
  readonly url: string;
  /** The next response, once the head of its request has arrived. */
  next(): Promise<ServerResponse>;
  close(): Promise<void>;
}

export async function streamingService(): Promise<StreamingService> {
  const waiting: ((response: ServerResponse) => void)[] = [];
  const arrived: ServerResponse[] = [];
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    if (request.method === 'GET') response.flushHeaders();
    const take = waiting.shift();
    if (take === undefined) arrived.push(response);
    else take(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next: () => {
      const response = arrived.shift();
      return response === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(response);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The row of a service that streams, and the length class of its own. */
export const STREAM_CLASS = { requestLength: 1024, responseLength: 65_536 };
export const streamRow = (name: string, url: string, more: object = {}) => ({
  name,
  target: { url },
  token: 'none',
  idempotent: true,
  timeoutMs: 60_000,
  stream: { flushMs: 20 },
  ...more,
});
