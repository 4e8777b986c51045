import { challengeDigest, decodeToken, encodeToken, formatAuthorization } from '@sotto/privacypass';
import { hex, type Bytes, type Random } from '@sotto/wire';
import type {
  Redeemer,
  Redemption,
  RedemptionOutcome,
  RefillCall,
  Refiller,
  RefillResult,
} from '@sotto/redemption';

/** Makes tokens, and spends them as the issuer's contract has it, in memory. */
export interface FakeIssuer extends Redeemer, Refiller {
  mint(service: string, challenge: Bytes): Bytes;
  /** Calls of redeem that it has recorded. */
  readonly calls: Redemption[];
  readonly rows: ReadonlyMap<string, unknown>;
  /** Calls of refill, and the result of the next one. */
  readonly refills: Omit<RefillCall, 'knownRevision'>[];
  filled: Omit<RefillResult, 'revision'> | 'throw' | 'hang';
  /** The result to return instead, once. */
  fail: 'throw' | 'hang' | RedemptionOutcome | null;
}

interface Row {
  readonly tag: string;
  readonly envelopes: Set<string>;
}

/** The most responses for one token. */
export const MOST_ANSWERS = 3;

export function fakeIssuer(random: Random): FakeIssuer {
  const minted = new Map<string, string>();
  const rows = new Map<string, Row>();
  const issuer: FakeIssuer = {
    calls: [],
    rows,
    fail: null,
    refills: [],
    filled: { outcome: 'unavailable', body: null },
    async refill(call) {
      issuer.refills.push(call);
      const { filled } = issuer;
      if (filled === 'throw') throw new Error('the binding broke');
      return filled === 'hang' ? new Promise(() => {}) : filled;
    },
    mint(service, challenge) {
      const token = encodeToken({
        tokenType: 5,
        nonce: random(32),
        challengeDigest: challengeDigest(challenge),
        tokenKeyId: random(32),
        authenticator: random(64),
      });
      minted.set(hex(token), service);
      return token;
    },
    async redeem(r) {
      issuer.calls.push(r);
      const { fail } = issuer;
      issuer.fail = null;
      if (fail === 'throw') throw new Error('the binding broke');
      if (fail === 'hang') return new Promise(() => {});
      if (fail !== null) return fail;
      if (minted.get(hex(r.token)) !== r.service) return 'invalid';
      const [nonce, tag, envelope] = [decodeToken(r.token).nonce, r.tag, r.envelope].map(hex) as [
        string,
        string,
        string,
      ];
      const row = rows.get(nonce);
      if (row === undefined) {
        rows.set(nonce, { tag, envelopes: new Set([envelope]) });
        return 'first';
      }
      if (row.envelopes.has(envelope)) return 'replayed';
      if (!r.idempotent || row.tag !== tag || row.envelopes.size >= MOST_ANSWERS) return 'spent';
      row.envelopes.add(envelope);
      return 'again';
    },
  };
  return issuer;
}

export const authorization = (token: Bytes): [string, string] => [
  'authorization',
  formatAuthorization(token),
];
