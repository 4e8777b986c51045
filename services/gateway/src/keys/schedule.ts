import type { UnixSeconds } from '@sotto/wire';
import { destroyDead, prepare, type AuthorityDeps } from './authority.ts';

/** One run of the key schedule: destroys what is over by a clock that does not run ahead, makes what is due. */
export async function runSchedule(authority: AuthorityDeps, now: UnixSeconds): Promise<void> {
  const settled = authority.settledNow();
  if (settled !== null) await destroyDead(authority, Math.min(now, settled));
  await prepare(authority, now);
}
