import { Variables } from '@sotto/service/config';
import { variablesOnNode } from '@sotto/service/node';
import { describe, expect, test } from 'vitest';
import { relay } from '../src/app.ts';
import { readConfig, type Config } from '../src/config.ts';
import { CREDENTIAL, type Vars } from './start-relay.ts';

const SAFE: Vars = {
  GATEWAYS: '{"": "https://gateway.other.example"}',
  RELAY_TOKENS: JSON.stringify({ '': CREDENTIAL }),
};

const configOf = (env: Readonly<Record<string, string | undefined>>): Config =>
  readConfig(variablesOnNode('relay', { ...SAFE, ...env }));

/** A relay, and a gateway with this `sotto-provider`; undefined: it serves no bundle. */
function deployment(env: Vars, theirs: string | null | undefined, byTimer = false) {
  const gateway = { provider: theirs, envelopes: 0, bundles: 0 };
  const warnings: string[] = [];
  const { app, refresh, schedules } = relay({
    config: configOf(env),
    send: async (url, { method }) => {
      if (method === 'POST') {
        gateway.envelopes++;
        return new Response('x', { headers: { 'content-type': 'message/ohttp-res' } });
      }
      gateway.bundles++;
      const { provider } = gateway;
      if (provider === undefined) return new Response(null, { status: 503 });
      const type = url.endsWith('/2') ? 'application/sotto-logged-bundle' : 'application/sotto-bundle';
      const named = provider === null ? {} : { 'sotto-provider': provider };
      return new Response('keys', { headers: { 'content-type': type, 'sotto-logged': '?1', ...named } });
    },
    now: () => 1_796_000_000_000,
    sleep: async () => {},
    timeout: () => new AbortController().signal,
    byTimer,
    warn: (line) => void warnings.push(line),
  });
  const visit = { admit: () => true, waitUntil: () => {} };
  const status = async (path: string, init?: RequestInit): Promise<number> =>
    (await app.fetch(new Request(`https://relay.example${path}`, init), visit)).status;
  const post = (): Promise<number> =>
    status('/ohttp', {
      method: 'POST',
      headers: { 'content-type': 'message/ohttp-req' },
      body: 'e'.repeat(64),
    });
  const served = async () => [await status('/bundle'), await status('/bundle/2'), await post()];
  return { gateway, refresh, schedules, warnings, served, post };
}

describe('a relay and a gateway at one provider', () => {
  test.each(['cloudflare', 'Cloudflare', ' CLOUDFLARE '])(
    'relay: serves no bundle and forwards nothing when the gateway names %j, and its cron gives the reason',
    async (theirs) => {
      const { gateway, refresh, served } = deployment({ PROVIDER: 'cloudflare' }, theirs);
      await expect(refresh()).rejects.toThrow('PROVIDER: is also the provider of a gateway');
      expect(await served()).toEqual([503, 503, 503]);
      expect(gateway.envelopes).toBe(0);
    },
  );

  test('relay: an envelope that arrives before the first bundle waits for it, and is not forwarded', async () => {
    const { gateway, post } = deployment({ PROVIDER: 'cloudflare' }, 'cloudflare');
    expect(await Promise.all([post(), post()])).toEqual([503, 503]);
    expect(gateway).toMatchObject({ envelopes: 0, bundles: 2 }); // both forms of it, once
  });

  test.each([false, true])(
    'relay: forwards nothing while the gateway has shown no bundle (timer %s)',
    async (byTimer) => {
      const { gateway, post, refresh } = deployment({ PROVIDER: 'hetzner' }, undefined, byTimer);
      expect([await post(), gateway.envelopes]).toEqual([503, 0]);
      gateway.provider = 'cloudflare';
      await refresh();
      expect([await post(), gateway.envelopes]).toEqual([200, 1]);
    },
  );

  test('relay on Node: prints the reason in one line, once, until it changes', async () => {
    const { schedules, warnings } = deployment({ PROVIDER: 'cloudflare' }, 'cloudflare');
    const [schedule] = schedules;
    for (let i = 0; i < 3; i++) await schedule?.();
    expect(warnings).toEqual([expect.stringContaining('set ALLOW_ONE_PROVIDER')]);
  });

  test('relay: serves again after the gateway has moved', async () => {
    const { gateway, refresh, served } = deployment({ PROVIDER: 'cloudflare' }, 'cloudflare');
    await expect(refresh()).rejects.toThrow('PROVIDER');
    gateway.provider = 'hetzner';
    await refresh();
    expect(await served()).toEqual([200, 200, 200]);
  });

  test.each<[string, Vars, string | null]>([
    ['the operator accepted it', { PROVIDER: 'cloudflare', ALLOW_ONE_PROVIDER: 'true' }, 'cloudflare'],
    ['the operator accepted it and named none', { ALLOW_ONE_PROVIDER: 'true' }, 'cloudflare'],
    ['the suite is local', { PROVIDER: 'cloudflare', LOCAL: 'true' }, 'cloudflare'],
    ['the gateway is elsewhere', { PROVIDER: 'cloudflare' }, 'hetzner'],
    ['the name of the other only has the same beginning', { PROVIDER: 'cloudflare' }, 'cloudflare-eu'],
  ])('relay: serves when %s', async (_when, env, theirs) => {
    const { refresh, schedules, served, warnings } = deployment(env, theirs);
    await refresh();
    await schedules[0]?.();
    expect(await served()).toEqual([200, 200, 200]);
    expect(warnings).toEqual([]);
  });

  test('relay: serves a gateway that names no provider, such as an older one, and reports it in one line', async () => {
    const { schedules, served, warnings } = deployment({ PROVIDER: 'cloudflare' }, null);
    for (let i = 0; i < 3; i++) await schedules[0]?.();
    expect(await served()).toEqual([200, 200, 200]);
    expect(warnings).toEqual([expect.stringContaining('does not name its provider')]);
  });
});

describe('PROVIDER of a relay', () => {
  test.each(['Cloudflare', 'a b', ' cloudflare', 'cloudflare ', ' ', '-a', 'a'.repeat(64), 'a,b'])(
    '%j is refused',
    (PROVIDER) => {
      expect(() => configOf({ PROVIDER })).toThrow('PROVIDER: must be one name of a-z, 0-9 and -');
    },
  );

  test('on Node it is required, unless the suite is local or one provider is accepted', () => {
    for (const PROVIDER of [undefined, '']) {
      expect(() => configOf({ PROVIDER })).toThrow('PROVIDER: is missing. Set PROVIDER');
    }
    expect(configOf({ LOCAL: 'true' }).refusedProvider).toBeNull();
    expect(configOf({ ALLOW_ONE_PROVIDER: 'true' }).refusedProvider).toBeNull();
  });

  test('on Workers it is cloudflare without being set', () => {
    const variables = new Variables({ ...SAFE }, { service: 'relay', platform: 'workers' });
    expect(readConfig(variables).refusedProvider).toBe('cloudflare');
  });
});
