import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/payload/sqlite';
import { describe, expect, test } from 'vitest';
import { migrationsModule } from '../scripts/migrations-module.ts';
import { onlyTables, statementsOf } from '../src/migrations.ts';

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

describe('migrations of some tables alone', () => {
  const statements = [
    '\n-- A comment of "its" editor.\nCREATE TABLE IF NOT EXISTS "spent" (\n\t"id" blob PRIMARY KEY\n) STRICT;\n',
    '\nCREATE UNIQUE INDEX `spent_id` ON `spent` (`id`);',
    '\nCREATE TABLE `quotas` (`spent` integer);',
    '\nALTER TABLE "quotas" ADD "used" integer;',
    '\nDROP TABLE IF EXISTS "quotas";',
  ];
  const migrations = {
    '1_init': statements.slice(0, 3).join('--> statement-breakpoint'),
    '2_next': statements.slice(3).join('--> statement-breakpoint'),
  };
  const of = (...tables: string[]) =>
    Object.entries(onlyTables(migrations, ...tables)).map(([name, text]) => [name, statementsOf(text)]);

  test('keep every name, and the statements on these tables in their order', () => {
    expect(of('spent')).toEqual([
      ['1_init', statements.slice(0, 2)],
      ['2_next', []],
    ]);
    expect(of('quotas')).toEqual([
      ['1_init', [statements[2]]],
      ['2_next', statements.slice(3)],
    ]);
    expect(of('spent', 'quotas')).toEqual([
      ['1_init', statements.slice(0, 3)],
      ['2_next', statements.slice(3)],
    ]);
  });

  test('are refused when a statement names no table, because it would be lost', () => {
    for (const text of [
      'PRAGMA user_version = 3;',
      'INSERT INTO "quotas" VALUES (1);',
      'UPDATE quotas SET used = 0;',
    ])
      expect(() => onlyTables({ '1_init': text }, 'quotas')).toThrow('on no table');
  });
});
