import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/payload/sqlite';
import { describe, expect, test } from 'vitest';
import { migrationsModule } from '../scripts/migrations-module.ts';

const services = path.resolve(import.meta.dirname, '../../../services');

describe.each(['gateway', 'issuer', 'witness'])('the migrations of services/%s', (service) => {
  const home = path.join(services, service);

  test('are in src/store/migrations.ts as drizzle-kit and their editor left them', () => {
    const module = readFileSync(path.join(home, 'src/store/migrations.ts'), 'utf8');
    expect(module).toBe(migrationsModule(path.join(home, 'migrations')));
  });

  test('lead to the tables that src/store/schema.ts declares', async () => {
    const last = readdirSync(path.join(home, 'migrations')).toSorted().at(-1) ?? '';
    const snapshot: unknown = JSON.parse(
      readFileSync(path.join(home, 'migrations', last, 'snapshot.json'), 'utf8'),
    );
    const schema = (await import(path.join(home, 'src/store/schema.ts'))) as Record<string, unknown>;
    const declared = await generateDrizzleJson(schema);
    expect(await generateMigration(snapshot as typeof declared, declared)).toEqual([]);
  });
});
