import type { UnixSeconds } from '@sotto/wire';
import { destroyDead, prepare, type AuthorityDeps } from './authority.ts';

/** One run of the key schedule: destroys what is over, makes what is due. */
export async function runSchedule(authority: AuthorityDeps, now: UnixSeconds): Promise<void> {
  await destroyDead(authority, now);
  await prepare(authority, now);
}
