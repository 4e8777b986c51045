import { Agent, request as httpRequest } from 'node:http';
import path from 'node:path';
import { expect, test } from 'vitest';
import { accountToken } from './support/account.ts';
import { blinded, draw, folder, redeem, start, type Running } from './support/entry.ts';

const CONNECTIONS = 64;

/**
 * Sends one request again and again over 64 connections. Returns the number of each status so far, and a function
 * that ends it.
 */
function flood({ url }: Running, headers: Record<string, string>, body: Uint8Array) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const statuses = new Map<number, number>();
  const attack = { isOn: true };
  const once = (): Promise<number> =>
    new Promise((resolve) => {
      const post = httpRequest(`${url}/token-request`, { method: 'POST', agent, headers }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      });
      post.once('error', () => resolve(0));
      post.end(body);
    });
  const loop = async (): Promise<void> => {
    while (attack.isOn) {
      const status = await once();
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const loops = Array.from({ length: CONNECTIONS }, loop);
  const stop = async (): Promise<void> => {
    attack.isOn = false;
    await Promise.all(loops);
    agent.destroy();
  };
  return { statuses: statuses as ReadonlyMap<number, number>, stop };
}

test('N54 issuer on Node: while one account sends a counted batch over 64 connections, others are issued tokens and redeem', async () => {
  const services = [{ name: 'stickers', types: [5], batch: [5, 30], quota: { default: 300 }, ceiling: 1000 }];
  const running = await start({
    STORE: path.join(folder, 'siege.sqlite'),
    SERVICES: JSON.stringify(services),
  });
  const { contentType, request } = await blinded(running, 30);
  const authorization = `Bearer ${await accountToken('attacker')}`;
  const { statuses, stop } = flood(running, { 'content-type': contentType, authorization }, request);
  const responses = (): number => [...statuses.values()].reduce((sum, n) => sum + n, 0);
  const overtaken: number[] = []; // responses to the attacker during one redemption
  for (let i = 0; i < 4; i++) {
    // Throws unless the response is 200: the ceiling of 1000 would be used up by 34 responses to the attacker.
    const tokens = await draw(running, `honest ${i}`, 30);
    for (const token of tokens.slice(0, 3)) {
      const before = responses();
      expect(await redeem(running, token)).toBe('first');
      overtaken.push(responses() - before);
    }
  }
  await stop();
  expect(statuses.get(200)).toBeLessThanOrEqual(3);
  expect(statuses.get(503)).toBeGreaterThan(50);
  expect([...statuses.keys()].filter((status) => ![200, 429, 503].includes(status))).toEqual([]);
  expect(Math.max(...overtaken)).toBeLessThan(4 * CONNECTIONS);
  running.child.kill('SIGTERM');
  expect(await running.ended).toBe(0);
}, 60_000);
