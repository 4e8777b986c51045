import {
  copyOperatorRows,
  copyRows,
  movingFrom,
  type PostgresDb,
  type PostgresStore,
} from '@sotto/service/postgres';
import { openToMove } from '@sotto/service/sqlite/file';
import { GATEWAY_FILE } from '../node/stores.ts';
import * as sqlite from '../store/schema.ts';
import * as schema from './schema.ts';

/** What was moved: rows. */
export interface RowCounts {
  readonly keys: number;
  readonly bundles: number;
  readonly envelopes: number;
}

/**
 * Moves everything that the gateway's file holds to an empty database: keys with their wrapped secrets, bundles with their signatures,
 * envelopes, the issuer's revision, what was destroyed and forgotten, counts and acts.
 *
 * @throws {ConfigError}
 */
export function moveGateway(path: string, store: PostgresStore): Promise<RowCounts> {
  const isEmpty = async (db: PostgresDb): Promise<boolean> =>
    (await db.$count(schema.tagKeys)) + (await db.$count(schema.envelopes)) === 0;
  return movingFrom(store, isEmpty, async (tx) => {
    const file = openToMove(path, GATEWAY_FILE);
    const { db } = file;
    try {
      await copyRows(tx, schema.tagKeys, [db.select().from(sqlite.tagKeys).all()]);
      const keys = await copyRows(tx, schema.ohttpKeys, [db.select().from(sqlite.ohttpKeys).all()]);
      const bundles = await copyRows(tx, schema.bundles, [db.select().from(sqlite.bundles).all()]);
      await copyRows(tx, schema.destroyed, [db.select().from(sqlite.destroyed).all()]);
      await copyRows(tx, schema.issuerRevision, [db.select().from(sqlite.issuerRevision).all()]);
      await copyRows(tx, schema.forgotten, [db.select().from(sqlite.forgotten).all()]);
      const envelopes = await copyRows(tx, schema.envelopes, [db.select().from(sqlite.envelopes).all()]);
      await copyOperatorRows(tx, file);
      return { keys, bundles, envelopes };
    } finally {
      file.close();
    }
  });
}
