import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import { PROBLEMS, problemResponse, type ProblemCode } from '@sotto/http';
import { selfSigned } from '../../../test/support/certificates.ts';
import { serve } from '../src/node/index.ts';

/** The subject of the certificate that a new connection gets. */
function subjectAt(origin: string): Promise<unknown> {
  const { hostname: host, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().subject.CN);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

async function eventually(origin: string, name: string): Promise<void> {
  while ((await subjectAt(origin)) !== name);
}

test('N52 TLS: a renewed certificate is used for new connections, and a broken pair is not', async () => {
  const [first, second, third] = [
    await selfSigned('first'),
    await selfSigned('second'),
    await selfSigned('third'),
  ];
  let files: () => { cert: string; key: string } = () => first;
  const looks: number[] = [];
  const read = () => {
    looks.push(1);
    return files();
  };
  const serving = await serve({
    host: '127.0.0.1',
    port: 0,
    maxInFlight: 10,
    drainMs: 100,
    responseMs: 1000,
    connectionsPerAddress: 100,
    tls: { ...first, read },
    certificateMs: 5,
    respond: () => new Response('ok'),
    refuse: (code: ProblemCode) => problemResponse(PROBLEMS[code]),
  });
  expect(await subjectAt(serving.origin)).toBe('first');
  files = () => second;
  await eventually(serving.origin, 'second');

  const broken: (typeof files)[] = [
    () => ({ cert: third.cert, key: second.key }), // half renewed
    () => ({ cert: 'nothing', key: third.key }),
    () => {
      throw new Error('ENOENT');
    },
  ];
  for (const pair of broken) {
    files = pair;
    const before = looks.length;
    while (looks.length < before + 3) await new Promise((resolve) => setImmediate(resolve));
    expect(await subjectAt(serving.origin)).toBe('second');
  }
  files = () => third;
  await eventually(serving.origin, 'third');
  await serving.close();
});
