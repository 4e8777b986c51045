import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import path from 'node:path';
import { createNodeClient, detectNotSent, type Client } from '@sotto/client/node';
import { given } from './arguments.ts';
import { UsageError, type OptionSpecs } from './command.ts';
import { loadSettings, type ConfigValues } from './config.ts';
import { base, rootKey } from './fetching.ts';
import type { Io } from './io.ts';
import { localAccount, localSuite, type LocalSuite } from './local.ts';

/** Options that name the parties, of every command that sends private requests. */
export const PARTIES = {
  relay: { type: 'string', value: 'URL', text: 'base URL of the relay' },
  issuer: { type: 'string', value: 'URL', text: 'base URL of the issuer' },
  root: { type: 'string', value: 'KEY', text: "the bundle's Ed25519 key, base64url" },
  'account-token': {
    type: 'string',
    value: 'JWT',
    text: "the account's bearer token; or SOTTO_ACCOUNT_TOKEN",
  },
  wallet: { type: 'string', value: 'FILE', text: 'where tokens are kept' },
  fresh: { type: 'boolean', text: 'use tokens that have not rested, and request more if none is left' },
  retry: { type: 'string', value: 'ID', text: 'repeat a request that failed and printed this id' },
} as const satisfies OptionSpecs;

type PartyValues = ConfigValues &
  Partial<Record<Exclude<keyof typeof PARTIES, 'fresh'>, string>> & { readonly fresh?: boolean };

/** A client, and how its requests may use tokens. */
export interface Setup {
  readonly client: Client;
  /** The local suite, if the client uses it. */
  readonly local: LocalSuite | null;
  readonly requestOptions: { readonly allowFresh: boolean; readonly attempt?: string };
}

interface Parties {
  readonly relay: string;
  readonly issuer: string;
  readonly root: string;
  readonly policy?: string;
  readonly epochSeconds?: number;
  readonly restSeconds?: number;
}

/** A client of the parties in the options or the profile, or of the local suite. */
export async function setUp(values: PartyValues, io: Io): Promise<Setup> {
  const named = await namedParties(values, io);
  const local = named === null ? await localSuite(io) : null;
  const parties: Parties = named ?? (local as LocalSuite);
  const { relay, issuer, root, policy, epochSeconds, restSeconds } = parties;
  const token = values['account-token'] ?? io.env['SOTTO_ACCOUNT_TOKEN'];
  const account = async (): Promise<string> => {
    if (token !== undefined) return token;
    if (local !== null) return localAccount(io, local);
    io.err('sotto: tokens are requested with --account-token or SOTTO_ACCOUNT_TOKEN, and neither is set');
    throw new UsageError('no account token');
  };
  const client = createNodeClient({
    relay,
    issuer,
    root,
    account,
    walletFile: walletFile(values.wallet, io, [relay, issuer, root]),
    fetch: detectNotSent((url, init) => io.fetch(url, init)),
    ...given({ policy, epochSeconds, restSeconds }),
  });
  const allowFresh = values.fresh === true || local !== null;
  return { client, local, requestOptions: { allowFresh, ...given({ attempt: values.retry }) } };
}

/** @returns null if neither options nor a profile name a relay @throws {UsageError} */
async function namedParties(values: PartyValues, io: Io): Promise<Parties | null> {
  const settings = await loadSettings(values, io);
  const { relay, issuer, root } = { ...settings, ...given(pick(values)) };
  if (relay === undefined && issuer === undefined && root === undefined) return null;
  if (relay === undefined || issuer === undefined || root === undefined) {
    throw new UsageError('--relay, --issuer and --root are needed together, from options or the profile');
  }
  rootKey(root);
  return {
    relay: base(relay, 'relay'),
    issuer: base(issuer, 'issuer'),
    root: root.trim(),
    ...given({ epochSeconds: settings?.epochSeconds, policy: settings?.policy }),
  };
}

const pick = ({ relay, issuer, root }: PartyValues) => ({ relay, issuer, root });

/** One wallet per deployment, because tokens of one are worthless to another. */
function walletFile(option: string | undefined, io: Io, parties: readonly string[]): string {
  if (option !== undefined) return path.resolve(io.cwd, option);
  const state = io.env['XDG_STATE_HOME'] ?? path.join(io.env['HOME'] ?? homedir(), '.local/state');
  const name = createHash('sha256').update(parties.join('\n')).digest('hex').slice(0, 16);
  return path.join(state, 'sotto', `${name}.wallet`);
}

/** Prints how to repeat a request that failed and may be retried. */
export function printRetry(error: unknown, io: Io): void {
  const id = (error as { readonly attempt?: { readonly id: string } | null }).attempt?.id ?? '';
  if (id !== '') io.err(`sotto: to repeat the same request: --retry ${id}`);
}
