import { defineConfig } from 'drizzle-kit';

/** Used by `npm run migration -- gateway NAME`. */
export default defineConfig({
  dialect: 'sqlite',
  schema: './services/gateway/src/store/schema.ts',
  out: './services/gateway/migrations',
});
