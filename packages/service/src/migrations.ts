/** The SQL of each migration under its name, as drizzle-kit wrote it. Names begin with a date, so they sort in order. */
export type Migrations = Readonly<Record<string, string>>;

/** The database was written by a newer version: it has migrations that this version does not know. */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError';
}

/** The statements of one migration. */
export const statementsOf = (text: string): string[] => text.split('--> statement-breakpoint');
