import type { TestProject } from 'vitest/node';
import { authority } from './certificates.ts';
import { NO_POSTGRES, startPostgres } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the server of this run; null where no package has one. */
    readonly postgres: string | null;
    /** The authority that its certificate for `localhost` is from, in PEM. */
    readonly postgresAuthority: string;
  }
}

/** Starts one server for all tests of the project `postgres`. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (NO_POSTGRES !== null) {
    project.provide('postgres', null);
    return undefined;
  }
  const issuer = await authority();
  const server = await startPostgres({ tls: await issuer.issue(['localhost']) });
  project.provide('postgres', server.url);
  project.provide('postgresAuthority', issuer.cert);
  return () => server.remove();
}
