import type { DatabaseSync } from 'node:sqlite';

export function tableNames(client: DatabaseSync): string[] {
  const rows = client
    .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    .all();
  return rows.map(({ name }) => String(name)).filter((name) => !name.startsWith('sqlite_'));
}

/**
 * The first table that is not as expected, or null. Columns, types, keys, unique indexes and table options are compared,
 * because a table without its primary key would let one token be spent many times. Further tables are ignored.
 */
export function schemaDifference(client: DatabaseSync, expected: DatabaseSync): string | null {
  for (const table of tableNames(expected)) {
    if (shapeOf(client, table) !== shapeOf(expected, table)) return `table ${table}`;
  }
  return null;
}

/** Everything that decides how a table behaves, as text. Spelling, such as the case of a type, is not part of it. */
function shapeOf(client: DatabaseSync, table: string): string {
  const all = (sql: string, value: string) => client.prepare(sql).all(value);
  const options = all('SELECT wr, strict FROM pragma_table_list WHERE name = ?', table);
  const columns = all(
    'SELECT name, upper(type) AS type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?) ORDER BY name',
    table,
  );
  const indexes = all(
    'SELECT name, "unique", origin, partial FROM pragma_index_list(?) ORDER BY name',
    table,
  ).map((index) => ({
    ...index,
    columns: all('SELECT name FROM pragma_index_info(?)', String(index['name'])),
  }));
  return JSON.stringify([options, columns, indexes]);
}
