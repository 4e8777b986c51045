import type { Socket } from 'node:net';
import { problemText, PROBLEMS, type ProblemCode } from '@sotto/http';

const CODES: Readonly<Record<string, ProblemCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'fields-too-large',
};
const REASONS = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
} as const;

/**
 * Responds to bytes that are not an HTTP request, or are late, with a constant, and closes the connection.
 *
 * @param hasBegun - whether a response has begun on this connection: nothing may be written into its middle
 * @param refuse - gives the headers; its body is the problem's own text
 */
export function refuseSocket(
  { code }: NodeJS.ErrnoException,
  socket: Socket,
  hasBegun: boolean,
  refuse: (code: ProblemCode) => Response,
): void {
  if (code === 'ECONNRESET' || !socket.writable || hasBegun) {
    socket.destroy();
    return;
  }
  const problemCode = CODES[code ?? ''] ?? 'bad-request';
  const { status } = PROBLEMS[problemCode];
  const body = problemText(PROBLEMS[problemCode]);
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status as keyof typeof REASONS]}`,
    ...[...refuse(problemCode).headers].map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    'connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
