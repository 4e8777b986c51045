import { defineConfig } from 'drizzle-kit';

/** `npx drizzle-kit generate --config services/gateway/drizzle.config.ts` */
export default defineConfig({
  dialect: 'sqlite',
  driver: 'durable-sqlite',
  schema: './services/gateway/src/keys/schema.ts',
  out: './services/gateway/migrations',
});
