import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fromBase64url, type Bytes } from '@sotto/wire';
import { parseBaseUrl } from '@sotto/client/http';
import { given } from './arguments.ts';
import { Failure, UsageError, type OptionSpecs } from './command.ts';
import { loadSettings, type ConfigValues, type Settings } from './config.ts';
import { withProgress, type Io, type Network } from './io.ts';
import { localSuite } from './local.ts';

/** A gateway's resource under its base URL: envelopes by POST, its keys by GET (RFC 9540 §4). */
export const WELL_KNOWN = '/.well-known/ohttp-gateway';

const TIMEOUT_MS = 30_000;

/** A base URL, validated, with its scheme in lower case. @throws {UsageError} */
export function base(url: string, option = ''): string {
  const checked = parseBaseUrl(url);
  if (checked !== null && URL.canParse(checked))
    return checked.replace(/^https?:/i, (scheme) => scheme.toLowerCase());
  const name = option === '' ? url : `--${option} ${url}`;
  throw new UsageError(`${name} is not an https URL, or an http URL of a loopback address`);
}

/** 32 bytes of an Ed25519 key. @throws {UsageError} */
export function rootKey(text: string): Bytes {
  const key = bytesOfText(text);
  if (key?.length !== 32) throw new UsageError('--root must be 32 bytes in base64url');
  return key;
}

/** Bytes in base64url; null if it is not. */
export function bytesOfText(text: string): Bytes | null {
  try {
    return fromBase64url(text.trim());
  } catch {
    return null;
  }
}

/** An Ed25519 secret of 32 bytes in a file. @param made - the command that writes such a file @throws {Failure} */
export async function readSecret(file: string, made: string, io: Io): Promise<Bytes> {
  const text = await readFile(path.resolve(io.cwd, file), 'utf8').catch(() => null);
  if (text === null) throw new Failure(`Cannot read ${file}. Make it with ${made}.`);
  const secret = bytesOfText(text);
  if (secret?.length !== 32) throw new Failure(`${file} does not contain a secret. Make it with ${made}.`);
  return secret;
}

/** Sends one request. @throws {Failure} with status 3 if there is no response */
export async function sendRequest(io: Network, url: string, init: RequestInit = {}): Promise<Response> {
  const request = { ...init, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) } as const;
  return withProgress(io, `waiting for ${url}`, io.fetch(url, request)).catch(() => {
    throw new Failure(`${url} does not respond. Check the URL and your connection.`, 3);
  });
}

/** Sends one request. @throws {Failure} if the status is not 2xx, or (with status 3) if there is no response */
export async function fetchOk(io: Network, url: string, init: RequestInit = {}): Promise<Response> {
  const response = await sendRequest(io, url, init);
  if (!response.ok) throw new Failure(httpFailure(url, response.status));
  return response;
}

function httpFailure(url: string, status: number): string {
  if (url.includes('/operator/') && [401, 403, 404].includes(status)) {
    return `${url}: HTTP ${status}. Operator routes refuse a wrong token like this: check --operator-token, and that the URL is the one for operators.`;
  }
  if (status === 404) return `${url}: HTTP 404. Check the URL: there is nothing of Sotto's.`;
  if (status === 429) return `${url}: HTTP 429. Too many requests: wait a minute.`;
  return `${url}: HTTP ${status}. The party failed: try again, or ask its operator.`;
}

/** The body of a response. */
export async function bytesOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await response.arrayBuffer());
}

/** Options of the operator's commands. */
export const OPERATOR = {
  gateway: { type: 'string', value: 'URL', text: 'base URL of the gateway' },
  issuer: { type: 'string', value: 'URL', text: 'base URL of the issuer' },
  'operator-token': {
    type: 'string',
    value: 'T',
    text: "the operator's credential; or SOTTO_OPERATOR_TOKEN, or operator.token in the profile",
  },
} as const satisfies OptionSpecs;

/** The URLs of the operator's routes, and the credential for them. */
export interface Operator {
  readonly gateway: string | null;
  readonly issuer: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

type OperatorValues = ConfigValues & Partial<Record<keyof typeof OPERATOR, string>>;

/** The operator's URLs and token, from options, the environment, the profile or the local suite. */
export async function operator(values: OperatorValues, io: Io): Promise<Operator> {
  const named = values.gateway !== undefined || values.issuer !== undefined;
  const settings = await loadSettings(values, io);
  const token = values['operator-token'] ?? io.env['SOTTO_OPERATOR_TOKEN'] ?? settings?.operatorToken;
  if (!named && settings === null) {
    const local = await localSuite(io);
    const headers = { authorization: `Bearer ${token ?? local.operatorToken}` };
    return { gateway: local.gateway, issuer: local.issuer, headers };
  }
  const { gateway, issuer } = named ? values : listenersOf(settings ?? {});
  if (token === undefined) {
    throw new UsageError(
      '--operator-token, SOTTO_OPERATOR_TOKEN or operator.token in the profile is missing',
    );
  }
  return {
    gateway: gateway === undefined ? null : base(gateway, 'gateway'),
    issuer: issuer === undefined ? null : base(issuer, 'issuer'),
    headers: { authorization: `Bearer ${token}` },
  };
}

const listenersOf = (settings: Partial<Settings>): Pick<Settings, 'gateway' | 'issuer'> =>
  given({
    gateway: settings.gatewayOperator ?? settings.gateway,
    issuer: settings.issuerOperator ?? settings.issuer,
  });

/** The bundle of an epoch, as the gateway shows it to its operator. */
export interface OperatorBundle {
  readonly sequence: number;
  readonly bundle: string; // unsigned, base64url
  readonly signed: boolean;
  /** The proof that a log has it (C2SP tlog-proof), if the gateway has one. */
  readonly proof?: string;
  readonly signature?: string; // base64url
}

/** The bundles at a gateway's `/operator/bundles`: from the running epoch on, signed or waiting for a signature. */
export async function operatorBundles(
  io: Io,
  url: string,
  headers: Operator['headers'],
): Promise<OperatorBundle[]> {
  return (await fetchOk(io, url, { headers })).json() as Promise<OperatorBundle[]>;
}
