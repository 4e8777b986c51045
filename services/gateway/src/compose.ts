import type { GatewayDeps, MaxRequest } from './app.ts';
import { Bulkhead } from './bulkhead.ts';
import type { Pacing } from './pacing.ts';
import type { Config, ServiceRow } from './config.ts';
import { KDF, type Hpke, type Kdf } from '@sotto/ohttp';
import { Tally } from '@sotto/service/metrics';
import type { ExchangeDeps, Route } from './exchange.ts';
import { lengthOfClass } from './response-length.ts';
import { aesKeyWrap, type AesSubtle } from '@sotto/service/keys';
import type { AuthorityDeps } from './keys/authority.ts';
import type { OperatorDeps } from './operator.ts';
import { METADATA_SERVICE, metadataService } from './service/metadata.ts';
import type { Service } from './service/service.ts';

/**
 * The parts of the platform that the gateway uses: clock, randomness, stores, the issuer, and connections to
 * its services.
 */
export interface Platform
  extends
    Pick<ExchangeDeps, 'now' | 'deadline' | 'redeemer' | 'refiller' | 'replays'>,
    Pick<AuthorityDeps, 'hpke' | 'random' | 'store' | 'schedule' | 'settledNow'>,
    Pick<OperatorDeps, 'counters' | 'log'>,
    Pick<Pacing, 'elapsedMs' | 'sleep'> {
  readonly subtle: AesSubtle;
  readonly serviceOf: (row: ServiceRow) => Service;
}

/** The gateway of a configuration, on a platform. */
export function compose(config: Config, platform: Platform): GatewayDeps {
  const { hpke, random, now, deadline, redeemer, refiller, replays, store, schedule, counters, log } =
    platform;
  const { services, epochSeconds, nextRoot, provider, responseGridMs: gridMs } = config;
  const { elapsedMs, sleep } = platform;
  const tally = new Tally();
  const routes = new Map<string, Route>(
    services.map((row) => [row.name, routeOf(row, 'issuer' in row.target ? null : platform.serviceOf(row))]),
  );
  const lengths = services.map((row) => row.lengths);
  if (config.metadata) routes.set(METADATA_SERVICE, metadataRoute(lengthOfClass(lengths, 0)));
  const wrap = aesKeyWrap(platform.subtle, config.wrappingKeys, random);
  return {
    config,
    routes,
    lengths,
    maxRequest: maxRequestOf(services),
    pacing: { gridMs, elapsedMs, sleep },
    hpke,
    hkdf: hkdfOf(hpke),
    now,
    random,
    deadline,
    redeemer,
    refiller,
    replays,
    tally,
    counters,
    log,
    authority: {
      hpke,
      random,
      services,
      epochSeconds,
      nextRoot,
      provider,
      store,
      wrap,
      schedule,
      settledNow: platform.settledNow,
      onUnreadable: () => tally.count('unreadable_epochs keys'),
    },
  };
}

function hkdfOf({ kdfs }: Hpke): Kdf {
  const hkdf = kdfs.find(({ id }) => id === KDF.HKDF_SHA256);
  if (hkdf === undefined) throw new Error('the HPKE of the entry file has no HKDF-SHA256');
  return hkdf;
}

const routeOf = (row: ServiceRow, service: Service | null): Route => ({
  ...row,
  responseLength: row.lengths.responseLength,
  service,
  bulkhead: new Bulkhead(row.maxInFlight),
});

const metadataRoute = (responseLength: number): Route => ({
  name: METADATA_SERVICE,
  token: null,
  idempotent: true,
  responseLength,
  timeoutMs: 1000,
  chunked: false,
  stream: null,
  methods: ['GET'],
  paths: '/',
  fields: [],
  service: metadataService,
  bulkhead: new Bulkhead(16),
});

/** Bytes that an envelope adds to a request: header, X-Wing's encapsulated key (1,120 bytes), AEAD tag. */
const ENVELOPE_BYTES = 2048;

/**
 * The longest requests that are read. A request in chunks has a length and a tag for each chunk, so small chunks make it longer.
 *
 * @returns a function of the longest request of the current bundles, which may be longer than those of the
 *   table after a change
 */
function maxRequestOf(services: readonly ServiceRow[]): (longestOffered: number) => MaxRequest {
  const longest = (rows: readonly ServiceRow[]): number =>
    Math.max(0, ...rows.map(({ lengths }) => lengths.requestLength));
  const chunked = services.filter((row) => row.chunked || row.stream !== null);
  const [ofAll, ofChunked] = [longest(services), longest(chunked)];
  return (longestOffered) => ({
    plain: Math.max(longestOffered, ofAll) + ENVELOPE_BYTES,
    chunked: chunked.length === 0 ? null : 2 * Math.max(longestOffered, ofChunked) + ENVELOPE_BYTES,
  });
}
