import { COSIGNATURE, ED25519, formatVerifierKey, parsePolicy, verifierKeyOf } from '@sotto/tlog';
import { epochIndexAt, fromBase64url, fromUtf8, type Bytes } from '@sotto/wire';
import { mirrorSettings } from '../../../packages/cli/src/init/mirror.ts';
import { logBundles } from '../../../packages/cli/src/log/bundles.ts';
import { makeLog } from '../../../packages/cli/src/log/directory.ts';
import { filesIn, type LogFiles } from '../../../packages/cli/src/log/files.ts';
import { policyText } from '../../../packages/cli/src/log/policy.ts';
import type { Secrets } from './secrets.ts';
import { sendSignatures, signedBundles } from './signer.ts';

const AHEAD = 2; // epochs, as `sotto log add` does

interface LogOptions {
  readonly secrets: Secrets;
  /** The address of its witness; null for a log without one. */
  readonly witness: string | null;
  readonly epochSeconds: number;
  /** Folder of the log; null to keep it in memory. */
  readonly folder: string | null;
}

/** The log of a local suite, with one mirror as its only witness. */
export interface SuiteLog {
  /** What clients pin. */
  readonly policy: string;
  readonly witnessVariables: Readonly<Record<string, string>>;
  /** Logs the signed bundles of a gateway, and sends it the proofs. */
  add(gateway: string): Promise<void>;
}

/** Opens the log of a suite, or makes it. Its first entry is the bundle of the epoch in which it was made. */
export async function openLog({ secrets, witness, epochSeconds, folder }: LogOptions): Promise<SuiteLog> {
  const files = folder === null ? filesInMemory() : filesIn(folder);
  const secret = fromBase64url(secrets.logSecret);
  const name = 'witness.local';
  const cosigner = verifierKeyOf(name, COSIGNATURE, fromBase64url(secrets.witnessKey));
  const key = formatVerifierKey(verifierKeyOf('bundles.local', ED25519, secret));
  if ((await files.read('checkpoint')) === null) {
    const base = epochIndexAt(Math.floor(Date.now() / 1000), epochSeconds);
    const witnesses = witness === null ? [] : [{ key: formatVerifierKey(cosigner), url: witness }];
    await makeLog(files, policyText({ key, base, witnesses }), secret);
  }
  const policy = fromUtf8((await files.read('policy')) ?? new Uint8Array());
  const { base } = parsePolicy(policy);
  return {
    policy,
    witnessVariables: mirrorSettings({ ...secrets, name, log: { key, base: base ?? 0 } }),
    async add(gateway) {
      const rules = { secret, now: Math.floor(Date.now() / 1000), ahead: AHEAD, agreed: true };
      const reasons: string[] = [];
      const network = { fetch, progress: () => {}, err: (line: string) => void reasons.push(line) };
      const bundles = await signedBundles(gateway, secrets);
      const { proofs } = await logBundles(files, bundles, rules, network).catch((error: Error) => {
        throw new Error([error.message, ...reasons].join(' '), { cause: error });
      });
      await sendSignatures(gateway, secrets, proofs);
    },
  };
}

function filesInMemory(): LogFiles {
  const disk = new Map<string, Bytes>();
  return {
    read: async (name) => disk.get(name) ?? null,
    write: async (name, bytes) => void disk.set(name, new Uint8Array(bytes)),
    remove: async (name) => void disk.delete(name),
  };
}
