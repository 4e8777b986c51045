import { randomFillSync } from 'node:crypto';
import { ED25519, formatVerifierKey, verifierKeyOf } from '@sotto/tlog';
import { epochIndexAt, ProtocolError, type Bytes } from '@sotto/wire';
import { UsageError } from '../command.ts';

/** The key pair of a new log. */
export interface LogKey {
  readonly secret: Bytes; // 32 bytes
  /** The verifier key. */
  readonly key: string;
}

/** Makes the key pair of a log. @param option - that gave the name @throws {UsageError} unless it can be an origin */
export function newLogKey(origin: string, option: string): LogKey {
  const secret = randomFillSync(new Uint8Array(32));
  try {
    return { secret, key: formatVerifierKey(verifierKeyOf(origin, ED25519, secret)) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new UsageError(`--${option} must be a name without spaces and plus signs, such as bundles.example`);
  }
}

/** The epoch that runs now. */
export const epochNow = (epochSeconds: number): number =>
  epochIndexAt(Math.floor(Date.now() / 1000), epochSeconds);

/** Where `sotto init b` puts the log of a folder: beside it, because it belongs to the machine that signs. */
export const logFolderOf = (folder: string): string => `${folder}.log`;

/** Where `sotto init b` puts the secret of that log. */
export const logSecretOf = (folder: string): string => `${folder}.log.secret`;
