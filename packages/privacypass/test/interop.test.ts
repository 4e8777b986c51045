import {
  AuthorizationHeader,
  genericBatched,
  privateVerif,
  Token as TheirToken,
  TokenChallenge as TheirChallenge,
} from '@cloudflare/privacypass-ts';
import { nobleVoprf } from '@sotto/voprf';
import { ecdhVoprf } from '@sotto/voprf/ecdh';
import type { Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { seeded } from '../../voprf/test/support.ts';
import {
  createTokenRequests,
  decodeGenericBatchTokenRequest,
  decodeGenericBatchTokenResponse,
  decodeToken,
  decodeTokenRequest,
  encodeGenericBatchTokenRequest,
  encodeGenericBatchTokenResponse,
  encodeTokenChallenge,
  formatAuthorization,
  issueSingle,
  parseAuthorization,
  serviceChallenge,
  verifyToken,
} from '../src/index.ts';

const plain = (bytes: Uint8Array): Bytes => Uint8Array.from(bytes);
const random = seeded(11);
const challenge = encodeTokenChallenge(
  serviceChallenge({ tokenType: 1, issuerName: 'issuer.example', service: 'stickers', epoch: 86_400 }),
);

describe.each([
  { name: 'noble', voprf: nobleVoprf('P384-SHA384') },
  { name: 'ecdh', voprf: ecdhVoprf(crypto.subtle) },
])('@cloudflare/privacypass-ts and ours ($name), type 0x0001', async ({ voprf }) => {
  const key = await voprf.generateKeyPair(random);
  const { VOPRF } = privateVerif;
  const ours = (count: 1) =>
    createTokenRequests({
      voprf,
      tokenType: 1,
      publicKey: key.publicKey,
      challenge,
      count,
      kind: 'single',
      random,
    });

  test('their client with our issuer: both sides verify the token', async () => {
    const client = new privateVerif.Client();
    const request = await client.createTokenRequest(TheirChallenge.deserialize(challenge), key.publicKey);
    const response = await issueSingle(voprf, key, decodeTokenRequest(plain(request.serialize())), random);
    const token = await client.finalize(client.deserializeTokenResponse(response));
    const sent = parseAuthorization(new AuthorizationHeader(token).toString());
    expect(await verifyToken(voprf, key.secretKey, decodeToken(sent))).toBe(true);
    expect(await privateVerif.verifyToken(token, key.secretKey)).toBe(true);
  });

  test('our client with their issuer: both sides verify the token', async () => {
    const issuer = new privateVerif.Issuer('issuer.example', key.secretKey, key.publicKey);
    const pending = await ours(1);
    const response = await issuer.issue(privateVerif.TokenRequest.deserialize(pending.request));
    const [token] = await pending.finish(plain(response.serialize()));
    if (token === undefined) throw new Error('no token');
    const received = parseAuthorization(formatAuthorization(token));
    expect(await issuer.verify(TheirToken.deserialize(VOPRF, received))).toBe(true);
    expect(await verifyToken(voprf, key.secretKey, decodeToken(received))).toBe(true);
  });

  test('their generic batch with our issuer', async () => {
    const clients = [new privateVerif.Client(), new privateVerif.Client()];
    const requests = await Promise.all(
      clients.map((client) =>
        client.createTokenRequest(TheirChallenge.deserialize(challenge), key.publicKey),
      ),
    );
    const batch = new genericBatched.Client().createTokenRequest(
      requests.map((request) => new genericBatched.TokenRequest(request)),
    );
    const received = decodeGenericBatchTokenRequest(plain(batch.serialize()));
    const responses = [];
    for (const request of received) {
      responses.push({ tokenType: 1, response: await issueSingle(voprf, key, request, random) });
    }
    const body = encodeGenericBatchTokenResponse([...responses, null]);
    const answered = [...genericBatched.GenericBatchTokenResponse.deserialize(body)];
    expect(answered.map(({ tokenResponse }) => tokenResponse === null)).toEqual([false, false, true]);
    for (const [i, client] of clients.entries()) {
      const token = await client.finalize(answered[i]?.tokenResponse as privateVerif.TokenResponse);
      expect(await verifyToken(voprf, key.secretKey, decodeToken(plain(token.serialize())))).toBe(true);
    }
  });

  test('our generic batch with their issuer', async () => {
    const issuer = new privateVerif.Issuer('issuer.example', key.secretKey, key.publicKey);
    const pending = [await ours(1), await ours(1)];
    const body = encodeGenericBatchTokenRequest(pending.map(({ request }) => decodeTokenRequest(request)));
    const answered = await new genericBatched.Issuer(issuer).issue(
      genericBatched.BatchedTokenRequest.deserialize(body),
    );
    const responses = decodeGenericBatchTokenResponse(plain(answered.serialize()));
    expect(responses).toHaveLength(2);
    for (const [i, entry] of responses.entries()) {
      const [token] = (await pending[i]?.finish(entry?.response ?? new Uint8Array(0))) ?? [];
      if (token === undefined) throw new Error('no token');
      expect(await issuer.verify(TheirToken.deserialize(VOPRF, token))).toBe(true);
    }
  });
});
