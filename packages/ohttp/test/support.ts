import { fromHex, type Bytes, type Random } from '@sotto/wire';
import { expect } from 'vitest';
import {
  AEAD,
  decapsulateRequest,
  encapsulateRequest,
  KDF,
  loadGatewayKey,
  type Hpke,
  type Kem,
  type KeyConfig,
  type SuiteIds,
} from '@sotto/ohttp';
import { nobleHpke } from '@sotto/ohttp/noble';
import type { Pull } from '@sotto/ohttp';

/** A Random that returns recorded bytes in order, and throws on a call or a length that was not recorded. */
export function replay(...recorded: readonly string[]): Random {
  const left = recorded.map((text) => fromHex(text));
  return (length) => {
    const next = left.shift();
    if (next?.length !== length) {
      throw new Error(`replay: asked for ${length} bytes, recorded ${next?.length ?? 'none'}`);
    }
    return next;
  };
}

/** Randomness without node:crypto or crypto.subtle, for tests that run on any platform. */
export const random: Random = (length) => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
};

export const AES: SuiteIds = { kdfId: KDF.HKDF_SHA256, aeadId: AEAD.AES_128_GCM };
export const CHACHA: SuiteIds = { kdfId: KDF.HKDF_SHA256, aeadId: AEAD.CHACHA20_POLY1305 };
export const SUITES = [AES, CHACHA];

/** The part of an implementation that has this id; throws when there is none. */
export function byId<T extends { readonly id: number }>(list: readonly T[], id: number): T {
  const found = list.find((part) => part.id === id);
  if (found === undefined) throw new Error(`no part has the id ${id}`);
  return found;
}

/** A new private key and the configuration that publishes its public key. */
export async function keyPair(
  hpke: Hpke,
  kemId: number,
  keyId = 1,
): Promise<{ config: KeyConfig; privateKey: Bytes }> {
  const kem: Kem = byId(hpke.kems, kemId);
  const { privateKey, publicKey } = await kem.generate(random);
  return { config: { keyId, kemId, publicKey, suites: SUITES }, privateKey };
}

/** Checks that an implementation makes the same keys as noble's, and opens its requests and its own. */
export async function agreesWithNoble(hpke: Hpke, kemId: number): Promise<void> {
  const { config, privateKey } = await keyPair(hpke, kemId);
  expect((await byId(nobleHpke().kems, kemId).load(privateKey)).publicKey).toEqual(config.publicKey);
  const key = await loadGatewayKey(hpke, { ...config, privateKey });
  const request = random(100);
  for (const sender of [hpke, nobleHpke()]) {
    const sent = await encapsulateRequest(sender, config, AES, request, random);
    expect((await decapsulateRequest(hpke, [key], sent.encapsulatedRequest)).request).toEqual(request);
  }
}

/** The code of the OhttpError that a promise rejects with, or `none`. */
export async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    const { name, code } = error as { name: string; code?: string };
    return name === 'OhttpError' ? (code ?? 'no code') : `${name}: ${String(error)}`;
  }
  return 'none';
}

/** A stream of the given pieces. */
export function pullFrom(pieces: readonly Bytes[]): Pull {
  const left = [...pieces];
  return () => Promise.resolve(left.shift() ?? null);
}

/** All pieces of a stream. */
export async function drain(pull: Pull): Promise<Bytes[]> {
  const pieces: Bytes[] = [];
  for (let piece = await pull(); piece !== null; piece = await pull()) pieces.push(piece);
  return pieces;
}
