import { sha256 } from '@noble/hashes/sha2.js';
import { decodeToken, verifyToken, type Token } from '@sotto/privacypass';
import type { RedemptionCall, RedemptionOutcome } from '@sotto/redemption';
import { acceptedUntil, concat, equalBytes, ProtocolError, type Bytes, type Random } from '@sotto/wire';
import type { Keyring, LiveKey, Ring } from './keyring.ts';
import type { SpentTokens } from './ports.ts';

export interface RedeemDeps {
  readonly epochSeconds: number;
  readonly keyring: Keyring;
  readonly spent: Pick<SpentTokens, 'spend'>;
  readonly random: Random;
  readonly count: (cell: string, by?: number) => void;
}

/** The gateway's call without its revision. */
type Redemption = Omit<RedemptionCall, 'knownRevision'>;

const TAG = 32; // bytes
const CALL = 8; // bytes

/**
 * Redeems a token: verifies it without touching storage, then spends it in one insert. Never throws.
 *
 * A token that is forged, malformed, or of another service, epoch or key is `invalid` and leaves no trace.
 *
 * @param requireStore - rejects when the store must not be used
 */
export async function redeem(
  deps: RedeemDeps,
  redemption: Redemption,
  requireStore: () => Promise<void>,
): Promise<RedemptionOutcome> {
  const decided = requireStore().then(() => decide(deps, redemption));
  const outcome = await decided.catch((): RedemptionOutcome => 'unavailable');
  deps.count(`redeemed ${outcome}`);
  return outcome;
}

async function decide(deps: RedeemDeps, redemption: Redemption): Promise<RedemptionOutcome> {
  const token = readToken(redemption);
  if (token === null) return 'invalid';
  return deps.keyring.use((ring) => spendOn(deps, ring, token, redemption));
}

async function spendOn(
  deps: RedeemDeps,
  ring: Ring,
  token: Token,
  redemption: Redemption,
): Promise<RedemptionOutcome> {
  const key = ring.redeeming(token.tokenKeyId);
  if (key === undefined || !(await isGenuine(key, redemption.service, token))) return 'invalid';
  return spendToken(deps, key, token, redemption);
}

/** Whether a token is this service's and this key's, without touching storage. */
export async function isGenuine(key: LiveKey, service: string, token: Token): Promise<boolean> {
  return matchesChallenge(key, service, token) && verifyToken(key.voprf, key.pair.secretKey, token);
}

/** Spends a genuine token in the ledger of its key. */
export async function spendToken(
  deps: Pick<RedeemDeps, 'epochSeconds' | 'random' | 'spent'>,
  key: LiveKey,
  token: Token,
  { tag, envelope, idempotent, call }: Pick<Redemption, 'tag' | 'envelope' | 'idempotent' | 'call'>,
): Promise<RedemptionOutcome> {
  const end = acceptedUntil(key.epoch, deps.epochSeconds);
  const ledger = { keyId: key.keyId, shards: key.shards, end };
  const spend = {
    id: spentId(token),
    tag: tag.slice(),
    envelope: envelope.slice(),
    call: call?.slice() ?? deps.random(CALL),
    idempotent,
  };
  const outcome = await deps.spent.spend(ledger, spend);
  return outcome === 'ended' ? 'invalid' : outcome;
}

/** The token, or null when the call does not follow the contract. */
function readToken({ service, token, tag, envelope, idempotent, call }: Redemption): Token | null {
  const typed = typeof service === 'string' && typeof idempotent === 'boolean' && isCall(call);
  const bytes = [token, tag, envelope].every((value) => value instanceof Uint8Array);
  if (!typed || !bytes || tag.length !== TAG || envelope.length !== TAG) return null;
  return decodeOrNull(() => decodeToken(token.slice()));
}

/** Whether these bytes can identify a call: 8 bytes, or none. */
export function isCall(call: Bytes | undefined): boolean {
  return call === undefined || (call instanceof Uint8Array && call.length === CALL);
}

/** The decoded value, or null for bytes that do not decode. */
export function decodeOrNull<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** Whether the token is of this key's type, for this service, and for the challenge of this key's epoch. */
function matchesChallenge(key: LiveKey, service: string, token: Token): boolean {
  return (
    key.service === service &&
    key.type === token.tokenType &&
    equalBytes(key.challengeDigest, token.challengeDigest)
  );
}

/** A token's id in its ledger: SHA-256 of token_key_id and nonce, 32 bytes. */
function spentId({ tokenKeyId, nonce }: Token): Bytes {
  return sha256(concat(tokenKeyId, nonce));
}
