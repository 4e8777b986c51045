import type { Socket } from 'node:net';
import { CORS, PROBLEM_TYPE, PROBLEMS, problemText, type ProblemCode } from '@sotto/http';

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
 * Answers bytes that are no HTTP request, or not in time, with a constant, and closes.
 *
 * @param answering - whether an answer has begun on this connection: nothing may go into its middle
 */
export function refuseSocket({ code }: NodeJS.ErrnoException, socket: Socket, answering: boolean): void {
  if (code === 'ECONNRESET' || !socket.writable || answering) {
    socket.destroy();
    return;
  }
  const problem = PROBLEMS[CODES[code ?? ''] ?? 'bad-request'];
  const body = problemText(problem);
  const lines = [
    `HTTP/1.1 ${problem.status} ${REASONS[problem.status as keyof typeof REASONS]}`,
    `content-type: ${PROBLEM_TYPE}`,
    'cache-control: no-store',
    ...Object.entries(CORS).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    'connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
