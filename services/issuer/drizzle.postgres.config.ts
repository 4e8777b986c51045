import { defineConfig } from 'drizzle-kit';

/** Used by `npm run migration -- issuer:postgres NAME`. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './services/issuer/src/postgres/schema.ts',
  out: './services/issuer/migrations-postgres',
});
