import {
  encodeBundle,
  encodeSignedBundle,
  nobleEd25519Verify,
  rootPublicKey,
  signBundle,
} from '@sotto/bundle';
import { COSIGNATURE, parsePolicy, parseVerifierKey, type Policy, verifyProof } from '@sotto/tlog';
import { base64url, EMPTY, fromBase64url, type Bytes } from '@sotto/wire';
import type { WitnessStore } from '../../../../services/witness/src/ports.ts';
import { memoryStore } from '../../../../services/witness/test/support/memory-store.ts';
import { configOf, startApp } from '../../../../services/witness/test/support/running.ts';
import { seed, vkey } from '../../../../test/support/bundle-log.ts';

const ROOT_SECRET = seed(7);
export const ROOT = rootPublicKey(ROOT_SECRET);
export const DAY = 86_400;

/** An unsigned bundle of an epoch of a day. `nextRoot` distinguishes two of one epoch. */
export function bundleOf(epochIndex: number, nextRoot: Bytes = EMPTY): Bytes {
  return encodeBundle({
    sequence: epochIndex,
    notBefore: epochIndex * DAY,
    notAfter: (epochIndex + 2) * DAY,
    suite: { kemId: 0x64_7a, kdfId: 1, aeadId: 1 },
    keyConfigs: EMPTY,
    directory: EMPTY,
    services: [],
    nextRoot,
    extension: null,
  });
}

/** The gateway's data about an epoch. */
interface Row {
  bundle: Bytes;
  signature: Bytes | null;
  proof: string | null;
}

/** A gateway that keeps bundles, signatures and proofs, as its operator's routes show them. */
export class FakeGateway {
  readonly rows = new Map<number, Row>();

  /** Offers the bundles of these epochs for signing. */
  offer(from: number, to: number): void {
    for (let epoch = from; epoch <= to; epoch++) {
      if (!this.rows.has(epoch))
        this.rows.set(epoch, { bundle: bundleOf(epoch), signature: null, proof: null });
    }
  }

  signAll(): void {
    for (const row of this.rows.values()) row.signature ??= signBundle(row.bundle, ROOT_SECRET);
  }

  /** The signed bundle of an epoch. */
  signed(epoch: number): Bytes {
    const row = this.rows.get(epoch);
    if (row?.signature === undefined || row.signature === null) throw new RangeError(`epoch ${epoch}`);
    return encodeSignedBundle({ bundle: row.bundle, signature: row.signature });
  }

  readonly route = async ({ method = 'GET', body }: RequestInit): Promise<Response> => {
    if (method === 'POST') {
      const sent = JSON.parse(typeof body === 'string' ? body : '[]') as {
        sequence: number;
        signature: string;
        proof?: string;
      }[];
      for (const { sequence, signature, proof } of sent) {
        const row = this.rows.get(sequence);
        if (row === undefined) return new Response(null, { status: 422 });
        row.signature = fromBase64url(signature);
        row.proof = proof ?? row.proof;
      }
      return new Response(null, { status: 204 });
    }
    return Response.json(
      [...this.rows].map(([sequence, { bundle, signature, proof }]) => ({
        sequence,
        bundle: base64url(bundle),
        signed: signature !== null,
        ...(proof !== null && { proof }),
        ...(signature !== null && { signature: base64url(signature) }),
      })),
    );
  };

  /** Verifies the proof of an epoch as a client does. @throws {TlogError} */
  verify(epoch: number, policy: Policy): void {
    const proof = this.rows.get(epoch)?.proof ?? '';
    const index = epoch - (policy.base ?? 0);
    verifyProof(this.signed(epoch), proof, { policy, index, ed25519Verify: nobleEd25519Verify });
  }
}

/** The name, the address and the secret key of the witnesses. The first is a mirror. */
export const WITNESSES = ['mirror.example', 'one.example', 'two.example'].map((name, i) => ({
  name,
  url: `https://${name}`,
  secret: seed(61 + i),
  key: vkey(name, COSIGNATURE, seed(61 + i)),
}));

/** Witnesses of one log, by their address. */
export class Witnesses {
  readonly stores: readonly WitnessStore[] = WITNESSES.map(() => memoryStore());
  readonly #apps = new Map<string, ReturnType<typeof startApp>>();

  constructor(policyFile: string) {
    const policy = parsePolicy(policyFile);
    const log = policy.logs[0]?.key ?? parseVerifierKey('');
    for (const [i, { name, secret, url }] of WITNESSES.entries()) {
      const bundles = i === 0 ? { base: policy.base ?? 0, roots: [ROOT] } : null;
      const config = {
        ...configOf(i === 0),
        name,
        secret,
        logs: new Map([[log.name, { key: log, bundles }]]),
      };
      const store = this.stores[i] ?? memoryStore();
      this.#apps.set(url, startApp(store, { config }));
    }
  }

  /** Serves them on the network of a terminal. */
  join(io: { readonly fetch: typeof fetch }): void {
    const others = io.fetch;
    const network: typeof fetch = (input, init) =>
      this.#apps.has(new URL(input instanceof Request ? input.url : input).origin)
        ? this.fetch(input, init)
        : others(input, init);
    Object.assign(io, { fetch: network });
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const app = this.#apps.get(url.origin);
    if (app === undefined) throw new TypeError('fetch failed');
    return app.app.fetch(new Request(url, init));
  };
}
