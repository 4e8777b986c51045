import { TokenChallenge as PeerChallenge } from '@cloudflare/privacypass-ts';
import { BundleError, decodeBundle, decodeSignedBundle, verifySignedBundle } from '@sotto/bundle';
import {
  decodeAmortizedBatchTokenRequest,
  decodeAmortizedBatchTokenResponse,
  decodeDirectory,
  decodeGenericBatchTokenRequest,
  decodeGenericBatchTokenResponse,
  decodeToken,
  decodeTokenChallenge,
  decodeTokenRequest,
  decodeTokenResponse,
  encodeAmortizedBatchTokenRequest,
  encodeAmortizedBatchTokenResponse,
  encodeDirectory,
  encodeGenericBatchTokenRequest,
  encodeGenericBatchTokenResponse,
  encodeToken,
  encodeTokenChallenge,
  encodeTokenRequest,
  encodeTokenResponse,
  formatAuthorization,
  formatChallenge,
  parseAuthorization,
  parseChallenges,
  serviceChallenge,
} from '@sotto/privacypass';
import { equalBytes, fromBase64url, fromHex, fromUtf8, hex, utf8, type Bytes } from '@sotto/wire';
import { bundle2Of, bundleOf, NOW, ROOT, signed } from '../../packages/bundle/test/support.ts';
import { peerOr } from './peer.ts';
import type { Target } from './run.ts';

const filled = (length: number): Bytes => Uint8Array.from({ length }, (_, i) => i & 0xff);
const TYPES = [1, 2, 5];
const NK = new Map([
  [1, 48],
  [2, 256],
  [5, 64],
]);
const NE = new Map([
  [1, 49],
  [2, 256],
  [5, 32],
]);

/** A decoder whose every value must encode to the same bytes. */
function roundTrip<T>(
  name: string,
  seeds: readonly Bytes[],
  decode: (bytes: Bytes) => T,
  encode: (value: T) => Bytes,
): Target {
  return {
    name,
    seeds,
    run(bytes) {
      if (!equalBytes(encode(decode(bytes)), bytes)) throw new TypeError(`${name}: does not round-trip`);
    },
  };
}

const challenge = encodeTokenChallenge(
  serviceChallenge({ tokenType: 5, issuerName: 'issuer.example', service: 'stickers', epoch: NOW }),
);
const tokens = TYPES.map((tokenType) =>
  encodeToken({
    tokenType,
    nonce: filled(32),
    challengeDigest: filled(32),
    tokenKeyId: filled(32),
    authenticator: filled(NK.get(tokenType) ?? 0),
  }),
);
const requests = TYPES.map((tokenType) => ({
  tokenType,
  truncatedTokenKeyId: 7,
  blindedMsg: filled(NE.get(tokenType) ?? 0),
}));

const challengeTarget: Target = {
  name: 'token challenge',
  seeds: [
    challenge,
    encodeTokenChallenge({
      tokenType: 1,
      issuerName: 'i',
      redemptionContext: new Uint8Array(0),
      originInfo: '',
    }),
  ],
  run(bytes) {
    const ours = decodeTokenChallenge(bytes);
    if (!equalBytes(encodeTokenChallenge(ours), bytes))
      throw new TypeError('token challenge: does not round-trip');
    const peer = peerOr(() => PeerChallenge.deserialize(bytes));
    if (peer !== null && (peer.tokenType !== ours.tokenType || peer.issuerName !== ours.issuerName)) {
      throw new TypeError('token challenge: the peer decodes another value');
    }
  },
};

const tokenStructs: readonly Target[] = [
  challengeTarget,
  roundTrip('token', tokens, decodeToken, encodeToken),
  roundTrip('token request', requests.map(encodeTokenRequest), decodeTokenRequest, encodeTokenRequest),
  roundTrip(
    'amortized token request',
    [30, 1].map((count) =>
      encodeAmortizedBatchTokenRequest({
        tokenType: 5,
        truncatedTokenKeyId: 7,
        blindedMsgs: Array.from({ length: count }, () => filled(32)),
      }),
    ),
    decodeAmortizedBatchTokenRequest,
    encodeAmortizedBatchTokenRequest,
  ),
  roundTrip(
    'generic token request',
    [encodeGenericBatchTokenRequest(requests)],
    decodeGenericBatchTokenRequest,
    encodeGenericBatchTokenRequest,
  ),
  roundTrip(
    'token response',
    [encodeTokenResponse({ evaluateMsg: filled(32), evaluateProof: filled(64) })],
    (bytes) => decodeTokenResponse(5, bytes),
    encodeTokenResponse,
  ),
  roundTrip(
    'amortized token response',
    [
      encodeAmortizedBatchTokenResponse({
        evaluatedMsgs: [filled(32), filled(32)],
        evaluatedProof: filled(64),
      }),
    ],
    (bytes) => decodeAmortizedBatchTokenResponse(5, bytes),
    encodeAmortizedBatchTokenResponse,
  ),
  roundTrip(
    'generic token response',
    [encodeGenericBatchTokenResponse([null, { tokenType: 5, response: filled(96) }])],
    decodeGenericBatchTokenResponse,
    encodeGenericBatchTokenResponse,
  ),
];

const texts: readonly Target[] = [
  {
    name: 'issuer directory',
    seeds: [
      encodeDirectory({
        issuerRequestUri: '/token-request',
        tokenKeys: [{ tokenType: 5, tokenKey: filled(32), notBefore: NOW, service: 'stickers' }],
      }),
    ],
    run(bytes) {
      const directory = decodeDirectory(bytes);
      const again = encodeDirectory(directory);
      if (!equalBytes(encodeDirectory(decodeDirectory(again)), again))
        throw new TypeError('does not round-trip');
    },
  },
  {
    name: 'WWW-Authenticate and Authorization',
    seeds: [
      utf8(formatChallenge({ challenge, tokenKey: filled(32), maxAge: 60 })),
      utf8('Basic realm="x, y", PrivateToken challenge="AAUA", token-key=AA==, max-age=5'),
      ...tokens.slice(0, 1).map((token) => utf8(formatAuthorization(token))),
    ],
    run(bytes) {
      const text = String.fromCharCode(...bytes);
      if (!text.startsWith('PrivateToken token')) return `${parseChallenges(text).length}`;
      const token = parseAuthorization(text);
      if (!equalBytes(parseAuthorization(formatAuthorization(token)), token))
        throw new TypeError('another token');
      return 'token';
    },
  },
  {
    name: 'base64url and hexadecimal',
    seeds: [utf8('AAECAwQ'), utf8('AAECAw=='), utf8('00ff7f')],
    run(bytes) {
      const text = fromUtf8(bytes);
      if (text.startsWith('0')) {
        if (hex(fromHex(text)) !== text.toLowerCase()) throw new TypeError('hex does not round-trip');
        return;
      }
      const ours = fromBase64url(text);
      const theirs = Buffer.from(text, 'base64url');
      if (!equalBytes(ours, new Uint8Array(theirs))) throw new TypeError('Buffer decodes other bytes');
    },
  },
];

const bundles: readonly Target[] = [
  {
    name: 'bundle',
    seeds: [signed(bundleOf()), signed(bundleOf({ nextRoot: filled(32) })), signed(bundle2Of())],
    run(bytes) {
      const bundle = decodeBundle(decodeSignedBundle(bytes).bundle);
      return `${bundle.services.length}`;
    },
  },
  {
    name: 'bundle without a signature check',
    seeds: [signed(bundleOf()), signed(bundle2Of())],
    run(bytes) {
      const options = { roots: [ROOT], now: NOW, ed25519Verify: () => true };
      verifySignedBundle(bytes, options);
    },
    codeOf: (error) => (error instanceof BundleError ? error.code : null),
  },
];

/** Token structures, header fields, text codecs and key bundles. */
export const tokenTargets: readonly Target[] = [...tokenStructs, ...texts, ...bundles];
