import type { UnixSeconds } from '@sotto/wire';
import { destroyDead, prepare, type AuthorityDeps } from './authority.ts';

/** One run of the key schedule: destroys what is over by a clock that does not run ahead, makes what is due. Returns what the operator must know. */
export async function runSchedule(authority: AuthorityDeps, now: UnixSeconds): Promise<readonly string[]> {
  const settled = authority.settledNow();
  if (settled !== null) await destroyDead(authority, Math.min(now, settled));
  return prepare(authority, now);
}
