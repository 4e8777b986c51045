import { setTimeout as sleep } from 'node:timers/promises';
import type { Hono } from 'hono';
import type { BhttpRequest, BhttpResponse, Field } from '@sotto/bhttp';
import { rootPublicKey, signVersions, verifySignedBundle, type Bundle } from '@sotto/bundle';
import { decodeKeyConfigs, KEM, type KeyConfig } from '@sotto/ohttp';
import { nodeHpke } from '@sotto/ohttp/node';
import { encodeDirectory, encodeTokenChallenge, serviceChallenge } from '@sotto/privacypass';
import type { PublishedSchedule } from '@sotto/redemption';
import type { WrappingKeys } from '@sotto/service/keys';
import { openMemory } from '@sotto/service/sqlite/file';
import { base64url, EMPTY, epochStartAt, type Bytes, type Random, type UnixSeconds } from '@sotto/wire';
import { gateway, type GatewayDeps } from '../../src/app.ts';
import { compose } from '../../src/compose.ts';
import type { Config, ServiceRow } from '../../src/config.ts';
import { operator as operatorRoutes } from '../../src/operator.ts';
import { formatDate } from '../../src/date.ts';
import type { Pacing } from '../../src/pacing.ts';
import { GATEWAY_FILE, sqliteStores, type Stores } from '../../src/node/stores.ts';
import type { KeyStore, ReplayStore } from '../../src/ports.ts';
import { METADATA_SERVICE } from '../../src/service/metadata.ts';
import type { Service, ServiceRequest } from '../../src/service/service.ts';
import { inner, padded, seal, type Sealed, type Sealer } from './client.ts';
import { authorization, fakeIssuer, type FakeIssuer } from './tokens.ts';

export const DAY = 86_400;
export const NOW = 20_788 * DAY + 3600;
export const RELAY_TOKEN = 'the-credential-of-the-relay';
export const OPERATOR_TOKEN = 'the-credential-of-the-operator';
export const RESPONSE_LENGTH = 2048;
export const ROOT_SECRET: Bytes = new Uint8Array(32).fill(5);

export const random: Random = (length) => crypto.getRandomValues(new Uint8Array(length));
export const hpke = nodeHpke();

const SERVICES: readonly ServiceRow[] = [
  row('stickers', { type: 5 }, true),
  row('ledger', { type: 5 }, false),
  row('open', null, true),
];

export function row(name: string, token: ServiceRow['token'], idempotent: boolean): ServiceRow {
  return {
    name,
    token,
    idempotent,
    target: { url: 'https://service.example' },
    lengths: { name: 'default', requestLength: 1024, responseLength: RESPONSE_LENGTH },
    timeoutMs: 10_000,
    maxInFlight: 128,
    chunked: true,
    stream: null,
    methods: ['GET', 'POST'],
    paths: '/',
    fields: [],
  };
}

/** Rows of a class whose requests are a megabyte, for messages that are longer than any of our clients'. */
export const LARGE_ROWS: readonly ServiceRow[] = SERVICES.map((one) => ({
  ...one,
  lengths: { ...one.lengths, requestLength: 1 << 20 },
}));

/** The parts of the gateway that a test may change. */
export interface TestGatewayOptions {
  readonly epochSeconds?: number;
  readonly now?: UnixSeconds;
  readonly services?: Readonly<Record<string, Service>>;
  readonly rows?: readonly ServiceRow[];
  readonly replayCapacity?: number;
  readonly replays?: ReplayStore;
  readonly egress?: Readonly<Record<string, string>>;
  readonly store?: KeyStore;
  readonly wrappingKeys?: Partial<WrappingKeys>;
  readonly responseGridMs?: number;
  /** The timer and the waits of the gateway; real ones without it. */
  readonly timer?: Pick<Pacing, 'elapsedMs' | 'sleep'>;
  /** Deadlines that a test ends itself, in place of those of `deadlineMs`. */
  readonly deadline?: (ms: number) => AbortSignal;
  readonly metadata?: boolean;
  /** The provider that the gateway names. */
  readonly provider?: string;
  readonly schedule?: () => Promise<PublishedSchedule>;
}

export interface TestGateway {
  readonly app: Hono;
  readonly deps: GatewayDeps;
  readonly issuer: FakeIssuer;
  readonly calls: ServiceRequest[];
  now: UnixSeconds;
  /** No deadline is longer than this; far, unless a test waits for one. */
  deadlineMs: number;
  signEpochs(): Promise<void>;
  bundle(): Promise<Bundle>;
  sealer(kemId?: number): Promise<Sealer>;
  mint(service?: string): Promise<Bytes>;
  /** Date and a fresh token for a service. */
  fields(service?: string): Promise<Field[]>;
  post(body: BodyInit | null, headers?: Record<string, string>): Promise<Response>;
  /** Seals a request, posts it and opens the response. */
  send(request: BhttpRequest | Bytes, kemId?: number): Promise<Sent>;
  /** A valid search with changes. It has Date and token unless `fields` are given. */
  search(changes?: Partial<BhttpRequest>): Promise<Sent>;
}

export interface Sent {
  readonly sealed: Sealed;
  readonly response: Response;
  readonly encapsulated: Bytes;
  readonly inner: BhttpResponse;
  readonly code: string | null; // of a problem
}

/** Key and replay stores in memory. @param capacity - live envelopes that the replay store keeps */
export const memoryStores = (capacity = 1000): Stores =>
  sqliteStores(openMemory(GATEWAY_FILE), async () => {}, capacity);

/** The issuer's schedule, as its entrypoint would give it. */
export function scheduleOf(
  names: readonly string[],
  epochSeconds: number,
  now: () => UnixSeconds,
): () => Promise<PublishedSchedule> {
  return async () => {
    const first = epochStartAt(now(), epochSeconds);
    const epochs = Array.from({ length: 8 }, (_, i) => {
      const start = first + i * epochSeconds;
      return {
        start,
        directory: encodeDirectory({
          issuerRequestUri: 'https://issuer.example/token-request',
          tokenKeys: names.map((service, n) => ({
            tokenType: 5,
            tokenKey: new Uint8Array(32).fill((start / epochSeconds + 16 * n) % 251), // by the epoch
            notBefore: start,
            service,
          })),
        }),
        challenges: names.map((service) => ({
          service,
          tokenType: 5,
          challenge: encodeTokenChallenge(
            serviceChallenge({ tokenType: 5, issuerName: 'issuer.example', service, epoch: start }),
          ),
        })),
        refill: null,
      };
    });
    return { revision: 1, epochs };
  };
}

/** The gateway's app over real packages and stores, with a fake issuer, and services that are functions. */
export async function testGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { epochSeconds = DAY, rows = SERVICES } = options;
  const issuer = fakeIssuer(random);
  const calls: ServiceRequest[] = [];
  const echo: Service = {
    call: async (request) => {
      calls.push(request);
      return { status: 200, fields: [['content-type', 'application/json']], content: request.content };
    },
  };
  const now = (): UnixSeconds => self.now;
  const withToken = rows.filter(({ token }) => token !== null).map(({ name }) => name);
  const operatorStores = memoryStores();
  const settings: Config = {
    epochSeconds,
    services: rows,
    root: rootPublicKey(ROOT_SECRET),
    nextRoot: EMPTY,
    relayEgress: new Map(Object.entries(options.egress ?? {})),
    metadata: options.metadata ?? false,
    provider: options.provider ?? null,
    responseGridMs: options.responseGridMs ?? 0,
    relayTokens: [RELAY_TOKEN],
    operators: { metrics: [OPERATOR_TOKEN], support: [OPERATOR_TOKEN], keys: [OPERATOR_TOKEN] },
    wrappingKeys: { current: new Uint8Array(32).fill(9), previous: null, ...options.wrappingKeys },
  };
  const deps = compose(settings, {
    hpke,
    subtle: crypto.subtle,
    random,
    now,
    settledNow: now,
    deadline: options.deadline ?? ((ms) => AbortSignal.timeout(Math.min(ms, self.deadlineMs))),
    ...(options.timer ?? { elapsedMs: () => performance.now(), sleep: async (ms) => sleep(ms) }),
    redeemer: issuer,
    refiller: issuer,
    replays: options.replays ?? memoryStores(options.replayCapacity ?? 100).replays,
    counters: operatorStores.counters,
    log: operatorStores.log,
    store: options.store ?? memoryStores().keys,
    schedule: options.schedule ?? scheduleOf(withToken, epochSeconds, now),
    serviceOf: ({ name }) => options.services?.[name] ?? echo,
  });
  const app = gateway(deps).route('/', operatorRoutes(deps));
  const operator = { authorization: `Bearer ${OPERATOR_TOKEN}`, 'content-type': 'application/json' };
  const self: TestGateway = {
    app,
    deps,
    issuer,
    calls,
    now: options.now ?? NOW,
    deadlineMs: 10_000,
    async signEpochs() {
      const listed = await app.request('/operator/bundles', { headers: operator });
      const epochs = (await listed.json()) as { sequence: number; bundle: string; signed: boolean }[];
      const signatures = epochs
        .filter(({ signed }) => !signed)
        .map(({ sequence, bundle }) => {
          const encoded = Uint8Array.from(Buffer.from(bundle, 'base64url'));
          return { sequence, ...uploadedSignatures(encoded) };
        });
      const body = JSON.stringify(signatures);
      const kept = await app.request('/operator/bundles', { method: 'POST', headers: operator, body });
      if (kept.status !== 204) throw new Error(`signing: ${kept.status}`);
    },
    async bundle() {
      const response = await app.request('/bundle');
      const signed = new Uint8Array(await response.arrayBuffer());
      return verifySignedBundle(signed, { roots: [deps.config.root], now: self.now, epochSeconds });
    },
    async sealer(kemId = KEM.X25519) {
      const response = await app.request('/.well-known/ohttp-gateway');
      const configs = decodeKeyConfigs(new Uint8Array(await response.arrayBuffer()));
      const config = configs.find((c) => c.kemId === kemId) as KeyConfig;
      return { hpke, config, suite: { kdfId: 1, aeadId: 1 }, random };
    },
    async mint(service = 'stickers') {
      const { services } = await self.bundle();
      const entry = services.find(({ name }) => name === service);
      if (entry === undefined) throw new Error(`no service ${service}`);
      return issuer.mint(service, entry.challenge);
    },
    async fields(service = 'stickers') {
      const date: Field = ['date', formatDate(self.now - (self.now % 600))];
      const type: Field = ['content-type', 'application/json'];
      return service === 'open' || service === METADATA_SERVICE
        ? [date, type]
        : [authorization(await self.mint(service)), date, type];
    },
    post(body, headers = {}) {
      const all = { authorization: `Bearer ${RELAY_TOKEN}`, 'content-type': 'message/ohttp-req', ...headers };
      const init = { method: 'POST', headers: all, body, duplex: 'half' };
      return Promise.resolve(app.request('/.well-known/ohttp-gateway', init));
    },
    async send(request, kemId) {
      const bytes = request instanceof Uint8Array ? request : padded(request);
      const sealed = await seal(await self.sealer(kemId), bytes);
      const response = await self.post(sealed.body);
      return opened(sealed, response);
    },
    async search(changes = {}) {
      const service = rows.some(({ name }) => name === changes.authority) ? changes.authority : 'stickers';
      const fields = changes.fields ?? (await self.fields(service));
      return self.send(inner({ ...changes, fields }));
    },
  };
  await self.signEpochs();
  return self;
}

/** The signatures that an operator sends for every version of a bundle. */
export function uploadedSignatures(encoded: Bytes): { signature: string; signature1?: string } {
  const { signature, signature1 } = signVersions(encoded, ROOT_SECRET);
  return {
    signature: base64url(signature),
    ...(signature1 !== null && { signature1: base64url(signature1) }),
  };
}

export async function opened(sealed: Sealed, response: Response): Promise<Sent> {
  const encapsulated = new Uint8Array(await response.arrayBuffer());
  if (response.status !== 200)
    throw new Error(`outside: ${response.status} ${Buffer.from(encapsulated).toString()}`);
  const answer = await sealed.open(encapsulated);
  return { sealed, response, encapsulated, inner: answer, code: codeOf(answer) };
}

function codeOf({ fields, content }: BhttpResponse): string | null {
  const isProblem = fields.some(
    ([name, value]) => name === 'content-type' && value === 'application/problem+json',
  );
  return isProblem ? (JSON.parse(Buffer.from(content).toString()) as { code: string }).code : null;
}

/** The code of an outer response. */
export async function outerCode(response: Response): Promise<string> {
  return ((await response.json()) as { code: string }).code;
}
