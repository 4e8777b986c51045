import { encodeBundle, encodeSignedBundle, rootPublicKey, signBundle, type Bundle } from '@sotto/bundle';
import type { Bytes, Random, UnixSeconds } from '@sotto/wire';
import {
  createClient,
  memoryWallet,
  type Client,
  type ClientOptions,
  type FetchInit,
} from '../../src/index.ts';
import { bytesOf } from './bytes-of.ts';
import { LENGTHS, SUITE, TestGateway } from './gateway.ts';
import { TestIssuer, voprf } from './issuer.ts';
import { seeded } from './random.ts';
import { remembering } from './remembering.ts';

export { bytesOf, seeded };
export const DAY = 86_400;
export const START = 20_000 * DAY; // a midnight
const VOPRF = remembering(voprf);
const ROOT_SECRET = new Uint8Array(32).fill(7);

export interface Sent {
  readonly url: string;
  readonly init: FetchInit;
}

type Raw = { readonly status: number; readonly type: string; readonly body: Bytes };

/** Relay, gateway, issuer and a clock behind one fetch, as a client sees them. */
export class World {
  now: UnixSeconds = START + 3600;
  readonly sent: Sent[] = [];
  readonly slept: number[] = [];
  readonly random: Random;
  readonly issuer: TestIssuer;
  readonly gateway: TestGateway;
  /** Changes the relay's bundle before it is signed. */
  alter: (bundle: Bundle) => Bundle = (bundle) => bundle;
  /** Responds in place of every party, or returns null. */
  intercept: (sent: Sent) => Raw | null | Promise<Raw | null> = () => null;

  private constructor(seed: string) {
    this.random = seeded(seed);
    this.issuer = new TestIssuer(this.random, DAY);
    this.gateway = new TestGateway(this.random, this.issuer);
  }

  static async create(seed = 'world'): Promise<World> {
    const world = new World(seed);
    await world.gateway.newKey(2);
    return world;
  }

  get root(): Bytes {
    return rootPublicKey(ROOT_SECRET);
  }

  /** A client's options; `account` names the canary that no relay may see. */
  options(more: Partial<ClientOptions> = {}): ClientOptions {
    return {
      relay: 'https://relay.example',
      issuer: 'https://issuer.example',
      root: this.root,
      account: async () => 'account.jwt.canary',
      fetch: (url, { signal: _signal, ...init }) => this.#fetch({ url, init }),
      random: this.random,
      now: () => this.now,
      sleep: async (seconds) => void this.slept.push(seconds),
      wallet: memoryWallet(),
      hpke: this.gateway.hpke,
      voprf: VOPRF,
      batches: 1,
      ...more,
    };
  }

  client(more: Partial<ClientOptions> = {}): Client {
    return createClient(this.options(more));
  }

  /** The signed bundle of an epoch. */
  signed(epoch = Math.floor(this.now / DAY) * DAY, alter = this.alter): Bytes {
    const service = 'stickers';
    const bundle = encodeBundle(
      alter({
        sequence: epoch / DAY,
        notBefore: epoch,
        notAfter: epoch + 2 * DAY,
        suite: SUITE,
        keyConfigs: this.gateway.keyConfigs,
        directory: this.issuer.directory(epoch, service),
        services: [
          { name: service, tokenType: 5, challenge: this.issuer.challenge(epoch, service), ...LENGTHS },
        ],
        nextRoot: new Uint8Array(0),
        extension: null,
      }),
    );
    return encodeSignedBundle({ bundle, signature: signBundle(bundle, ROOT_SECRET) });
  }

  urls(): string[] {
    return this.sent.map(({ url }) => url);
  }

  async #fetch(sent: Sent) {
    this.sent.push(sent);
    const { status, type, body } = (await this.intercept(sent)) ?? (await this.#route(sent));
    return {
      status,
      headers: { get: (name: string) => (name === 'content-type' ? type : null) },
      arrayBuffer: async () => body.slice().buffer,
    };
  }

  async #route({ url, init }: Sent): Promise<Raw> {
    const body = bytesOf(init);
    if (url === 'https://relay.example/bundle')
      return { status: 200, type: 'application/sotto-bundle', body: this.signed() };
    if (url === 'https://relay.example/ohttp') return this.gateway.handle(body);
    if (url === 'https://issuer.example/token-request') return this.issuer.issue(this.now, body);
    throw new TypeError('fetch failed');
  }
}
