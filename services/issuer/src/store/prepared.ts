import type { Db } from '@sotto/service/sqlite';

/** A statement that is built once for each database, at its first use: building costs more than running. */
export function prepared<T>(prepare: (db: Db) => T): (db: Db) => T {
  const known = new WeakMap<Db, T>();
  return (db) => {
    const built = known.get(db) ?? prepare(db);
    known.set(db, built);
    return built;
  };
}
