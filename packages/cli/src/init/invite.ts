import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ED25519, parseVerifierKey } from '@sotto/tlog';
import { ProtocolError } from '@sotto/wire';
import { Failure, UsageError } from '../command.ts';
import { bytesOfText } from '../fetching.ts';
import type { Io } from '../io.ts';

/** The log of bundles that operator B keeps. */
export interface InvitedLog {
  /** Its verifier key. */
  readonly key: string;
  /** The epoch of its first entry. */
  readonly base: number;
}

/** What operator B gives operator A. */
export interface Invite {
  readonly gateway: string;
  readonly credential: string;
  readonly issuer: string;
  readonly root: string;
  readonly epochSeconds: number;
  /** The provider of the gateway's machines. Invites of older versions have none. */
  readonly provider?: string;
  /** Absent if operator B has no log. */
  readonly log?: InvitedLog;
}

/** Reads the invite of operator B. @throws {UsageError} without a file @throws {Failure} if it is not an invite */
export async function readInvite(file: string | undefined, io: Io): Promise<Invite> {
  if (file === undefined) throw new UsageError('--invite is missing');
  const text = await readFile(path.resolve(io.cwd, file), 'utf8').catch(() => null);
  if (text === null) throw new Failure(`Cannot read ${file}. It is the invite.json of operator B.`);
  const wrong = new Failure(`${file} is not an invite. Ask operator B for the invite.json of sotto init b.`);
  let invite: Partial<Record<keyof Invite, unknown>>;
  try {
    invite = JSON.parse(text) as typeof invite;
  } catch {
    throw wrong;
  }
  const { gateway, credential, issuer, root, epochSeconds, provider = '', log } = invite ?? {};
  const isText = [gateway, credential, issuer, root].every((one) => typeof one === 'string' && one !== '');
  if (!isText || !Number.isInteger(epochSeconds) || typeof provider !== 'string') throw wrong;
  if (!URL.canParse(String(gateway)) || bytesOfText(String(root))?.length !== 32) throw wrong;
  if (log !== undefined && !isInvitedLog(log)) throw wrong;
  return invite as Invite;
}

function isInvitedLog(log: unknown): log is InvitedLog {
  const { key, base } = (log ?? {}) as Partial<Record<keyof InvitedLog, unknown>>;
  try {
    const isKey = typeof key === 'string' && parseVerifierKey(key).type === ED25519;
    return isKey && Number.isSafeInteger(base) && Number(base) >= 0;
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

/** A bare https origin with a name. @throws {UsageError} */
export function origin(text: string | undefined, option: string): URL {
  if (text === undefined) throw new UsageError(`--${option} is missing`);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (
    url?.protocol !== 'https:' ||
    url.origin !== text.replace(/\/$/, '') ||
    /^[\d.]+$|^\[|^localhost$/.test(url.hostname)
  ) {
    throw new UsageError(`--${option} must be an https origin with a name, like https://${option}.example`);
  }
  return url;
}
