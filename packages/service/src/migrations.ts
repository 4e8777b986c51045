/** The SQL of each migration under its name, as drizzle-kit wrote it. Names begin with a date, so they sort in order. */
export type Migrations = Readonly<Record<string, string>>;

/** The database was written by a newer version: it has migrations that this version does not know. */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError';
}

const BREAKPOINT = '--> statement-breakpoint';
const TABLE =
  /^(?:(?:CREATE|ALTER|DROP) TABLE|CREATE (?:UNIQUE )?INDEX [^\n]* ON)(?: IF (?:NOT )?EXISTS)? ["`](\w+)["`]/m;

/** The statements of one migration. */
export const statementsOf = (text: string): string[] =>
  text.split(BREAKPOINT).filter((statement) => statement.trim() !== '');

/** The same migrations, with their statements on these tables alone: for an object that uses no other table of its schema. */
export function onlyTables(migrations: Migrations, ...tables: readonly string[]): Migrations {
  const isOn = (statement: string): boolean => {
    const [, table] = TABLE.exec(statement) ?? [];
    if (table === undefined) throw new Error(`a migration has a statement on no table: ${statement}`);
    return tables.includes(table);
  };
  return Object.fromEntries(
    Object.entries(migrations).map(([name, text]) => [
      name,
      statementsOf(text).filter(isOn).join(BREAKPOINT),
    ]),
  );
}
