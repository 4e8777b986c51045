import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import path from 'node:path';
import { ClientError, createNodeClient, type Client } from '@sotto/client/node';
import { Failure, iso, UsageError } from './arguments.ts';
import type { Io } from './io.ts';
import { base, rootKey } from './fetching.ts';
import { localAccount, localSuite, type LocalSuite } from './local.ts';

/** Options that name the parties, shared by commands that search. */
export const PARTIES = {
  relay: { type: 'string' },
  issuer: { type: 'string' },
  root: { type: 'string' },
  'account-token': { type: 'string' },
  wallet: { type: 'string' },
} as const;

export const PARTIES_USAGE = `  --relay URL            base URL of the relay
  --issuer URL           base URL of the issuer
  --root KEY             the bundle's Ed25519 key, base64url
  --account-token JWT    the account's bearer token; or SOTTO_ACCOUNT_TOKEN
  --wallet FILE          where tokens are kept
Without --relay, --issuer and --root it speaks to the local suite of the same PORT.`;

export type PartyValues = Readonly<Partial<Record<keyof typeof PARTIES, string | undefined>>>;

export interface Setup {
  readonly client: Client;
  /** The local suite, if that is what it speaks to. */
  readonly local: LocalSuite | null;
}

/** A client for the parties that were named, or for the local suite. */
export async function setUp(values: PartyValues, io: Io): Promise<Setup> {
  const named = (['relay', 'issuer', 'root'] as const).filter((name) => values[name] !== undefined);
  if (named.length > 0 && named.length < 3) throw new UsageError('--relay, --issuer and --root go together');
  const local = named.length === 0 ? await localSuite(io) : null;
  const { relay, issuer, root } = local ?? namedParties(values);
  const token = values['account-token'] ?? io.env['SOTTO_ACCOUNT_TOKEN'];
  const account = async (): Promise<string> => {
    if (token !== undefined) return token;
    if (local !== null) return localAccount(io, local);
    io.err('sotto: drawing tokens needs --account-token or SOTTO_ACCOUNT_TOKEN');
    throw new Failure('no account token');
  };
  const client = createNodeClient({
    relay,
    issuer,
    root,
    account,
    walletFile: walletFile(values.wallet, io, [relay, issuer, root]),
    fetch: (url, init) => io.fetch(url, init),
    ...(local?.restSeconds !== undefined && { restSeconds: local.restSeconds }),
    ...(local?.epochSeconds !== undefined && { epochSeconds: local.epochSeconds }),
  });
  return { client, local };
}

/** @throws {UsageError} */
function namedParties({
  relay = '',
  issuer = '',
  root = '',
}: PartyValues): Pick<LocalSuite, 'relay' | 'issuer' | 'root'> {
  rootKey(root);
  return { relay: base(relay), issuer: base(issuer), root: root.trim() };
}

/** A wallet a set of parties: tokens of one are nothing to another. */
function walletFile(given: string | undefined, io: Io, parties: readonly string[]): string {
  if (given !== undefined) return path.resolve(io.cwd, given);
  const state = io.env['XDG_STATE_HOME'] ?? path.join(io.env['HOME'] ?? homedir(), '.local/state');
  const name = createHash('sha256').update(parties.join('\n')).digest('hex').slice(0, 16);
  return path.join(state, 'sotto', `${name}.wallet`);
}

/** What a person is told of a client's error: two sentences, and the time from which it is better. */
export function explained(error: ClientError): string {
  const until = error.until === null ? '' : ` (until ${iso(error.until)})`;
  const how = error.code === 'tokens-resting' ? ' (--fresh allows them)' : '';
  return `${error.message} ${error.advice}${until} [${error.code}]${how}`;
}
