import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Listener } from '@sotto/service/postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acceptPromotion, serverGuard } from '../../services/issuer/src/postgres/lineage.ts';
import { watchKeys } from '../../services/issuer/src/postgres/watch.ts';
import { asAdmin, openSchema, until } from '../../services/issuer/test/postgres/server.ts';
import { afterAnotherLineage, ALONE, postgresWorld } from '../../services/issuer/test/postgres/support.ts';
import { NO_POSTGRES, startPostgres, type TestServer } from '../support/postgres.ts';
import { settingsOf } from '../support/postgres-tests.ts';

let server: TestServer;
beforeAll(async () => {
  if (NO_POSTGRES === null) server = await startPostgres();
});
afterAll(async () => {
  if (NO_POSTGRES === null) await server.remove();
});

test('LISTEN is a hint: it is heard at once, and after a restart of the server the poll finds what it missed', async () => {
  const [store] = await openSchema(server, 1);
  const world = postgresWorld(store);
  await world.issuer.runSchedule();
  let retirements = 0;
  const poll = watchKeys(store, serverGuard(ALONE), () => retirements++);
  await poll();
  let isHeard = false;
  const listener = new Listener(settingsOf(server.url), 'sotto_retired', () => (isHeard = true));
  await listener.listen();
  await world.issuer.retireAll();
  await until(async () => isHeard, Boolean);
  await poll();
  expect(retirements).toBe(1);

  await server.stop('fast');
  await server.start();
  isHeard = false;
  await world.issuer.retireAll();
  await poll();
  expect([isHeard, retirements]).toEqual([false, 2]);
  await listener.listen(); // connects again
  await world.issuer.retireAll();
  await until(async () => isHeard, Boolean);
  await listener.close();
});

/** Stops the server, starts it as a standby and promotes it: the timeline of the cluster is another then. */
async function promote(): Promise<void> {
  await server.stop('immediate');
  writeFileSync(path.join(server.data, 'standby.signal'), '', { mode: 0o644 });
  await server.start();
  await asAdmin(server, 'select pg_promote(true)');
  await until(
    () => asAdmin<{ standby: boolean }>(server, 'select pg_is_in_recovery() as standby'),
    ([row]) => row?.standby === false,
  );
}

test('after a promotion everything is refused until the keys are retired, in processes that hold keys too', async () => {
  expect(await afterAnotherLineage(await openSchema(server, 2), promote)).toBe('first');
});

test('after the synchronous standby was promoted, an operator may keep the keys', async () => {
  const [store] = await openSchema(server, 1);
  const world = postgresWorld(store);
  const [spentToken, token] = await world.draw(5);
  expect(await world.redeem(spentToken)).toBe('first');
  await promote();
  expect(await world.redeem(token)).toBe('unavailable');
  await acceptPromotion(store);
  expect(await world.redeem(token)).toBe('first');
  expect(await world.redeem(spentToken)).toBe('spent');
});
