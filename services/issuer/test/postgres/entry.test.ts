import { inject, expect, test } from 'vitest';
import { draw, redeem, start, startSupervised } from '../support/entry.ts';
import { random } from '../support/wallet.ts';
import { asAdmin } from './server.ts';

test('issuer on Node over PostgreSQL: two processes are one issuer, and a start without its risks accepted ends in one line', async () => {
  const url = inject('postgres') ?? '';
  await asAdmin({ url }, 'create database entry'); // which takes longer than our statements may
  const STORE = url.replace(/\/postgres$/, '/entry');
  const STORE_RISKS = 'no-synchronous-standby one-cluster';
  const refused = await start({ STORE });
  const one = await startSupervised({ STORE, STORE_RISKS });
  const two = await startSupervised({ STORE, STORE_RISKS });
  expect(await refused.ended).toBe(1);
  expect(refused.said()).toMatch(/^sotto issuer: QUOTA_STORE: is missing, [^\n]+\n$/);

  const directories = [one, two].map(async (issuer) =>
    (await fetch(`${issuer.url}/.well-known/private-token-issuer-directory`)).text(),
  );
  expect(await directories[0]).toBe(await directories[1]);
  const [a, b] = await draw(one, 'ada');
  expect(await redeem(two, a ?? random(1))).toBe('first');
  expect(await redeem(one, a ?? random(1))).toBe('spent');

  // Retired by one process, refused by the other at once, although it still has the keys in memory.
  const authorization = 'Bearer operator-of-the-tests';
  const retired = await fetch(`${one.operator}/operator/keys/retire-all`, {
    method: 'POST',
    headers: { authorization },
  });
  expect(retired.status).toBe(200);
  expect(await redeem(two, b ?? random(1))).toBe('invalid');
  for (const issuer of [one, two]) {
    issuer.child.kill('SIGTERM');
    expect(await issuer.ended).toBe(0);
  }
});
