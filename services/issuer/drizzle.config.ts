import { defineConfig } from 'drizzle-kit';

/** Used by `npm run migration -- issuer NAME`. */
export default defineConfig({
  dialect: 'sqlite',
  schema: './services/issuer/src/store/schema.ts',
  out: './services/issuer/migrations',
});
