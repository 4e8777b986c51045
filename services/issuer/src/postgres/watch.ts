import type { PostgresStore } from '@sotto/service/postgres';
import { issuerState } from './schema.ts';
import type { ServerGuard } from './lineage.ts';

/**
 * Returns a poll that calls back when the keys in memory may no longer be used: another process retired them, or the server
 * was promoted or restored. A database that does not respond changes nothing.
 */
export function watchKeys(
  { run }: PostgresStore,
  { isSameLineage, hasStandby }: ServerGuard,
  onRetired: () => void,
): () => Promise<void> {
  let known: number | null = null;
  return async () => {
    const rows = await run((db) =>
      db.select({ generation: issuerState.generation, isSameLineage, hasStandby }).from(issuerState),
    ).catch(() => []);
    const [state] = rows;
    if (state === undefined) return;
    const isSound = state.isSameLineage && state.hasStandby;
    if (!isSound || (known !== null && state.generation !== known)) onRetired();
    known = state.generation;
  };
}
