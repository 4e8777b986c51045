import { BUNDLE_TYPE, decodeBundle, decodeSignedBundle } from '@sotto/bundle';
import { decodeKeyConfigs, MEDIA_TYPES } from '@sotto/ohttp';
import { hex, type Bytes } from '@sotto/wire';
import { Failure, iso, noMore, parse, printable, UsageError } from '../arguments.ts';
import {
  fetchOk,
  base,
  bytesOf,
  operator,
  OPERATOR,
  OPERATOR_USAGE,
  operatorBundles,
  WELL_KNOWN,
} from '../fetching.ts';
import type { Io, Status } from '../io.ts';
import { localSuite } from '../local.ts';

const BUNDLE = '/bundle';

export const KEYS_USAGE = `Usage: sotto keys show [URL]
       sotto keys list [--gateway URL] [--issuer URL]
       sotto keys rotate [--gateway URL] [--issuer URL]

show    print the keys that the gateway or the relay at URL offers, one a line:
        key id, KEM id, suites as kdf/aead, public key in hex; tab-separated
list    print the keys that exist, made ahead and running, one a line (operator)
rotate  bring the keys up to their schedule now, as cron does (operator)

${OPERATOR_USAGE}`;

/** Runs `sotto keys`. */
export async function keys(argv: readonly string[], io: Io): Promise<Status> {
  const [verb, ...rest] = argv;
  switch (verb) {
    case 'show':
      return show(rest, io);
    case 'list':
      return list(rest, io);
    case 'rotate':
      return rotate(rest, io);
    default:
      parse(argv, {});
      throw new UsageError('keys show, keys list or keys rotate');
  }
}

async function show(argv: readonly string[], io: Io): Promise<Status> {
  const { positionals } = parse(argv, {});
  const [given, ...rest] = positionals;
  noMore(rest);
  const url = base(given ?? (await localSuite(io)).gateway);
  for (const { keyId, kemId, suites, publicKey } of decoded(await offered(io, url))) {
    const offers = suites.map(({ kdfId, aeadId }) => `${kdfId}/${aeadId}`).join(',');
    io.out([keyId, kemId, offers, hex(publicKey)].join('\t'));
  }
  return 0;
}

/** The collection at a gateway's well-known path; or that of a relay's bundle, whose signature is not looked at. */
async function offered(io: Io, url: string): Promise<Bytes> {
  if (url.endsWith(BUNDLE)) return fromBundle(await bytesOf(await fetchOk(io, url)));
  const atGateway = url.endsWith(WELL_KNOWN) ? url : url + WELL_KNOWN;
  try {
    const answer = await fetchOk(io, atGateway, { headers: { accept: MEDIA_TYPES.keys } });
    if (answer.headers.get('content-type') === MEDIA_TYPES.keys) return await bytesOf(answer);
  } catch (error) {
    if (!(error instanceof Failure) || url.endsWith(WELL_KNOWN) || !error.message.endsWith('404'))
      throw error;
  }
  const answer = await fetchOk(io, url + BUNDLE);
  if (answer.headers.get('content-type') !== BUNDLE_TYPE) throw new Failure(`${url}: no keys here`);
  return fromBundle(await bytesOf(answer));
}

const fromBundle = (signed: Bytes): Bytes => decodeBundle(decodeSignedBundle(signed).bundle).keyConfigs;

function decoded(body: Bytes): ReturnType<typeof decodeKeyConfigs> {
  try {
    return decodeKeyConfigs(body);
  } catch {
    throw new Failure('not a key collection');
  }
}

interface IssuerKey {
  readonly service: string;
  readonly epoch: number;
  readonly type: number;
  readonly keyId: string;
  readonly state: string;
  readonly evaluations: number;
}

interface GatewayEpoch {
  readonly sequence: number;
  readonly notBefore: number;
  readonly keys: readonly { readonly keyId: number; readonly kemId: number; readonly publicKey: string }[];
}

async function list(argv: readonly string[], io: Io): Promise<Status> {
  const { values, positionals } = parse(argv, OPERATOR);
  noMore(positionals);
  const { gateway, issuer, headers } = await operator(values, io);
  const get = async (url: string): Promise<unknown> => (await fetchOk(io, url, { headers })).json();
  if (gateway !== null) {
    for (const epoch of (await get(`${gateway}/operator/keys`)) as GatewayEpoch[]) {
      for (const { keyId, kemId, publicKey } of epoch.keys) {
        io.out(['gateway', iso(epoch.notBefore), epoch.sequence, keyId, kemId, publicKey].join('\t'));
      }
    }
  }
  if (issuer !== null) {
    const { keys: made } = (await get(`${issuer}/operator/keys`)) as { keys: IssuerKey[] };
    for (const { service, epoch, type, keyId, state, evaluations } of made) {
      io.out(
        [
          'issuer',
          iso(epoch),
          printable(service),
          type,
          keyId,
          printable(state),
          evaluations === 0 ? '0' : `<${evaluations}`,
        ].join('\t'),
      );
    }
  }
  return 0;
}

async function rotate(argv: readonly string[], io: Io): Promise<Status> {
  const { values, positionals } = parse(argv, OPERATOR);
  noMore(positionals);
  const { gateway, issuer, headers } = await operator(values, io);
  // The issuer first: the gateway's next bundles name its keys.
  for (const party of [issuer, gateway]) {
    if (party === null) continue;
    await fetchOk(io, `${party}/operator/keys/rotate`, { method: 'POST', headers });
    io.err(`sotto: ${party}: keys are as the schedule has them`);
  }
  if (gateway === null) return 0;
  const bundles = await operatorBundles(io, `${gateway}/operator/bundles`, headers);
  const waiting = bundles.filter(({ signed }) => !signed).length;
  if (waiting > 0) io.err(`sotto: unsigned bundles: ${waiting} (sotto bundle sign)`);
  return 0;
}
