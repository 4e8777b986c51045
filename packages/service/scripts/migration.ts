// Makes a migration from what changed in a service's schema (services/SERVICE/src/store/schema.ts):
//
//   npm run migration -- SERVICE NAME     calls drizzle-kit, then writes src/store/migrations.ts
//   npm run migration -- SERVICE          writes src/store/migrations.ts alone, after migration.sql was edited
//
// SERVICE:postgres does the same for src/postgres/schema.ts and src/postgres/migrations.ts.
//
// Workers and Node read the same migrations.ts, since neither can import SQL as the other does.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { migrationsModule } from './migrations-module.ts';

const [store, name] = process.argv.slice(2);
if (store === undefined) throw new Error('usage: npm run migration -- SERVICE[:postgres] [NAME]');
const [service = '', engine] = store.split(':');
const [config, folder, home] =
  engine === undefined
    ? ['drizzle.config.ts', 'migrations', 'store']
    : ['drizzle.postgres.config.ts', 'migrations-postgres', 'postgres'];
const root = path.resolve(import.meta.dirname, '../../../services', service);
if (name !== undefined) {
  const args = ['drizzle-kit', 'generate', '--config', `services/${service}/${config}`, '--name', name];
  execFileSync('npx', args, { cwd: path.resolve(root, '../..'), stdio: 'inherit' });
}
writeFileSync(path.join(root, 'src', home, 'migrations.ts'), migrationsModule(path.join(root, folder)));
