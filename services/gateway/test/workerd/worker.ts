import { env } from 'cloudflare:workers';
import { createExecutionContext } from 'cloudflare:test';
import { decodeResponse, encodeRequest, type BhttpResponse, type Field } from '@sotto/bhttp';
import { rootPublicKey, signVersions, verifySignedBundle } from '@sotto/bundle';
import { decodeKeyConfigs, encapsulateRequest, KEM } from '@sotto/ohttp';
import { webcryptoHpke } from '@sotto/ohttp/webcrypto';
import { encodeDirectory, encodeTokenChallenge, serviceChallenge } from '@sotto/privacypass';
import { base64url, fromBase64url, utf8, voucherEpochs, type Bytes, type Random } from '@sotto/wire';
import { refillKey } from '../../../../packages/bundle/test/support.ts';
import worker from '../../src/index.ts';
import { formatDate } from '../../src/date.ts';
import { authorization, fakeIssuer } from '../support/tokens.ts';

export const RELAY_TOKEN = 'the-credential-of-the-relay';
export const OPERATOR_TOKEN = 'the-credential-of-the-operator';
export const EPOCH = 86_400;
const PERIOD = 7; // epochs, of vouchers
const ROOT_SECRET: Bytes = new Uint8Array(32).fill(5);
export const ROOT = rootPublicKey(ROOT_SECRET);

export const random: Random = (length) => crypto.getRandomValues(new Uint8Array(length));
export const now = (): number => Math.floor(Date.now() / 1000);
export const hpke = webcryptoHpke(crypto.subtle);

const SECRETS = {
  ROOT: base64url(ROOT),
  RELAY_TOKEN,
  OPERATOR_TOKEN,
  KEY_WRAPPING_KEY: base64url(Uint8Array.from({ length: 32 }, (_, i) => i)),
};

type Env = Parameters<typeof worker.fetch>[1];

/** The Worker with the bindings of its block, its secrets, and an issuer with a schedule. */
export function startWorker(vars: Readonly<Record<string, unknown>> = {}) {
  const issuer = fakeIssuer(random);
  const ISSUER = {
    redeem: async (r: Parameters<typeof issuer.redeem>[0]) => ({
      outcome: await issuer.redeem(r),
      revision: 1,
    }),
    schedule: async () => ({ revision: 1, epochs: schedule() }),
  };
  const bound = { ...env, ...SECRETS, ISSUER, ...vars } as unknown as Env;
  const fetch = (path: string, init?: RequestInit): Promise<Response> =>
    worker.fetch(
      new Request(`https://gateway.example${path}`, init) as never,
      bound,
      createExecutionContext(),
    );
  const scheduled = (): Promise<void> => worker.scheduled({} as never, bound);
  return { issuer, fetch, scheduled, bound };
}

export type Running = ReturnType<typeof startWorker>;

function schedule() {
  const first = Math.floor(now() / EPOCH) * EPOCH;
  return Array.from({ length: 8 }, (_, i) => {
    const start = first + i * EPOCH;
    const index = start / EPOCH;
    const tokenKey = new Uint8Array(32).fill(index % 251); // the same each time
    const key = { tokenType: 5, tokenKey, notBefore: start, service: 'stickers' };
    const challengeOf = (service: string) => {
      const context = { tokenType: 5, issuerName: 'issuer.example', service, epoch: start };
      return { service, tokenType: 5, challenge: encodeTokenChallenge(serviceChallenge(context)) };
    };
    const keys = Array.from({ length: voucherEpochs(index, PERIOD) }, (_key, later) =>
      refillKey(index + later),
    );
    return {
      start,
      directory: encodeDirectory({
        issuerRequestUri: 'https://issuer.example/token-request',
        tokenKeys: [key],
      }),
      challenges: ['stickers', 'refill'].map(challengeOf),
      refill: { period: PERIOD, perEpoch: 3, keys, pack: [{ service: 'stickers', tokens: 20 }] },
    };
  });
}

const OPERATOR = { authorization: `Bearer ${OPERATOR_TOKEN}`, 'content-type': 'application/json' };

export async function signEpochs({ fetch }: Running): Promise<void> {
  const listed = await fetch('/operator/bundles', { headers: OPERATOR });
  const epochs: { sequence: number; bundle: string; signed: boolean }[] = await listed.json();
  const body = JSON.stringify(
    epochs
      .filter(({ signed }) => !signed)
      .map(({ sequence, bundle }) => {
        const { signature, signature1 } = signVersions(fromBase64url(bundle), ROOT_SECRET);
        return {
          sequence,
          signature: base64url(signature),
          ...(signature1 !== null && { signature1: base64url(signature1) }),
        };
      }),
  );
  const kept = await fetch('/operator/bundles', { method: 'POST', headers: OPERATOR, body });
  if (kept.status !== 204) throw new Error(`signing: ${kept.status}`);
}

export async function currentBundle({ fetch }: Running) {
  const response = await fetch('/bundle');
  if (!response.ok) throw new Error(`bundle: ${response.status}`);
  return verifySignedBundle(new Uint8Array(await response.arrayBuffer()), { roots: [ROOT], now: now() });
}

export interface Sent {
  readonly body: Bytes; // the envelope
  readonly open: (response: Response) => Promise<BhttpResponse>;
  readonly response: Response;
  readonly length: number;
  readonly inner: BhttpResponse;
}

/** One search with the facts of the bundle only, as a client makes it. */
export async function search(
  running: Running,
  changes: { authority?: string; path?: string } = {},
): Promise<Sent> {
  const bundle = await currentBundle(running);
  const config = decodeKeyConfigs(bundle.keyConfigs).find(({ kemId }) => kemId === KEM.X_WING);
  const [service] = bundle.services;
  if (config === undefined || service === undefined) throw new Error('an empty bundle');
  const fields: Field[] = [
    authorization(running.issuer.mint('stickers', service.challenge)),
    ['date', formatDate(now())],
    ['content-type', 'application/json'],
  ];
  const request = encodeRequest(
    {
      method: 'POST',
      scheme: 'https',
      authority: 'stickers',
      path: '/v1/search',
      fields,
      content: utf8('{"q":"cat"}'),
      trailers: [],
      ...changes,
    },
    { length: service.requestLength },
  );
  const sealed = await encapsulateRequest(hpke, config, bundle.suite, request, random);
  const response = await post(running, sealed.encapsulatedRequest);
  if (response.status !== 200) throw new Error(`outside: ${response.status} ${await response.text()}`);
  const open = async (answer: Response): Promise<BhttpResponse> =>
    decodeResponse(await sealed.openResponse(new Uint8Array(await answer.arrayBuffer())));
  const { byteLength: length } = await response.clone().arrayBuffer();
  return { body: sealed.encapsulatedRequest, open, response, length, inner: await open(response) };
}

export function post({ fetch }: Running, body: BodyInit): Promise<Response> {
  const headers = { authorization: `Bearer ${RELAY_TOKEN}`, 'content-type': 'message/ohttp-req' };
  return fetch('/.well-known/ohttp-gateway', { method: 'POST', headers, body });
}
