import type { UnixSeconds } from '@sotto/wire';
import { destroyDead, prepare, type AuthorityDeps } from './authority.ts';

/**
 * One run of the key schedule: destroys keys that are over, by a clock that does not run ahead, and makes
 * those that are due. Returns messages for the operator, one line each.
 */
export async function runSchedule(authority: AuthorityDeps, now: UnixSeconds): Promise<readonly string[]> {
  const settled = authority.settledNow();
  if (settled !== null) await destroyDead(authority, Math.min(now, settled));
  return prepare(authority, now);
}
