import type { Socket } from 'node:net';
import { fetchService, type Fetch } from '../../src/service/fetch-service.ts';
import { row, testGateway, type Sent, type TestGateway } from './gateway.ts';
import { rawServer, type RawServer } from './raw-server.ts';

/** The inner status of a response, and the code of its problem. */
export const statusOf = (sent: Sent): string => `${sent.inner.status} ${sent.code ?? ''}`.trim();

const TIMEOUT_MS = 9999; // of the row in statusAtDeadline, and of nothing else at the gateway

/**
 * Gateways that call one service, which is a server on raw TCP.
 *
 * @param keep - called with each server, to close it after the test
 */
export function gatewaysBefore(send: Fetch, keep: (server: RawServer) => void) {
  async function behind(
    answer: (socket: Socket, request: string) => void,
    base = '',
  ): Promise<{ h: TestGateway; server: RawServer }> {
    const server = await rawServer(answer);
    keep(server);
    const stickers = fetchService(server.url + base, send);
    return { h: await testGateway({ services: { stickers } }), server };
  }

  /** The status of a search whose service ends the deadline itself, and how many deadlines the service had. */
  async function statusAtDeadline(answer: (socket: Socket, end: () => void) => void) {
    const deadline = new AbortController();
    const server = await rawServer((socket) => answer(socket, () => deadline.abort()));
    keep(server);
    let deadlines = 0;
    const h = await testGateway({
      services: { stickers: fetchService(server.url, send) },
      rows: [{ ...row('stickers', { type: 5 }, true), timeoutMs: TIMEOUT_MS }],
      deadline: (ms) => {
        if (ms !== TIMEOUT_MS) return AbortSignal.timeout(ms);
        deadlines++;
        return deadline.signal;
      },
    });
    return { status: statusOf(await h.search()), deadlines };
  }

  return { behind, statusAtDeadline };
}
