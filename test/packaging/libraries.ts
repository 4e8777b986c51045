// A program for other versions of Node: published vectors through every implementation that runs in Node.
import { decapsulateRequest, decodeKeyConfig, encapsulateRequest, KEM, loadGatewayKey } from '@sotto/ohttp';
import { hpkeCoreHpke } from '@sotto/ohttp/hpke-core';
import { nobleHpke } from '@sotto/ohttp/noble';
import { nodeHpke } from '@sotto/ohttp/node';
import { webcryptoHpke } from '@sotto/ohttp/webcrypto';
import { nobleVoprf, type Voprf } from '@sotto/voprf';
import { ecdhVoprf } from '@sotto/voprf/ecdh';
import { nodeEcdhVoprf } from '@sotto/voprf/ecdh-node';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';
import { fromHex, hex, type Bytes } from '@sotto/wire';
import rfc9458 from '../../specs/vectors/rfc9458.json' with { type: 'json' };

const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
const passed: string[] = [];

function same(name: string, ours: string, expected: string): void {
  if (ours !== expected) throw new Error(`${name}: ${ours} is not ${expected}`);
  passed.push(name);
}

for (const [name, hpke] of [
  ['noble', nobleHpke()],
  ['webcrypto', webcryptoHpke(crypto.subtle)],
  ['node', nodeHpke()],
  ['@hpke/core', hpkeCoreHpke()],
] as const) {
  const v = rfc9458.exchange;
  const config = decodeKeyConfig(fromHex(v.key_config));
  const [suite = { kdfId: 0, aeadId: 0 }] = config.suites;
  const key = await loadGatewayKey(hpke, { ...config, privateKey: fromHex(v.gateway_secret_key) });
  const sent = await encapsulateRequest(hpke, config, suite, fromHex(v.bhttp_request), () =>
    fromHex(v.client_ephemeral_secret_key),
  );
  same(`${name}: RFC 9458 request`, hex(sent.encapsulatedRequest), v.encapsulated_request);
  const opened = await decapsulateRequest(hpke, [key], sent.encapsulatedRequest);
  const sealed = await opened.sealResponse(fromHex(v.bhttp_response), () => fromHex(v.response_nonce));
  same(`${name}: RFC 9458 response`, hex(sealed), v.encapsulated_response);

  const xWing = hpke.kems.find(({ id }) => id === KEM.X_WING);
  if (xWing === undefined) throw new Error(`${name}: X-Wing is missing`);
  const pair = await xWing.generate(random);
  const { sharedSecret, enc } = await xWing.encap(pair.publicKey, random);
  const decapsulated = await xWing.decap(enc, await xWing.load(pair.privateKey));
  same(`${name}: X-Wing`, hex(decapsulated), hex(sharedSecret));
}

const suites: readonly (readonly [string, Voprf])[] = [
  ['sodium', sodiumVoprf(await loadSodium())],
  ['ecdh', ecdhVoprf(crypto.subtle)],
  ['node:crypto', nodeEcdhVoprf()],
];
for (const [name, server] of suites) {
  const client = nobleVoprf(server.suite);
  const key = await server.generateKeyPair(random);
  const input = random(98);
  const blinded = await client.blind(input, random);
  const { evaluatedElements, proof } = await server.blindEvaluate(key, [blinded.blindedElement], random);
  const [evaluatedElement = input] = evaluatedElements;
  const [output = input] = await client.finalize(
    key.publicKey,
    [{ input, ...blinded, evaluatedElement }],
    proof,
  );
  same(`${name}: VOPRF`, hex(output), hex(await client.evaluate(key.secretKey, input)));
}
process.stdout.write(JSON.stringify({ version: process.versions.node, passed: passed.length }));
