import { randomBytes } from 'node:crypto';
import { COSIGNATURE, formatVerifierKey, verifierKeyOf } from '@sotto/tlog';
import { base64url } from '@sotto/wire';
import { UsageError } from '../command.ts';
import { policyText } from '../log/policy.ts';
import type { InvitedLog } from './invite.ts';
import type { Settings } from './settings.ts';

/** The witness that mirrors operator B's log, beside the relay. */
export interface Mirror {
  readonly settings: Settings;
  readonly operatorToken: string;
  /** The policy by which its cosignature is required. It is public, and clients pin it. */
  readonly policy: string;
}

/** @param url - the public origin of the witness; its host is the name in cosignatures, which never changes */
export function mirrorOf({ key, base }: InvitedLog, root: string, url: URL): Mirror {
  const secret = new Uint8Array(randomBytes(32));
  const operatorToken = randomBytes(32).toString('base64url');
  const cosigner = formatVerifierKey(verifierKeyOf(url.hostname, COSIGNATURE, secret));
  return {
    operatorToken,
    policy: policyText({ key, base, witnesses: [{ key: cosigner, url: url.origin }] }),
    settings: mirrorSettings({
      name: url.hostname,
      witnessKey: base64url(secret),
      operatorToken,
      log: { key, base },
      root,
    }),
  };
}

/** What a witness needs to mirror one log of key bundles. */
export interface MirrorSettings {
  /** Its name in cosignatures. */
  readonly name: string;
  /** Its Ed25519 seed, base64url. */
  readonly witnessKey: string;
  readonly operatorToken: string;
  readonly log: InvitedLog;
  /** The key that signs the bundles, base64url. */
  readonly root: string;
}

/** The variables of a witness that mirrors a log. */
export const mirrorSettings = ({
  name,
  witnessKey,
  operatorToken,
  log: { key, base },
  root,
}: MirrorSettings) => ({
  WITNESS_NAME: name,
  WITNESS_KEY: witnessKey,
  OPERATOR_TOKEN: operatorToken,
  LOGS: JSON.stringify([{ key, base, roots: [root] }]),
});

/** The notice for a log of operator B without a mirror. @throws {UsageError} for a mirror without a log */
export function mirrorNotice(log: InvitedLog | undefined, witness: URL | null): string | null {
  if (witness !== null && log === undefined)
    throw new UsageError(
      '--witness needs an invite with a log: ask operator B to run sotto init b with --log',
    );
  if (witness !== null || log === undefined) return null;
  return 'operator B keeps a log of key bundles, and this folder has no witness for it: --witness URL adds one';
}
