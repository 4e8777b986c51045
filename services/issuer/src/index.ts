// The issuer as a Worker. This file chooses clock, randomness, network and cryptography.
import { ecdhVoprf } from '@sotto/voprf/ecdh';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-workerd';
import { issuerWorker } from './durable/worker.ts';

const now = (): number => Math.floor(Date.now() / 1000);

const worker = issuerWorker({
  system: {
    now,
    settledNow: now, // the clock of a Worker cannot be set
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    date: (seconds) => new Date(seconds * 1000),
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  },
  fetch: (input, init) => fetch(input, init),
  subtle: crypto.subtle,
  // Points are multiplied by secret scalars only in constant-time code: libsodium's, and the system's own ECDH.
  voprf: {
    'ristretto255-SHA512': sodiumVoprf(await loadSodium()),
    'P384-SHA384': ecdhVoprf(crypto.subtle),
  },
});

export default worker.handler;

// wrangler.toml names these classes.
export const GatewayEntrypoint = worker.GatewayEntrypoint;
export const CounterShard = worker.CounterShard;
export const IssuerKeys = worker.IssuerKeys;
export const QuotaShard = worker.QuotaShard;
export const SpentShard = worker.SpentShard;
