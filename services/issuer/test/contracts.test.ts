import { setImmediate as turn } from 'node:timers/promises';
import { equalBytes, hex } from '@sotto/wire';
import { expect, test } from 'vitest';
import type { KeyAuthority } from '../src/ports.ts';
import { chargeQuota } from '../src/store/quota.ts';
import { authorityViolations } from './support/authority-contract.ts';
import { quotaViolations } from './support/quota-contract.ts';
import { DAY, START, World } from './support/world.ts';

const KEYS_OF_EPOCH = 3; // stickers 5, weather 5 and 1

test('quota on node:sqlite: meets the contract', async () => {
  const { issuing } = new World().issuer;
  expect(await quotaViolations(issuing.quota, START, START - 2 * DAY)).toEqual([]);
});

test('quota mutant: with a read before the charge, fails the contract', async () => {
  const { database, issuer } = new World();
  const { quota } = issuer.issuing;
  const violations = await quotaViolations(
    {
      ...quota,
      charge: async (charge) => {
        const used = await quota.used(charge);
        await turn(); // the mutation
        if (used + charge.count > charge.limit) return 'exhausted';
        return chargeQuota(database.db, { ...charge, limit: Number.MAX_SAFE_INTEGER });
      },
    },
    START,
    START - 2 * DAY,
  );
  expect(violations.join('\n')).toMatch(/^one token each: charged (?!30,)/);
});

test('key authority on node:sqlite: meets the contract with four processes on one store', async () => {
  const { database, clock, issuer } = new World();
  const others = Array.from({ length: 3 }, () => new World({ database, clock }).issuer);
  const authorities = [issuer, ...others].map(({ deps }) => deps.authority);
  const ceiling = issuer.deps.config.services[0]?.ceiling ?? 0;
  expect(await authorityViolations(authorities, { keysOfEpoch: KEYS_OF_EPOCH, ceiling })).toEqual([]);
});

test('key authority mutant: that reads a ceiling before it reserves, fails the contract', async () => {
  const { database, issuer } = new World();
  const { authority, config } = issuer.deps;
  const ceiling = config.services[0]?.ceiling ?? 0;
  const mutant: KeyAuthority = {
    ...bound(authority),
    reserve: async (keyId, count) => {
      const key = (await authority.list()).find((one) => equalBytes(one.keyId, keyId));
      await turn(); // the mutation
      if (key === undefined || key.evaluations + count > ceiling) return false;
      database.db.run(
        `update issuer_keys set evaluations = evaluations + ${count} where key_id = x'${hex(keyId)}'`,
      );
      return true;
    },
  };
  const violations = await authorityViolations([mutant], { keysOfEpoch: KEYS_OF_EPOCH, ceiling });
  expect(violations.join('\n')).toMatch(/^reservations of a tenth: (?!10,)/);
});

/** The methods of an authority, without its class. */
const bound = (authority: KeyAuthority): KeyAuthority => ({
  snapshot: () => authority.snapshot(),
  list: () => authority.list(),
  reserve: (keyId, count) => authority.reserve(keyId, count),
  retireAll: () => authority.retireAll(),
  rewrap: () => authority.rewrap(),
  replaceUnreadable: () => authority.replaceUnreadable(),
  revision: () => authority.revision(),
  raiseRevision: () => authority.raiseRevision(),
});
