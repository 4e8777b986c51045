// Makes a migration from what changed in a service's schema (services/SERVICE/src/store/schema.ts):
//
//   npm run migration -- SERVICE NAME     calls drizzle-kit, then writes src/store/migrations.ts
//   npm run migration -- SERVICE          writes src/store/migrations.ts alone, after migration.sql was edited
//
// Workers and Node read the same migrations.ts, since neither can import SQL as the other does.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { migrationsModule } from './migrations-module.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const [service, name] = process.argv.slice(2);
if (service === undefined) throw new Error('usage: npm run migration -- SERVICE [NAME]');
const config = `services/${service}/drizzle.config.ts`;
if (name !== undefined) {
  const args = ['drizzle-kit', 'generate', '--config', config, '--name', name];
  execFileSync('npx', args, { cwd: root, stdio: 'inherit' });
}
const home = path.join(root, 'services', service);
writeFileSync(path.join(home, 'src/store/migrations.ts'), migrationsModule(path.join(home, 'migrations')));
