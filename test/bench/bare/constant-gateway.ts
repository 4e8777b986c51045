import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { wholeOf } from '../ask.ts';
import { GATEWAY_PATH } from './layout.ts';
import { headersOf, type Seen } from './seen.ts';

export interface ConstantGateway {
  readonly origin: string;
  /** The response to every envelope from now on. */
  answer(response: Seen): void;
  /** The latest envelope. */
  received(): Seen;
  close(): void;
}

/** A gateway in this process that answers every envelope at once and alike, so that a relay before it can be measured alone. */
export async function constantGateway(): Promise<ConstantGateway> {
  let response: Seen | undefined;
  let latest: Seen | undefined;
  const server = createServer((message, reply) => {
    const answer = (body: Seen['body']): void => {
      if (response === undefined || message.url !== GATEWAY_PATH) return void reply.writeHead(404).end();
      latest = { headers: headersOf(message), body };
      reply.writeHead(200, Object.fromEntries(response.headers)).end(response.body);
    };
    wholeOf(message).then(answer, () => reply.destroy());
  });
  server.keepAliveTimeout = 0; // a relay keeps its connection from one round to the next
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (given) => void (response = given),
    received() {
      if (latest === undefined) throw new Error('no envelope has arrived');
      return latest;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
