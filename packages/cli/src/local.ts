import { Failure, UsageError } from './command.ts';
import type { Io } from './io.ts';

/** The suite of `npm start`, as its page describes it. */
export interface LocalSuite {
  readonly page: string;
  readonly relay: string;
  readonly gateway: string;
  readonly issuer: string;
  readonly root: string;
  /** The policy of the suite's log. */
  readonly policy?: string;
  readonly operatorToken: string;
  readonly restSeconds?: number;
  readonly epochSeconds?: number;
}

/** Tells the page server that this is not a browser. A browser does not get the operator's token. */
const CLI = { 'x-sotto-cli': '1' };

/** The local suite of the same PORT; its page is four ports above the relay. @throws {Failure} if none runs @throws {UsageError} */
export async function localSuite(io: Io): Promise<LocalSuite> {
  const port = portOf(io.env['PORT']);
  const page = `http://127.0.0.1:${port + 4}`;
  try {
    const response = await io.fetch(`${page}/local.json`, { redirect: 'error', headers: CLI });
    if (response.ok) return { ...((await response.json()) as Omit<LocalSuite, 'page'>), page };
  } catch {
    // there is none
  }
  throw new Failure(
    `There is no local suite at ${page}. Start one with \`npm start\`, or pass the URLs or a profile.`,
    3,
  );
}

/** The relay's port. @throws {UsageError} */
function portOf(text = ''): number {
  const port = Number(text === '' ? 8801 : text);
  if (Number.isInteger(port) && port > 0 && port + 5 < 65_536) return port;
  throw new UsageError('PORT must be a number from 1 to 65530');
}

/** A bearer token of the development attester. */
export async function localAccount(io: Io, { page }: LocalSuite): Promise<string> {
  const response = await io.fetch(`${page}/local/account?name=cli@local`, {
    method: 'POST',
    redirect: 'error',
  });
  if (!response.ok) throw new Failure('The local suite does not provide an account. Restart it.');
  return ((await response.json()) as { token: string }).token;
}
