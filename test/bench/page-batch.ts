import { browserPlatform } from '@sotto/client/browser';
import {
  createTokenRequests,
  decodeAmortizedBatchTokenRequest,
  encodeTokenChallenge,
  issueAmortized,
  serviceChallenge,
} from '@sotto/privacypass';
import { nobleVoprf } from '@sotto/voprf';
import { ristretto255_oprf } from '@noble/curves/ed25519.js';

const BATCH = 30; // tokens
const noble = ristretto255_oprf.voprf;

/** Milliseconds on the clock. */
export interface BatchTimes {
  readonly ours: number;
  readonly peer: number;
}

const newTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Runs work in tasks in which there is nothing else, between two marks for a trace. Returns its time. */
async function timed(who: keyof BatchTimes, work: () => Promise<unknown>): Promise<number> {
  await newTask();
  performance.mark(`${who} begins`);
  const began = performance.now();
  await work();
  const whole = performance.now() - began;
  performance.mark(`${who} ends`);
  await newTask();
  return whole;
}

/**
 * A client's part of a batch of 30 tokens in this page, with our client (with or without X25519) and with
 * noble.
 */
async function batch(hasX25519: boolean): Promise<BatchTimes> {
  const importKey = crypto.subtle.importKey.bind(crypto.subtle);
  if (!hasX25519) crypto.subtle.importKey = () => Promise.reject(new Error('no X25519'));
  const { voprf, random } = browserPlatform('bench');
  if (voprf === undefined) throw new Error('the platform has no VOPRF');
  await voprf.blind(random(98), random); // finds out whether there is X25519
  crypto.subtle.importKey = importKey;
  const issuer = nobleVoprf('ristretto255-SHA512');
  const key = await issuer.generateKeyPair(random);
  const challenge = encodeTokenChallenge(
    serviceChallenge({ tokenType: 5, issuerName: 'issuer.example', service: 's', epoch: 0 }),
  );
  const asked = { voprf, tokenType: 5, publicKey: key.publicKey, challenge, count: BATCH, random } as const;
  const pending = await createTokenRequests({ ...asked, kind: 'amortized' });
  const request = decodeAmortizedBatchTokenRequest(pending.request);
  const response = await issueAmortized(issuer, key, request, random);
  const ours = await timed('ours', async () => {
    await createTokenRequests({ ...asked, kind: 'amortized' });
    await pending.finish(response);
  });
  const inputs = Array.from({ length: BATCH }, () => random(98));
  const blinds = inputs.map((input) => noble.blind(input));
  const { evaluated, proof } = noble.blindEvaluateBatch(
    key.secretKey,
    key.publicKey,
    blinds.map(({ blinded }) => blinded),
  );
  const peer = await timed('peer', async () => {
    for (const input of inputs) noble.blind(input);
    const items = blinds.map((blind, i) => ({
      ...blind,
      input: inputs[i] as Uint8Array,
      evaluated: evaluated[i] as Uint8Array,
    }));
    noble.finalizeBatch(items, key.publicKey, proof);
  });
  return { ours, peer };
}

Object.assign(globalThis, { batch });
