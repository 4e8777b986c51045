import { hex, HORIZON } from '@sotto/wire';
import type { KeyAuthority, KeySnapshot } from '../../src/ports.ts';

const TRUNCATED_AT = 31; // truncated_token_key_id is the last byte of a token_key_id (RFC 9578 §6.5)

const idsOf = ({ keys }: KeySnapshot): string =>
  keys.map(({ service, epoch, type, keyId }) => `${service} ${epoch} ${type} ${hex(keyId)}`).join('\n');

/**
 * The contract of every key authority under concurrency. Returns its violations: none for a correct
 * authority.
 *
 * @param authorities - over one empty store, as several processes have them; all with the same clock
 * @param ceiling - of the first service
 */
export async function authorityViolations(
  authorities: readonly KeyAuthority[],
  { keysOfEpoch, ceiling }: { readonly keysOfEpoch: number; readonly ceiling: number },
): Promise<string[]> {
  const violations: string[] = [];
  const check = (name: string, found: unknown, expected: unknown): void => {
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      violations.push(`${name}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
    }
  };
  const [one] = authorities;
  if (one === undefined) return ['no authority'];

  const cold = await Promise.all(authorities.map((authority) => authority.snapshot()));
  const [first] = cold;
  if (first === undefined) return ['no snapshot'];
  check('cold starts that see different keys', new Set(cold.map(idsOf)).size, 1);
  check('keys', first.keys.length, keysOfEpoch * (HORIZON + 1));
  const places = first.keys.map(({ service, epoch, type }) => `${service} ${epoch} ${type}`);
  check('places with a key', new Set(places).size, places.length);
  check('truncated ids', new Set(first.keys.map(({ keyId }) => keyId[TRUNCATED_AT])).size, places.length);

  const key = first.keys.find(({ epoch }) => epoch === first.epoch);
  if (key === undefined) return [...violations, 'the current epoch has no key'];
  const tenth = Math.floor(ceiling / 10);
  const reserved = await Promise.all(
    Array.from({ length: 30 }, (_, i) => authorities[i % authorities.length]?.reserve(key.keyId, tenth)),
  );
  check('reservations of a tenth', reserved.filter(Boolean).length, 10);
  check('a reservation of nothing', await one.reserve(key.keyId, 0), true);
  check('a reservation of an unknown key', await one.reserve(new Uint8Array(32), 1), false);
  check('a reservation of nothing of an unknown key', await one.reserve(new Uint8Array(32), 0), false);
  check(
    'evaluations',
    (await one.list()).find(({ keyId }) => hex(keyId) === hex(key.keyId))?.evaluations,
    10 * tenth,
  );

  const raised = await Promise.all(
    Array.from({ length: 20 }, (_, i) => authorities[i % authorities.length]?.raiseRevision()),
  );
  check('raised revisions', new Set(raised).size, 20);
  check('the revision', await one.revision(), Math.max(...raised.map(Number)));
  check('keys to wrap again', await one.rewrap(), { rewrapped: 0, unreadable: [] });

  const before = await one.revision();
  check('retired keys', await one.retireAll(), keysOfEpoch);
  check('keys to retire after that', await one.retireAll(), 0);
  check('whether the revision grew', (await one.revision()) > before, true);
  check('a reservation of a retired key', await one.reserve(key.keyId, 0), false);
  const after = await Promise.all(authorities.map((authority) => authority.snapshot()));
  const left = { ...first, keys: first.keys.filter(({ epoch }) => epoch > first.epoch) };
  for (const snapshot of after) check('keys after the retirement', idsOf(snapshot), idsOf(left));
  return violations;
}
