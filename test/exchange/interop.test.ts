import { DLEQProof, Evaluation, Oprf, VOPRFClient } from '@cloudflare/voprf-ts';
import { CryptoNoble } from '@cloudflare/voprf-ts/crypto-noble';
import { privateVerif, TokenChallenge } from '@cloudflare/privacypass-ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeDirectory } from '@sotto/privacypass';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';

const services = [{ name: 'stickers', types: [5, 1], batch: [1, 30], quota: { default: 300 } }];
let suite: Suite;
beforeAll(async () => {
  suite = await startSuite({ vars: { issuer: { SERVICES: JSON.stringify(services) } } });
});
afterAll(() => suite.dispose());

async function currentKey(tokenType: number): Promise<Uint8Array<ArrayBuffer>> {
  const url = `${suite.urls.issuer}/.well-known/private-token-issuer-directory`;
  const { tokenKeys } = decodeDirectory(new Uint8Array(await (await fetch(url)).arrayBuffer()));
  const now = Date.now() / 1000;
  const key = tokenKeys.find((k) => k.tokenType === tokenType && (k.notBefore ?? 0) <= now);
  if (key === undefined) throw new Error(`no key of type ${tokenType}`);
  return key.tokenKey;
}

async function post(contentType: string, body: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(`${suite.urls.issuer}/token-request`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await suite.account('peer')}`, 'content-type': contentType },
    body: new Uint8Array(body),
  });
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
}

describe('clients from npm against the live issuer', () => {
  test('issuer: @cloudflare/privacypass-ts gets a token of type 0x0001 and accepts its proof', async () => {
    const key = await currentKey(1);
    const client = new privateVerif.Client();
    const challenge = new TokenChallenge(1, 'issuer.local', new Uint8Array(32), ['stickers']);
    const request = await client.createTokenRequest(challenge, key);
    const response = await post('application/private-token-request', request.serialize());
    const token = await client.finalize(client.deserializeTokenResponse(response));
    expect(token.authenticator).toHaveLength(48);
    expect(token.serialize()).toHaveLength(146);
  });

  test('issuer: @cloudflare/voprf-ts gets a batch of thirty of type 0x0005 and verifies one proof', async () => {
    const key = await currentKey(5);
    const suiteId = Oprf.Suite.RISTRETTO255_SHA512;
    const client = new VOPRFClient(suiteId, key, CryptoNoble);
    const inputs = Array.from({ length: 30 }, (_, i) => new Uint8Array(98).fill(i));
    const [state, request] = await client.blind(inputs);
    const elements = Buffer.concat(request.blinded.map((element) => element.serialize(true)));
    const keyId = new Uint8Array(await crypto.subtle.digest('SHA-256', key))[31] ?? 0;
    const length = [0x40 | (elements.length >> 8), elements.length & 0xff]; // varint of two bytes
    const response = await post(
      'application/private-token-amortized-batch-request',
      Uint8Array.of(0, 5, keyId, ...length, ...elements),
    );
    const group = Oprf.getGroup(suiteId, CryptoNoble);
    const evaluated = Array.from({ length: 30 }, (_, i) =>
      group.desElt(response.subarray(2 + 32 * i, 34 + 32 * i)),
    );
    const proof = DLEQProof.deserialize(group.id, response.subarray(-64), CryptoNoble);
    const evaluation = new Evaluation(Oprf.Mode.VOPRF, evaluated, proof);
    const outputs = await client.finalize(state, evaluation);
    expect(outputs).toHaveLength(30);
    expect(new Set(outputs.map((output) => Buffer.from(output).toString('hex'))).size).toBe(30);
  });
});
