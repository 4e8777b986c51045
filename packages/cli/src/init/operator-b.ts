import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { REFILL_SERVICE } from '@sotto/bundle';
import { composeFile, type Owner } from './compose.ts';
import type { Invite, InvitedLog } from './invite.ts';
import { postgresStores, type Databases } from './postgres.ts';
import { balancerCfg, caddyfile, haproxyCfg, nginxConf, type Site } from './proxy.ts';
import { readmeOfB } from './readme.ts';
import { nodeFiles, secretsFile, type Hosting, type PlannedFile, type ServiceSettings } from './settings.ts';
import { units } from './systemd.ts';
import { twoOfEach } from './two-of-each.ts';
import { wranglerToml } from './wrangler.ts';
import type { PlannedFolder } from './write.ts';

/** Who vouches for accounts: the operator's own key set, or a key made here for development. */
export interface Attester {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
}

export interface OperatorBOptions {
  /** Public origins. */
  readonly gateway: URL;
  readonly issuer: URL;
  readonly hosting: Hosting;
  /** Null for a development attester. */
  readonly attester: Attester | null;
  /** The Ed25519 key that clients pin, base64url. */
  readonly root: string;
  readonly epochSeconds: number;
  /** The provider of the gateway's machines. */
  readonly provider: string;
  /** The relay's port; gateway, issuer, stickers and the private listeners use the next ones. */
  readonly port: number;
  /** Absolute paths: of the folder, of the release, and of the root secret. */
  readonly folder: string;
  readonly release: string;
  readonly rootSecret: string;
  readonly owner: Owner;
  /** Null for SQLite, and for Durable Objects. */
  readonly databases: Databases | null;
  /** Null without a log of bundles. */
  readonly log: InvitedLog | null;
}

/** Claims of the development attester. */
export const DEVELOPMENT = { issuer: 'https://accounts.invalid', audience: 'sotto-issuer' } as const;

/** What a relay on Workers sends to a Worker in another zone, the same for every client (specs/deployment.md). */
const WORKER_EGRESS = { 'cf-connecting-ip': '2a06:98c0:3600::103' };

/** The row of refills, with room for the tokens of three services. */
const REFILLS = {
  name: REFILL_SERVICE,
  target: { issuer: true },
  token: { type: 5 },
  requestLength: 4096,
  responseLength: 4096,
};

/** Empty files, for a later change of keys or tokens of single roles (docs/how-to/rotate-secrets.md). */
const NOT_SET = {
  KEY_WRAPPING_KEY_PREVIOUS: '',
  OPERATOR_METRICS_TOKEN: '',
  OPERATOR_SUPPORT_TOKEN: '',
  OPERATOR_KEYS_TOKEN: '',
};

const secret = (): string => randomBytes(32).toString('base64url');

/** The folder of operator B: gateway, issuer and sticker service. All secrets are new. */
export function operatorB(options: OperatorBOptions): PlannedFolder {
  const { gateway, issuer, hosting, folder, release, owner, port, epochSeconds, root, databases } = options;
  const development = options.attester === null ? developmentAttester() : null;
  const attester = development?.attester ?? options.attester ?? {};
  const stores = databases === null ? null : postgresStores(databases);
  const alone = withStores(settingsOf(options, JSON.stringify([attester])), stores?.settings ?? {});
  const pair = databases !== null && hosting === 'compose' ? twoOfEach(alone, port, databases) : null;
  const services = pair?.services ?? alone;
  const credential = services.gateway?.['RELAY_TOKEN'] ?? '';
  const operatorToken = services.gateway?.['OPERATOR_TOKEN'] ?? '';
  const invite = inviteOf(options, credential);
  const listeners =
    hosting === 'workers'
      ? {}
      : { gatewayOperator: `http://127.0.0.1:${port + 5}`, issuerOperator: `http://127.0.0.1:${port + 6}` };
  const client = { gateway: gateway.origin, issuer: issuer.origin, root, epochSeconds, ...listeners };
  const sites: Site[] = [
    { host: gateway.host, port: port + 1, sendsAddress: false },
    { host: issuer.host, port: port + 2, sendsAddress: false },
  ];
  const operatorPorts = [port + 5, port + 6, ...(pair?.operatorPorts ?? [])];
  const ports = [...publicPorts(sites), ...operatorPorts.map((one) => `127.0.0.1:${one}:${one}`)];
  const common: PlannedFile[] = [
    { name: 'client.json', text: JSON.stringify(client, null, 2) },
    { name: 'operator.token', text: operatorToken, secret: true },
    { name: 'invite.json', text: JSON.stringify(invite, null, 2), secret: true },
    ...(development === null ? [] : [{ name: 'attester.jwk', text: development.jwk, secret: true }]),
    { name: 'README.md', text: readmeOfB(options) },
  ];
  if (hosting === 'workers') {
    const hosts = { gateway: gateway.host, issuer: issuer.host };
    return {
      files: [
        ...common,
        ...(['stickers', 'issuer', 'gateway'] as const).map((name) =>
          secretsFile(name, services[name] ?? {}),
        ),
        { name: 'wrangler.toml', text: wranglerToml(services, { hosts, release }) },
      ],
    };
  }
  const files = [
    ...common,
    ...(['gateway', 'issuer', 'stickers'] as const).flatMap((name) => nodeFiles(name, services[name] ?? {})),
    ...(stores?.files ?? []),
    ...proxyFiles(sites, folder),
    ...(pair === null ? [] : [{ name: 'proxy/balancer.cfg', text: balancerCfg(pair.groups) }]),
  ];
  if (hosting === 'node') return { files: [...files, ...units(services, folder, release)] };
  const compose = composeFile(services, { ports, owner, release, shared: pair?.shared ?? null });
  const clusters = Object.keys(pair?.shared.clusters ?? {}).map((name) => `postgres-${name}`);
  const state = databases === null ? ['gateway', 'issuer'] : clusters;
  return {
    files: [...files, { name: 'compose.yaml', text: compose }],
    stores: state.map((name) => `state/${name}`),
    owner,
  };
}

/** The invite for operator A. */
function inviteOf(options: OperatorBOptions, credential: string): Invite {
  const { gateway, issuer, root, epochSeconds, provider, log } = options;
  return {
    gateway: gateway.origin,
    credential,
    issuer: issuer.origin,
    root,
    epochSeconds,
    provider,
    ...(log !== null && { log }),
  };
}

/** The settings of each service with those of its store added or replaced. */
const withStores = (services: ServiceSettings, stores: ServiceSettings): ServiceSettings => ({
  ...services,
  gateway: { ...services.gateway, ...stores.gateway },
  issuer: { ...services.issuer, ...stores.issuer },
});

/** Configurations of three proxies; the units and the compose file start Caddy. */
export function proxyFiles(sites: readonly Site[], folder: string): PlannedFile[] {
  const tls = `${folder}/tls`;
  return [
    { name: 'proxy/Caddyfile', text: caddyfile(sites) },
    { name: 'proxy/nginx.conf', text: nginxConf(sites, tls) },
    { name: 'proxy/haproxy.cfg', text: haproxyCfg(sites, tls) },
  ];
}

/** The ports that the proxy publishes. Port 80 is for certificates (ACME). */
export function publicPorts(sites: readonly Site[]): string[] {
  const ports = new Set(['80', ...sites.map(({ host }) => host.split(':')[1] ?? '443')]);
  return Array.from(ports, (port) => `${port}:${port}`);
}

/** The row of the sticker service in the gateway's table. */
const stickersRow = (target: object) => ({
  name: 'stickers',
  target,
  token: { type: 5 },
  idempotent: true,
  requestLength: 1024,
  responseLength: 163_840,
});

function settingsOf(options: OperatorBOptions, attesters: string): ServiceSettings {
  const { gateway: _gateway, issuer, hosting, port, epochSeconds, root, release, provider } = options;
  const [operatorToken, internalToken] = [secret(), secret()];
  const isWorker = hosting === 'workers';
  const target = isWorker
    ? { binding: 'STICKERS' }
    : { url: `http://127.0.0.1:${port + 3}`, private: ['127.0.0.1'] };
  const operatorHost: Readonly<Record<string, string>> =
    hosting === 'compose' ? { OPERATOR_HOST: '0.0.0.0' } : {};
  const listen = (own: number, operator: number): Record<string, string> =>
    isWorker
      ? {}
      : { PORT: `${port + own}`, BEHIND_TLS: 'true', OPERATOR_PORT: `${port + operator}`, ...operatorHost };
  const catalogue = hosting === 'compose' ? '/opt/sotto/catalogue' : `${release}/catalogue`;
  return {
    gateway: {
      ...listen(1, 5),
      EPOCH_SECONDS: `${epochSeconds}`,
      ROOT: root,
      PROVIDER: provider,
      SERVICES: JSON.stringify([stickersRow(target), REFILLS]),
      RELAY_TOKEN: secret(),
      OPERATOR_TOKEN: operatorToken,
      KEY_WRAPPING_KEY: secret(),
      ...(isWorker
        ? { RELAY_EGRESS: JSON.stringify(WORKER_EGRESS) }
        : {
            ...NOT_SET,
            STORE: 'gateway.sqlite',
            ISSUER: `http://127.0.0.1:${port + 4}`,
            ISSUER_TOKEN: internalToken,
          }),
    },
    issuer: {
      ...listen(2, 6),
      EPOCH_SECONDS: `${epochSeconds}`,
      ISSUER_NAME: issuer.host,
      ISSUER_URL: issuer.origin,
      SERVICES: JSON.stringify([{ name: 'stickers', types: [5], batch: [30], quota: { default: 450 } }]),
      VOUCHERS: JSON.stringify({ period: 7, perEpoch: 3, issuances: { default: 3 } }),
      ATTESTERS: attesters,
      ACCOUNT_KEY: secret(),
      KEY_WRAPPING_KEY: secret(),
      OPERATOR_TOKEN: operatorToken,
      ...(isWorker
        ? {}
        : {
            ...NOT_SET,
            ACCOUNT_KEY_PREVIOUS: '',
            STORE: 'issuer.sqlite',
            INTERNAL_PORT: `${port + 4}`,
            INTERNAL_TOKEN: internalToken,
          }),
    },
    stickers: isWorker ? {} : { PORT: `${port + 3}`, CATALOGUE: catalogue },
  };
}

function developmentAttester(): { readonly attester: object; readonly jwk: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const named = { kid: 'development', alg: 'ES256' };
  const keys = [{ ...publicKey.export({ format: 'jwk' }), ...named }];
  return {
    attester: { ...DEVELOPMENT, jwks: { keys }, accountClaim: 'sub' },
    jwk: JSON.stringify({ ...privateKey.export({ format: 'jwk' }), ...named }),
  };
}
