import { fromBase64url, type Bytes } from '@sotto/wire';
import { parseBaseUrl } from '@sotto/client/http';
import { Failure, UsageError } from './arguments.ts';
import type { Io } from './io.ts';
import { localSuite } from './local.ts';

/** A gateway's resource under its base URL: envelopes by POST, its keys by GET (RFC 9540 §4). */
export const WELL_KNOWN = '/.well-known/ohttp-gateway';

const TIMEOUT = 30_000; // milliseconds

/** A base URL as it was given, checked. @throws {UsageError} */
export function base(url: string): string {
  const checked = parseBaseUrl(url);
  if (checked === null) throw new UsageError(`not an https URL, or a loopback one: ${url}`);
  return checked;
}

/** 32 bytes of an Ed25519 key. @throws {UsageError} */
export function rootKey(text: string): Bytes {
  const key = bytesOfText(text);
  if (key?.length !== 32) throw new UsageError('--root takes 32 bytes of base64url');
  return key;
}

export function bytesOfText(text: string): Bytes | null {
  try {
    return fromBase64url(text.trim());
  } catch {
    return null;
  }
}

/** One request; a status that is not 2xx fails the command. */
export async function fetchOk(io: Io, url: string, init: RequestInit = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await io.fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT) });
  } catch {
    throw new Failure(`${url}: no response`);
  }
  if (!answer.ok) throw new Failure(`${url}: HTTP ${answer.status}`);
  return answer;
}

export async function bytesOf(answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await answer.arrayBuffer());
}

export const OPERATOR = {
  gateway: { type: 'string' },
  issuer: { type: 'string' },
  'operator-token': { type: 'string' },
} as const;

export const OPERATOR_USAGE = `  --operator-token T     the operator's credential; or SOTTO_OPERATOR_TOKEN
Without a URL it speaks to the local suite of the same PORT.`;

export interface Operator {
  readonly gateway: string | null;
  readonly issuer: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where the operator's routes are, and what opens them. */
export async function operator(
  values: Readonly<Partial<Record<keyof typeof OPERATOR, string | undefined>>>,
  io: Io,
): Promise<Operator> {
  const given = values['operator-token'] ?? io.env['SOTTO_OPERATOR_TOKEN'];
  const { gateway, issuer } = values;
  if (gateway === undefined && issuer === undefined) {
    const local = await localSuite(io);
    const headers = { authorization: `Bearer ${given ?? local.operatorToken}` };
    return { gateway: local.gateway, issuer: local.issuer, headers };
  }
  if (given === undefined) throw new UsageError('--operator-token or SOTTO_OPERATOR_TOKEN is needed');
  return {
    gateway: gateway === undefined ? null : base(gateway),
    issuer: issuer === undefined ? null : base(issuer),
    headers: { authorization: `Bearer ${given}` },
  };
}

/** The bundle of a epoch, as the gateway tells its operator. */
interface OperatorBundle {
  readonly sequence: number;
  readonly bundle: string; // unsigned, base64url
  readonly signed: boolean;
}

/** The bundles at a gateway's `/operator/bundles`: from the running epoch on, signed or waiting for it. */
export async function operatorBundles(
  io: Io,
  url: string,
  headers: Operator['headers'],
): Promise<OperatorBundle[]> {
  return (await fetchOk(io, url, { headers })).json() as Promise<OperatorBundle[]>;
}
