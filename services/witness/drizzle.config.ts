import { defineConfig } from 'drizzle-kit';

/** Used by `npm run migration -- witness NAME`. */
export default defineConfig({
  dialect: 'sqlite',
  schema: './services/witness/src/store/schema.ts',
  out: './services/witness/migrations',
});
