import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from 'node:tls';
import { afterAll, expect, test } from 'vitest';
import { PROBLEMS, problemResponse, type ProblemCode } from '@sotto/http';
import { serve } from '../src/node/index.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-certificate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A certificate of its own key, whose subject is this name. */
function certificate(name: string): { cert: string; key: string } {
  const [cert, key] = ['pem', 'key'].map((kind) => path.join(folder, `${name}.${kind}`)) as [string, string];
  const type = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const args = ['req', '-x509', ...type, '-subj', `/CN=${name}`, '-keyout', key, '-out', cert];
  execFileSync('openssl', args, { stdio: 'ignore' });
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

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

/** Node makes keys and no certificates. */
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

test.skipIf(!hasOpenssl)(
  'N52 TLS: a renewed certificate is used for new connections, and a broken pair is not',
  async () => {
    const [first, second, third] = [certificate('first'), certificate('second'), certificate('third')];
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
      answer: () => new Response('ok'),
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
  },
);
