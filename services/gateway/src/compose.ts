import type { GatewayDeps } from './app.ts';
import type { Config, ServiceRow } from './config.ts';
import { Tally } from '@sotto/service/metrics';
import type { ExchangeDeps, Route } from './exchange.ts';
import { aesKeyWrap, type AesSubtle } from '@sotto/service/keys';
import type { AuthorityDeps } from './keys/authority.ts';
import type { OperatorDeps } from './operator.ts';
import { METADATA_SERVICE, metadataService } from './service/metadata.ts';
import type { Service } from './service/service.ts';

/** What a platform gives the gateway: clock, randomness, stores, the issuer, and ways to its services. */
export interface Platform
  extends
    Pick<ExchangeDeps, 'now' | 'deadline' | 'redeemer' | 'replays'>,
    Pick<AuthorityDeps, 'hpke' | 'random' | 'store' | 'schedule'>,
    Pick<OperatorDeps, 'counters' | 'log'> {
  readonly subtle: AesSubtle;
  readonly serviceOf: (row: ServiceRow) => Service;
}

/** The gateway of a configuration, on a platform. */
export function compose(config: Config, platform: Platform): GatewayDeps {
  const { hpke, random, now, deadline, redeemer, replays, store, schedule, counters, log } = platform;
  const { services, epochSeconds, nextRoot } = config;
  const routes = new Map<string, Route>(
    services.map((row) => [row.name, { ...row, service: platform.serviceOf(row) }]),
  );
  const defaultLength = Math.max(...services.map(({ responseLength }) => responseLength));
  if (config.metadata) routes.set(METADATA_SERVICE, metadataRoute(defaultLength));
  const wrap = aesKeyWrap(platform.subtle, config.wrappingKey, random);
  return {
    config,
    routes,
    defaultLength,
    hpke,
    now,
    random,
    deadline,
    redeemer,
    replays,
    tally: new Tally(),
    counters,
    log,
    authority: { hpke, random, services, epochSeconds, nextRoot, store, wrap, schedule },
  };
}

const metadataRoute = (responseLength: number): Route => ({
  name: METADATA_SERVICE,
  token: null,
  idempotent: true,
  responseLength,
  timeoutMs: 1000,
  service: metadataService,
});
