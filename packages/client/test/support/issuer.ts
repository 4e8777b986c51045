import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import {
  AMORTIZED_RESPONSE,
  decodeAmortizedBatchTokenRequest,
  decodeToken,
  encodeDirectory,
  encodeTokenChallenge,
  issueAmortized,
  namesKey,
  serviceChallenge,
  verifyToken,
  VOPRF_RISTRETTO255,
} from '@sotto/privacypass';
import { nobleVoprf, type VoprfKeyPair } from '@sotto/voprf';
import { seeded } from './random.ts';
import { hex, utf8, type Bytes, type Random, type UnixSeconds } from '@sotto/wire';

/** Equal evaluations are cached: tests with one seed share them. */
const EVALUATED = new Map<string, Promise<Bytes>>();
const TYPE = VOPRF_RISTRETTO255;
export const voprf = nobleVoprf('ristretto255-SHA512');

/** A key pair synchronously, where `Voprf` returns a promise. */
function keyPair(random: Random): VoprfKeyPair {
  const { secretKey, publicKey } = ristretto255_oprf.voprf.deriveKeyPair(random(32), utf8('test issuer'));
  return { secretKey: Uint8Array.from(secretKey), publicKey: Uint8Array.from(publicKey) };
}

/** An issuer of one service in one object: keys by epoch, a quota, a set of spent tokens. */
export class TestIssuer {
  readonly keys = new Map<UnixSeconds, VoprfKeyPair>();
  readonly spent = new Map<string, string>();
  quota = 1000;
  readonly #random: Random;
  readonly #epochSeconds: number;
  /** Stands in for an honest evaluation. */
  evaluate: (key: VoprfKeyPair, request: Bytes) => Promise<Bytes>;

  constructor(random: Random, epochSeconds: number) {
    this.#random = random;
    this.#epochSeconds = epochSeconds;
    this.evaluate = async (key, request) => {
      const id = hex(key.publicKey) + hex(request);
      const known =
        EVALUATED.get(id) ??
        issueAmortized(voprf, key, decodeAmortizedBatchTokenRequest(request), seeded(id));
      EVALUATED.set(id, known);
      return known;
    };
  }

  key(epoch: UnixSeconds): VoprfKeyPair {
    const key = this.keys.get(epoch) ?? keyPair(this.#random);
    this.keys.set(epoch, key);
    return key;
  }

  directory(epoch: UnixSeconds, ...services: readonly string[]): Bytes {
    const tokenKeys = services.flatMap((service) =>
      [epoch, epoch + this.#epochSeconds].map((notBefore) => ({
        tokenType: TYPE,
        tokenKey: this.key(notBefore).publicKey,
        notBefore,
        service,
      })),
    );
    return encodeDirectory({ issuerRequestUri: 'https://issuer.example/token-request', tokenKeys });
  }

  challenge(epoch: UnixSeconds, service: string): Bytes {
    return encodeTokenChallenge(
      serviceChallenge({ tokenType: TYPE, issuerName: 'issuer.example', service, epoch }),
    );
  }

  async issue(now: UnixSeconds, request: Bytes): Promise<{ status: number; type: string; body: Bytes }> {
    const count = decodeAmortizedBatchTokenRequest(request).blindedMsgs.length;
    if (this.quota < count) return problem(429, 'too-many-requests');
    this.quota -= count;
    const epoch = Math.floor(now / this.#epochSeconds) * this.#epochSeconds;
    return { status: 200, type: AMORTIZED_RESPONSE, body: await this.evaluate(this.key(epoch), request) };
  }

  /** Redeems as the ledger does: the first time, again for the same request, or spent. */
  async redeem(token: Bytes, tag: string): Promise<'first' | 'again' | 'spent' | 'invalid'> {
    const decoded = decodeToken(token);
    const key = [...this.keys.values()].find(({ publicKey }) => namesKey(decoded, publicKey));
    if (key === undefined || !(await verifyToken(voprf, key.secretKey, decoded))) return 'invalid';
    const nonce = hex(decoded.nonce);
    const before = this.spent.get(nonce);
    if (before !== undefined) return before === tag ? 'again' : 'spent';
    this.spent.set(nonce, tag);
    return 'first';
  }
}

export function problem(status: number, code: string, type = 'about:blank') {
  const body = utf8(JSON.stringify({ type, title: code, status, code }));
  return { status, type: 'application/problem+json', body };
}
