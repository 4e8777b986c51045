import type { Socket } from 'node:net';
import { PROBLEMS, problemResponse, type ProblemCode } from '@sotto/http';
import { expect, test } from 'vitest';
import { refuseSocket } from '../src/node/refuse-socket.ts';

const refuse = (code: ProblemCode): Response => problemResponse(PROBLEMS[code], { 'x-of-the-service': '1' });

/** The calls on a socket, and the bytes written to it. */
function refused(code: string, { writable = true, hasBegun = false } = {}): string[] {
  const done: string[] = [];
  const socket = { writable, destroy: () => done.push('destroy'), end: (text: string) => done.push(text) };
  refuseSocket(Object.assign(new Error(code), { code }), socket as unknown as Socket, hasBegun, refuse);
  return done;
}

test('R28 bytes that are not HTTP get a constant response in the form of the service', () => {
  const [response = ''] = refused('HPE_INVALID_METHOD');
  expect(response).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(response).toContain('\r\nx-of-the-service: 1\r\n');
  expect(response).toMatch(/\r\n\r\n\{"type":"about:blank".*\}$/);
  expect(refused('ERR_HTTP_REQUEST_TIMEOUT')[0]).toContain(' 408 Request Timeout\r\n');
  expect(refused('HPE_HEADER_OVERFLOW')[0]).toContain(' 431 Request Header Fields Too Large\r\n');
});

test('R28 nothing is written into the middle of a response, nor to a client that has left', () => {
  expect(refused('HPE_INVALID_METHOD', { hasBegun: true })).toEqual(['destroy']);
  expect(refused('HPE_INVALID_METHOD', { writable: false })).toEqual(['destroy']);
  expect(refused('ECONNRESET')).toEqual(['destroy']);
});
