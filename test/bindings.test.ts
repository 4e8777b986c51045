import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { unstable_readConfig, type Unstable_Config } from 'wrangler';

const SERVICES = ['relay', 'gateway', 'issuer', 'stickers', 'witness'] as const;
const configPath = path.resolve(import.meta.dirname, '../wrangler.toml');
const config = (env: string): Unstable_Config =>
  unstable_readConfig({ config: configPath, env }, { hideWarnings: true });

const STORES = ['kv_namespaces', 'd1_databases', 'r2_buckets', 'analytics_engine_datasets'] as const;

describe('bindings of each Worker', () => {
  test('the relay is bound to no storage', () => {
    const relay = config('relay');
    expect(STORES.filter((store) => relay[store].length > 0)).toEqual([]);
    expect(relay.durable_objects.bindings).toEqual([]);
    expect(relay.queues.producers ?? []).toEqual([]);
    expect(relay.services ?? []).toEqual([]);
  });

  test('the sticker service is an ordinary Worker without storage', () => {
    const stickers = config('stickers');
    expect(STORES.filter((store) => stickers[store].length > 0)).toEqual([]);
    expect(stickers.durable_objects.bindings).toEqual([]);
    expect(stickers.assets).toMatchObject({ binding: 'ASSETS', run_worker_first: true });
  });

  test('the gateway reaches the issuer only by its typed entrypoint', () => {
    const issuer = config('gateway').services?.find(({ service }) => service === 'sotto-issuer');
    expect(issuer?.entrypoint).toBe('GatewayEntrypoint');
  });

  test.each(SERVICES)('%s writes no log of requests', (name) => {
    const { observability, logpush, tail_consumers } = config(name);
    expect(observability?.enabled).toBe(false);
    expect(logpush ?? false).toBe(false);
    expect(tail_consumers ?? []).toEqual([]);
  });

  test.each(SERVICES)('%s holds no secret in its configuration', (name) => {
    const secret = /TOKEN|KEY|SECRET/;
    expect(Object.keys(config(name).vars).filter((variable) => secret.test(variable))).toEqual([]);
  });

  test('a deployment without an environment deploys nothing', () => {
    expect(unstable_readConfig({ config: configPath }, { hideWarnings: true }).main).toBeUndefined();
  });
});
