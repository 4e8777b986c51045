import { MEDIA_TYPES, OHTTP_KEY_PROBLEM } from '@sotto/ohttp';
import { verifySignedBundle } from '@sotto/bundle';
import { graceSeconds, type UnixSeconds } from '@sotto/wire';
import { iso } from '../arguments.ts';
import type { Settings } from '../config.ts';
import { bytesOf, rootKey, WELL_KNOWN } from '../fetching.ts';
import { cannotTell, fail, pass, type Finding } from '../probe/live.ts';
import type { Given, OperatorFolder } from './folder.ts';

export interface PostResponse {
  readonly status: number;
  readonly text: string;
}

/** What the checks use besides the folder. */
export interface CheckPorts {
  readonly fetch: typeof fetch;
  readonly now: () => UnixSeconds;
  /** Sends these header fields and no other, as a relay does: `fetch` adds its own. */
  readonly post: (
    url: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ) => Promise<PostResponse>;
  /** When the certificate of a public name expires. Rejects with an error that has a code. */
  readonly certificateEnd: (url: URL) => Promise<UnixSeconds>;
  readonly nodeVersion: string;
}

/** One check of running services. */
export interface LiveRow {
  readonly title: string;
  readonly check: () => Promise<Finding>;
}

const TIMEOUT_MS = 10_000;
const DAY = 86_400;
const WARN_DAYS = 14;
const WARN_EPOCHS = 2;

/** Checks the responses of the folder's services and names. */
export function liveRows(folder: OperatorFolder, settings: Settings, ports: CheckPorts): LiveRow[] {
  const { services } = folder;
  const names = [
    ...(services.has('gateway') ? [settings.gateway] : []),
    ...(services.has('issuer') ? [settings.issuer] : []),
    ...(services.has('relay') ? [settings.relay] : []),
  ].filter((url) => url !== undefined);
  const rows: LiveRow[] = names.flatMap((url) => [
    { title: `certificate of ${url}`, check: () => certificate(url, ports) },
    { title: `${url} answers, and its clock is right`, check: () => clock(url, settings, ports) },
  ]);
  if (folder.hosting !== 'workers') {
    for (const [service, given] of services) {
      const port = given.get('PORT')?.value;
      if (port === undefined || given.has('TLS_CERT_FILE')) continue;
      rows.push({ title: `port ${port} of the ${service}`, check: () => localPort(port, ports) });
    }
  }
  if (services.has('gateway') && settings.gateway !== undefined) {
    const credential = services.get('gateway')?.get('RELAY_TOKEN')?.value.split(' ')[0] ?? '';
    const title = 'N80 the proxy before the gateway adds no field that names a client';
    const isMetadata = ['true', '1'].includes(services.get('gateway')?.get('METADATA')?.value ?? '');
    const check = async (): Promise<Finding> => {
      if (isMetadata) return cannotTell('METADATA is on: see sotto probe');
      return envelope(settings.gateway ?? '', credential, ports);
    };
    rows.push({ title, check });
  }
  for (const party of ['gateway', 'issuer'] as const) {
    const operator = settings[`${party}Operator`] ?? settings[party];
    if (!services.has(party) || operator === undefined) continue;
    rows.push(
      { title: `the ${party} is ready`, check: () => readiness(operator, settings, ports) },
      {
        title: `keys and bundles of the ${party} reach far enough`,
        check: () => horizon(operator, settings, ports),
      },
    );
  }
  if (services.has('relay')) rows.push(...relayRows(folder, settings, ports));
  return rows;
}

function relayRows({ services, hosting }: OperatorFolder, settings: Settings, ports: CheckPorts): LiveRow[] {
  const parsed = (name: string): Readonly<Record<string, string | null>> => {
    try {
      return JSON.parse(services.get('relay')?.get(name)?.value ?? '{}') as Record<string, string | null>;
    } catch {
      return {}; // the row of the variables reports it
    }
  };
  const credentials = parsed('RELAY_TOKENS');
  const given = services.get('relay');
  const gateways = Object.entries(parsed('GATEWAYS')).flatMap(([path, gateway]) => [
    {
      title: `the gateway ${gateway} takes the relay's credential`,
      check: () => envelope(gateway ?? '', credentials[path] ?? '', ports),
    },
    {
      title: `the gateway ${gateway} is at another provider than the relay`,
      check: () => provider(gateway ?? '', given, hosting, ports),
    },
  ]);
  return [
    ...gateways,
    { title: 'the relay serves a signed bundle of this epoch', check: () => bundle(settings, ports) },
  ];
}

export const send = (
  { fetch: fetchUrl }: CheckPorts,
  url: string,
  init: RequestInit = {},
): Promise<Response> =>
  fetchUrl(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });

/** The system's code for the failure of a request. */
export const codeOf = (error: unknown): string => {
  const { code, cause } = error as { readonly code?: string; readonly cause?: { readonly code?: string } };
  return cause?.code ?? code ?? 'no response';
};

export async function certificate(url: string, { certificateEnd, now }: CheckPorts): Promise<Finding> {
  const at = new URL(url);
  if (at.protocol !== 'https:') return cannotTell('plain http');
  try {
    const days = Math.floor(((await certificateEnd(at)) - now()) / DAY);
    return days < WARN_DAYS ? fail(`expires in ${days} days: renew it`) : pass(`${days} days left`);
  } catch (error) {
    const code = codeOf(error);
    return /^E(CONN|HOST|NET|TIMEDOUT|AI)|ENOTFOUND/.test(code)
      ? cannotTell(`not reached (${code})`)
      : fail(`is refused (${code})`);
  }
}

export async function clock(
  url: string,
  { epochSeconds = DAY }: Settings,
  ports: CheckPorts,
): Promise<Finding> {
  const response = await send(ports, `${url}/health`).catch((error: unknown) => codeOf(error));
  if (typeof response === 'string') return cannotTell(`not reached (${response}). Start the services first`);
  if (response.status !== 200)
    return fail(`/health: HTTP ${response.status}: another program answers under this name`);
  const date = Date.parse(response.headers.get('date') ?? '') / 1000;
  if (Number.isNaN(date)) return pass('no Date field');
  const off = Math.round(Math.abs(date - ports.now()));
  return off > graceSeconds(epochSeconds)
    ? fail(`its clock differs from this machine's by ${off} s`)
    : pass();
}

async function localPort(port: string, ports: CheckPorts): Promise<Finding> {
  const response = await send(ports, `http://127.0.0.1:${port}/health`).catch(() => null);
  if (response === null) return cannotTell('nothing listens. Start the services first');
  return response.status === 200
    ? pass()
    : fail(`another program listens here (/health: HTTP ${response.status})`);
}

/** Sends an envelope for a key id that does not exist, so that the gateway stops when it looks up the key. */
async function envelope(gateway: string, credential: string, ports: CheckPorts): Promise<Finding> {
  const body = new Uint8Array(100);
  body.set([255, 0, 0x20, 0, 1, 0, 1]); // key id 255, X25519, HKDF-SHA256, AES-128-GCM
  const headers = {
    'content-type': MEDIA_TYPES.request,
    ...(credential !== '' && { authorization: `Bearer ${credential}` }),
  };
  const response = await ports
    .post(gateway + WELL_KNOWN, headers, body)
    .catch((error: unknown) => codeOf(error));
  if (typeof response === 'string') return cannotTell(`not reached (${response})`);
  if (response.status === 401) return fail('the credential is refused: RELAY_TOKEN and RELAY_TOKENS differ');
  const type = problemTypeOf(response.text);
  if (response.status === 400 && type === OHTTP_KEY_PROBLEM) return pass();
  if (response.status === 400)
    return fail(
      'every envelope is refused: the proxy adds a field. See "Behind a reverse proxy" in specs/deployment.md',
    );
  return fail(`HTTP ${response.status} in place of a refusal`);
}

async function provider(
  gateway: string,
  given: Given | undefined,
  hosting: OperatorFolder['hosting'],
  ports: CheckPorts,
): Promise<Finding> {
  const own = given?.get('PROVIDER')?.value ?? (hosting === 'workers' ? 'cloudflare' : undefined);
  const response = await send(ports, `${gateway}/bundle`).catch((error: unknown) => codeOf(error));
  if (typeof response === 'string') return cannotTell(`not reached (${response})`);
  const theirs = response.headers.get('sotto-provider')?.toLowerCase();
  if (own === undefined || own === '') return cannotTell('PROVIDER of the relay is not set');
  if (theirs === undefined)
    return cannotTell('it does not name its provider: ask its operator to set PROVIDER');
  if (theirs !== own) return pass(`${theirs}, and ${own}`);
  const risk = `both are at ${own}, which could combine what both see`;
  return ['true', '1'].includes(given?.get('ALLOW_ONE_PROVIDER')?.value ?? '')
    ? { result: 'warn', detail: `${risk}. ALLOW_ONE_PROVIDER accepts it: tell your users` }
    : fail(
        `${risk}, so the relay serves nobody. Move one, or set ALLOW_ONE_PROVIDER=true and tell your users`,
      );
}

function problemTypeOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly type?: unknown } | null)?.type;
  } catch {
    return null;
  }
}

export async function readiness(
  operator: string,
  { operatorToken = '' }: Settings,
  ports: CheckPorts,
): Promise<Finding> {
  const headers = { authorization: `Bearer ${operatorToken}` };
  const response = await send(ports, `${operator}/readyz`, { headers }).catch((error: unknown) =>
    codeOf(error),
  );
  if (typeof response === 'string')
    return cannotTell(`${operator} is not reached (${response}). Start the service first`);
  if (response.status === 404)
    return fail(`${operator} refuses operator.token, or is not the operator's listener`);
  const { problems = [] } = (await response.json().catch(() => ({}))) as {
    readonly problems?: readonly string[];
  };
  if (response.status === 200) return pass();
  return fail(problems.length > 0 ? problems.join('; ') : `HTTP ${response.status}`);
}

async function horizon(operator: string, settings: Settings, ports: CheckPorts): Promise<Finding> {
  const { operatorToken = '', epochSeconds = DAY } = settings;
  const headers = { authorization: `Bearer ${operatorToken}` };
  const response = await send(ports, `${operator}/metrics`, { headers }).catch(() => null);
  if (response?.status !== 200) return cannotTell('no metrics');
  const text = await response.text();
  const gauge = (name: string): number | null => {
    const [, value] = new RegExp(`^sotto_\\w+_${name} (\\d+)$`, 'm').exec(text) ?? [];
    return value === undefined ? null : Number(value);
  };
  if (gauge('rotation_overdue') === 1) return fail('keys of the schedule are missing: run sotto keys rotate');
  const until = gauge('bundle_signed_until');
  const ahead = `${gauge('keys_ahead') ?? 0} epochs of keys ahead`;
  if (until === null) return pass(ahead);
  if (until < ports.now() + WARN_EPOCHS * epochSeconds) {
    return fail(
      until === 0
        ? 'no bundle is signed: run sotto bundle sign'
        : `bundles are signed until ${iso(until)} only: run sotto bundle sign`,
    );
  }
  const proven = gauge('bundle_proven_until') ?? 0; // 0 without a log
  if (proven > 0 && proven < ports.now() + epochSeconds) {
    return fail(
      `bundles have proofs until ${iso(proven)} only: run sotto bundle sign --log (docs/how-to/log-bundles.md)`,
    );
  }
  const logged = proven > 0 ? `, proven until ${iso(proven)}` : '';
  return pass(`signed until ${iso(until)}${logged}, ${ahead}`);
}

async function bundle(settings: Settings, ports: CheckPorts): Promise<Finding> {
  const { relay = '', root = '', epochSeconds = DAY } = settings;
  const response = await send(ports, `${relay}/bundle`).catch((error: unknown) => codeOf(error));
  if (typeof response === 'string') return cannotTell(`not reached (${response}). Start the relay first`);
  if (response.status !== 200)
    return fail(`HTTP ${response.status}: the gateway has signed none, or the relay does not reach it`);
  try {
    verifySignedBundle(await bytesOf(response), { roots: [rootKey(root)], now: ports.now(), epochSeconds });
    return pass();
  } catch (error) {
    return fail(`is refused by clients (${(error as { readonly code?: string }).code ?? 'unreadable'})`);
  }
}
