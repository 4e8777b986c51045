import { randomFillSync } from 'node:crypto';
import path from 'node:path';
import { ED25519, formatVerifierKey, verifierKeyOf } from '@sotto/tlog';
import { base64url, epochIndexAt, ProtocolError, type Bytes } from '@sotto/wire';
import { UsageError } from '../command.ts';
import { makeFolders, writeSecret, type Undo } from '../init/write.ts';
import { makeLog } from './directory.ts';
import { filesIn } from './files.ts';

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

/** A log that is to be made, and where. */
export interface NewLog {
  readonly folder: string;
  readonly secretFile: string;
  readonly secret: Bytes;
  readonly policy: string;
}

/** The steps that make a log and its secret. @throws {UsageError} if the secret would be published with the log */
export function newLogSteps(
  { folder, secretFile, secret, policy }: NewLog,
  option: string,
): readonly (() => Promise<Undo>)[] {
  requireOutside(secretFile, folder, option);
  return [
    () => writeSecret(secretFile, `${base64url(secret)}\n`),
    () => makeFolders(folder, 0o777),
    () => makeLog(filesIn(folder), policy, secret),
  ];
}

/** @param option - that named the file @throws {UsageError} if a secret is inside of a folder */
export function requireOutside(file: string, folder: string, option: string): void {
  const way = path.relative(folder, file);
  if (way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way))
    throw new UsageError(`--${option} must be outside of ${folder}`);
}

/** The epoch that runs now. */
export const epochNow = (epochSeconds: number): number =>
  epochIndexAt(Math.floor(Date.now() / 1000), epochSeconds);

/** Where `sotto init b` puts the log of a folder: beside it, because it belongs to the machine that signs. */
export const logFolderOf = (folder: string): string => `${folder}.log`;

/** Where `sotto init b` puts the secret of that log. */
export const logSecretOf = (folder: string): string => `${folder}.log.secret`;
