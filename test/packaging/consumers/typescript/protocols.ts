// Every entry that a program without a DOM can use, with its types.
import { decodeRequest, type BhttpRequest } from '@sotto/bhttp';
import { verifySignedBundle, type Bundle } from '@sotto/bundle';
import { createClient, memoryWallet, type ClientOptions, type ClientPlatform } from '@sotto/client';
import { decodeKeyConfigs, encapsulateRequest, type Hpke, type KeyConfig } from '@sotto/ohttp';
import { nobleHpke } from '@sotto/ohttp/noble';
import { nodeHpke } from '@sotto/ohttp/node';
import { webcryptoHpke } from '@sotto/ohttp/webcrypto';
import { createTokenRequests, type PendingTokens } from '@sotto/privacypass';
import { createSearch, type Search } from '@sotto/sticker-search';
import { nobleVoprf, type Voprf } from '@sotto/voprf';
import { nodeEcdhVoprf } from '@sotto/voprf/ecdh-node';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';
import { hex, type Bytes } from '@sotto/wire';

export const implementations: readonly Hpke[] = [nobleHpke(), nodeHpke(), webcryptoHpke(crypto.subtle)];
export const suites = async (): Promise<Voprf[]> => [
  nobleVoprf('ristretto255-SHA512'),
  nodeEcdhVoprf(),
  sodiumVoprf(await loadSodium()),
];
export const path = (bytes: Bytes): BhttpRequest['path'] => decodeRequest(bytes).path;
export const keys = (bytes: Bytes): readonly KeyConfig[] => decodeKeyConfigs(bytes);
export const open = (bytes: Bytes, root: Bytes): Bundle =>
  verifySignedBundle(bytes, { roots: [root], now: 0 });
export const platform: ClientPlatform = {
  fetch: (url, init) => fetch(url, init),
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  now: () => Math.floor(Date.now() / 1000),
  wallet: memoryWallet(),
};
export const client = (options: Omit<ClientOptions, keyof ClientPlatform>) =>
  createClient({ ...options, ...platform });
export const search = (file: Uint8Array): Search => createSearch({ stickers: file, indexes: { en: file } });
export type { PendingTokens };
export { createTokenRequests, encapsulateRequest, hex };
