import type { TestProject } from 'vitest/node';
import { NO_POSTGRES, startPostgres } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the server of this run; null where no package has one. */
    readonly postgres: string | null;
  }
}

/** Starts one server for all tests of the project `postgres`. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (NO_POSTGRES !== null) {
    project.provide('postgres', null);
    return undefined;
  }
  const server = await startPostgres();
  project.provide('postgres', server.url);
  return () => server.remove();
}
