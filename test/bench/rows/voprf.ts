import {
  keyGen,
  Issuer as PeerIssuer,
  TokenRequest as PeerRequest,
  TokenResponse as PeerResponse,
} from '../peers/privacypass.ts';
import { voprfTsServer } from '../peers/voprf-ts.ts';
import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import { p384_oprf } from '@noble/curves/nist.js';
import {
  createTokenRequests,
  decodeToken,
  encodeTokenChallenge,
  serviceChallenge,
  tokenAuthenticatorInput,
  verifyToken,
} from '@sotto/privacypass';
import { nobleVoprf, type Voprf, type VoprfKeyPair } from '@sotto/voprf';
import { ristretto255Voprf } from '@sotto/voprf/ristretto255';
import type { Bytes } from '@sotto/wire';
import type { Platform } from '../platform.ts';
import { same, type Row } from '../row.ts';

const NOBLE = { p384: p384_oprf.voprf, r255: ristretto255_oprf.voprf };
type Curve = keyof typeof NOBLE;
/** `evaluate` is there at run time and missing from the types. */
type Evaluates = { evaluate(secretKey: Bytes, input: Bytes): Bytes };

const inputOf = (i: number): Bytes => new Uint8Array(98).fill(i);

const PROOF = 3; // products of a proof: kM, rG and rM

/** Issuing, redeeming, and a client's part, beside noble and what Cloudflare publishes. */
export async function voprfRows(platform: Platform): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [curve, voprf] of [
    ['p384', platform.p384],
    ['r255', platform.ristretto255],
  ] as const) {
    const key = await voprf.generateKeyPair(platform.random);
    const ours: Ours = { curve, voprf, key, platform };
    const noble: Server = {
      name: '@noble/curves',
      issue: (blinded) =>
        NOBLE[curve].blindEvaluateBatch(key.secretKey, key.publicKey, [...blinded]).evaluated,
      redeem: (input) => (NOBLE[curve] as unknown as Evaluates).evaluate(key.secretKey, input),
    };
    const server = voprfTsServer(curve, key.secretKey);
    const cloudflare: Server = {
      name: '@cloudflare/voprf-ts',
      issue: (blinded) => server.blindEvaluate(blinded),
      redeem: (input) => server.evaluate(input),
    };
    rows.push(await issueRow(ours, noble, 1), await issueRow(ours, noble, 30));
    if (curve === 'r255') rows.push(await issueRow(ours, cloudflare, 1)); // P-384: as privacypass-ts, below
    rows.push(redeemRow(ours, noble), redeemRow(ours, cloudflare), await clientRow(ours));
  }
  rows.push(await privacyPassRow(platform));
  return rows;
}

interface Ours {
  readonly curve: Curve;
  readonly voprf: Voprf;
  readonly key: VoprfKeyPair;
  readonly platform: Platform;
}

/** A peer's server, under the same key. */
interface Server {
  readonly name: string;
  issue(blinded: readonly Bytes[]): Uint8Array[] | Promise<Uint8Array[]>;
  redeem(input: Bytes): Uint8Array | Promise<Uint8Array>;
}

/** This many multiplications of an element by a secret scalar, and nothing else. */
function products({ product }: Platform, curve: Curve, count: number): () => Promise<void> {
  return async () => {
    for (let i = 0; i < count; i++) await product[curve]();
  };
}

async function issueRow({ curve, voprf, key, platform }: Ours, peer: Server, count: number): Promise<Row> {
  const name = `voprf.issue.${curve}.${count}`;
  const { random } = platform;
  const blinds = await Promise.all(Array.from({ length: count }, (_, i) => voprf.blind(inputOf(i), random)));
  const blinded = blinds.map(({ blindedElement }) => blindedElement);
  const ours = () => voprf.blindEvaluate(key, blinded, random);
  return {
    name,
    peer: peer.name,
    ours,
    theirs: () => peer.issue(blinded),
    limit: products(platform, curve, count + PROOF),
    check: async () => {
      const mine = (await ours()).evaluatedElements;
      for (const [i, element] of (await peer.issue(blinded)).entries()) same(mine[i] as Bytes, element, name);
    },
  };
}

function redeemRow({ curve, voprf, key, platform }: Ours, peer: Server): Row {
  const name = `voprf.redeem.${curve}`;
  const input = inputOf(7);
  return {
    name,
    peer: peer.name,
    ours: () => voprf.evaluate(key.secretKey, input),
    theirs: () => peer.redeem(input),
    limit: products(platform, curve, 1),
    check: async () => same(await voprf.evaluate(key.secretKey, input), await peer.redeem(input), name),
  };
}

/**
 * Blinding thirty inputs, and verifying and unblinding the response, with the implementation that a client
 * uses on this platform.
 */
async function clientRow({ curve, voprf: server, key, platform }: Ours): Promise<Row> {
  const { random } = platform;
  const voprf = curve === 'r255' ? ristretto255Voprf(crypto.subtle) : nobleVoprf(server.suite);
  const name = `voprf.client.${curve}.30`;
  const inputs = Array.from({ length: 30 }, (_, i) => inputOf(i));
  const blinds = await Promise.all(inputs.map((input) => voprf.blind(input, random)));
  const blindedElements = blinds.map(({ blindedElement }) => blindedElement);
  const { evaluatedElements, proof } = await server.blindEvaluate(key, blindedElements, random);
  const ours = async (): Promise<Bytes[]> => {
    for (const input of inputs) await voprf.blind(input, random);
    const items = blinds.map((blind, i) => ({
      ...blind,
      input: inputs[i] as Bytes,
      evaluatedElement: evaluatedElements[i] as Bytes,
    }));
    return voprf.finalize(key.publicKey, items, proof);
  };
  const theirs = (): Uint8Array[] => {
    for (const input of inputs) NOBLE[curve].blind(input);
    const items = blinds.map(({ blind, blindedElement }, i) => ({
      input: inputs[i] as Bytes,
      blind,
      blinded: blindedElement,
      evaluated: evaluatedElements[i] as Bytes,
    }));
    return NOBLE[curve].finalizeBatch(items, key.publicKey, proof);
  };
  return {
    name,
    peer: '@noble/curves',
    ours,
    theirs,
    limit: products(platform, curve, 2 * inputs.length),
    check: async () => {
      const mine = await ours();
      for (const [i, output] of theirs().entries()) same(mine[i] as Bytes, output, name);
    },
  };
}

/** One token of type 1, as @cloudflare/privacypass-ts issues it. */
async function privacyPassRow(platform: Platform): Promise<Row> {
  const { p384, random } = platform;
  const name = 'voprf.issue.p384.1';
  const { privateKey, publicKey } = await keyGen();
  const key = { secretKey: new Uint8Array(privateKey), publicKey: new Uint8Array(publicKey) };
  const issuer = new PeerIssuer('issuer.example', privateKey, publicKey);
  const challenge = serviceChallenge({ tokenType: 1, issuerName: 'issuer.example', service: 's', epoch: 0 });
  const pending = await createTokenRequests({
    voprf: p384,
    tokenType: 1,
    publicKey: key.publicKey,
    challenge: encodeTokenChallenge(challenge),
    count: 1,
    random,
    kind: 'single',
  });
  const blinded = pending.request.subarray(3); // after type and truncated key id
  const peerRequest = PeerRequest.deserialize(pending.request);
  const ours = () => p384.blindEvaluate(key, [blinded], random);
  const theirs = (): Promise<PeerResponse> => issuer.issue(peerRequest);
  return {
    name,
    peer: '@cloudflare/privacypass-ts',
    ours,
    theirs,
    limit: products(platform, 'p384', 1 + PROOF),
    check: async () => {
      const response = await theirs();
      same((await ours()).evaluatedElements[0] as Bytes, new Uint8Array(response.evaluateMsg), name);
      const [token] = await pending.finish(new Uint8Array(response.serialize()));
      const decoded = decodeToken(token as Bytes);
      if (
        tokenAuthenticatorInput(decoded).length !== 98 ||
        !(await verifyToken(p384, key.secretKey, decoded))
      ) {
        throw new Error(`${name}: the peer's token is not ours`);
      }
    },
  };
}
