import { defineConfig } from 'drizzle-kit';

/** Used by `npm run migration -- gateway:postgres NAME`. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './services/gateway/src/postgres/schema.ts',
  out: './services/gateway/migrations-postgres',
});
