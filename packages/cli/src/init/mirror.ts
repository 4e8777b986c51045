import { randomBytes } from 'node:crypto';
import { COSIGNATURE, formatVerifierKey, verifierKeyOf } from '@sotto/tlog';
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

/** @param url - its public origin; its name in cosignatures is the host, which never changes */
export function mirrorOf({ key, base }: InvitedLog, root: string, url: URL): Mirror {
  const secret = new Uint8Array(randomBytes(32));
  const operatorToken = randomBytes(32).toString('base64url');
  const cosigner = formatVerifierKey(verifierKeyOf(url.hostname, COSIGNATURE, secret));
  return {
    operatorToken,
    policy: policyText({ key, base, witnesses: [{ key: cosigner, url: url.origin }] }),
    settings: {
      WITNESS_NAME: url.hostname,
      WITNESS_KEY: Buffer.from(secret).toString('base64url'),
      OPERATOR_TOKEN: operatorToken,
      LOGS: JSON.stringify([{ key, base, roots: [root] }]),
    },
  };
}

/** Says what is missing when B keeps a log and A runs no mirror of it, or the other way round. @throws {UsageError} */
export function mirrorNotice(log: InvitedLog | undefined, witness: URL | null): string | null {
  if (witness !== null && log === undefined)
    throw new UsageError(
      '--witness needs an invite with a log: ask operator B to run sotto init b with --log',
    );
  if (witness !== null || log === undefined) return null;
  return 'operator B keeps a log of key bundles, and this folder has no witness for it: --witness URL adds one';
}
