import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The text of a service's migrations.ts: each migration.sql of a folder that drizzle-kit writes, under its name. */
export function migrationsModule(folder: string): string {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const entries = names
    .map(({ name }) => name)
    .toSorted()
    .map((name) => `  '${name}': \`\n${sqlOf(path.join(folder, name, 'migration.sql'))}\`,\n`);
  return [
    "import type { Migrations } from '@sotto/service/migrations';\n\n",
    `/** Written by \`npm run migration\`: the SQL in \`${path.basename(folder)}/\`. */\n`,
    `export const MIGRATIONS: Migrations = {\n${entries.join('')}};\n`,
  ].join('');
}

function sqlOf(file: string): string {
  const sql = readFileSync(file, 'utf8').replaceAll('`', '"'); // SQLite reads both as quotes of a name
  if (/[\\$]/.test(sql)) throw new Error(`${file}: a backslash or a dollar sign cannot stand in a template`);
  return sql.endsWith('\n') ? sql : `${sql}\n`;
}
