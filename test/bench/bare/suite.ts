import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import path from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { freePorts } from '../../../services/local/src/ports.ts';
import { bundleWorker, ON_LOOPBACK, type WorkerBundle } from '../../../services/local/src/worker-code.ts';

/** What a bare suite has in common with the services beside which it is measured. */
export interface BareOptions {
  /** The response of the service. */
  readonly page: { readonly type: string; readonly length: number };
  /** The media type of the issuer's response. */
  readonly issuance: string;
  /** The attester's public JWK. */
  readonly attester: object;
  readonly relayToken: string;
  /** More gateways of the relay: origins by the base path. */
  readonly gateways: Readonly<Record<string, string>>;
}

export interface BareSuite extends Pick<BareOptions, 'page'> {
  readonly urls: Readonly<Record<Part, string>>;
  /** The gateway's public keys. */
  readonly keys: Readonly<Record<'x25519' | 'mlKem', KeyObject>>;
  dispose(): Promise<void>;
}

const PARTS = ['relay', 'gateway', 'issuer', 'stickers'] as const;
type Part = (typeof PARTS)[number];

const bundles = new Map<Part, Promise<WorkerBundle>>();
function bundleOf(part: Part): Promise<WorkerBundle> {
  const bundle = bundles.get(part) ?? bundleWorker(path.join(import.meta.dirname, `workers/${part}.ts`));
  bundles.set(part, bundle);
  return bundle;
}

/**
 * Starts four bare Workers in a workerd of their own. They have the hops, lengths and header fields of our exchange, and call the
 * same primitives, but every response is constant. No exchange of this kind can cost less on this machine.
 */
export async function startBare(options: BareOptions): Promise<BareSuite> {
  const x25519 = generateKeyPairSync('x25519');
  const mlKem = generateKeyPairSync('ml-kem-768');
  const first = await freePorts(PARTS.length);
  const portOf = (part: Part): number => first + PARTS.indexOf(part);
  const origin = (part: Part): string => `http://127.0.0.1:${portOf(part)}`;
  const perPart = optionsOf(options, origin('gateway'), {
    X25519_KEY: x25519.privateKey.export({ format: 'jwk' }),
    ML_KEM_SEED: mlKem.privateKey.export({ format: 'jwk' })['priv'],
  });
  const workers = PARTS.map(async (part) => ({
    ...perPart[part],
    name: `bare-${part}`,
    modules: (await bundleOf(part)).modules,
    compatibilityDate: '2026-10-23',
    compatibilityFlags: ['webcrypto_modern_algorithms'],
    unsafeDirectSockets: [{ host: '127.0.0.1', port: portOf(part) }],
  }));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: (await Promise.all(workers)) as never,
      ...ON_LOOPBACK,
      stripDisablePrettyError: true,
      log: new Log(LogLevel.ERROR),
    }),
  );
  await miniflare.ready;
  return {
    page: options.page,
    urls: Object.fromEntries(PARTS.map((part) => [part, origin(part)])) as BareSuite['urls'],
    keys: { x25519: x25519.publicKey, mlKem: mlKem.publicKey },
    dispose: () => miniflare.dispose(),
  };
}

const optionsOf = (
  { page, issuance, attester, relayToken, gateways }: BareOptions,
  gateway: string,
  keys: Readonly<Record<'X25519_KEY' | 'ML_KEM_SEED', unknown>>,
): Readonly<Record<Part, object>> => ({
  relay: {
    bindings: { GATEWAYS: { ...gateways, '': gateway }, RELAY_TOKEN: relayToken },
    serviceBindings: { NETWORK: { network: { allow: ['private'] } } },
  },
  gateway: {
    bindings: keys,
    serviceBindings: {
      ISSUER: { name: 'bare-issuer', entrypoint: 'GatewayEntrypoint' },
      STICKERS: 'bare-stickers',
    },
  },
  issuer: {
    bindings: { ATTESTER: attester, RESPONSE_TYPE: issuance },
    durableObjects: {
      LEDGER: { className: 'Ledger', useSQLite: true },
      QUOTA: { className: 'Quota', useSQLite: true },
    },
  },
  stickers: { bindings: { PAGE_TYPE: page.type, PAGE_BYTES: page.length } },
});
