import { BUNDLE_TYPE, decodeBundle, decodeSignedBundle } from '@sotto/bundle';
import { decodeKeyConfigs, KEM, MEDIA_TYPES } from '@sotto/ohttp';
import { hex, type Bytes } from '@sotto/wire';
import { iso, noMore, printable } from '../arguments.ts';
import { command, Failure } from '../command.ts';
import { loadSettings } from '../config.ts';
import { base, bytesOf, fetchOk, operator, OPERATOR, WELL_KNOWN } from '../fetching.ts';
import type { Io } from '../io.ts';
import { localSuite } from '../local.ts';
import { styled } from '../style.ts';
import { table } from '../table.ts';

const BUNDLE = '/bundle';
const KEM_NAMES = new Map<number, string>([
  [KEM.X25519, 'X25519'],
  [KEM.X_WING, 'X-Wing'],
]);
const kemName = (id: number): string => KEM_NAMES.get(id) ?? `KEM ${id}`;

/** `sotto keys show`. */
export const keysShow = command({
  name: 'keys show',
  synopsis: '[URL]',
  summary: 'print the keys that a gateway or a relay offers',
  details:
    'One key per line: key id, KEM id, suites as kdf/aead, public key in hex; separated by tabs.\nThe signature of a bundle is not verified: see sotto bundle verify.',
  options: {},
  examples: [
    ['keys show https://gateway.example', "prints the gateway's keys"],
    ['keys show https://relay.example', "prints the keys in the relay's bundle"],
  ],
  run: async ({ values, words: [word, ...rest] }, io) => {
    noMore(rest);
    const settings = word === undefined ? await loadSettings(values, io) : null;
    const url = base(word ?? settings?.gateway ?? settings?.relay ?? (await localSuite(io)).gateway);
    for (const { keyId, kemId, suites, publicKey } of decoded(await offered(io, url))) {
      const key = { keyId, kemId, suites, publicKey: hex(publicKey) };
      const pairs = suites.map(({ kdfId, aeadId }) => `${kdfId}/${aeadId}`).join(',');
      io.out(values.json === true ? JSON.stringify(key) : [keyId, kemId, pairs, key.publicKey].join('\t'));
    }
    return 0;
  },
});

/** The keys at a gateway's well-known path; or those of a relay's bundle. */
async function offered(io: Io, url: string): Promise<Bytes> {
  if (url.endsWith(BUNDLE)) return fromBundle(await bytesOf(await fetchOk(io, url)));
  const atGateway = url.endsWith(WELL_KNOWN) ? url : url + WELL_KNOWN;
  try {
    const response = await fetchOk(io, atGateway, { headers: { accept: MEDIA_TYPES.keys } });
    if (response.headers.get('content-type') === MEDIA_TYPES.keys) return await bytesOf(response);
  } catch (error) {
    const missing = error instanceof Failure && error.message.includes('HTTP 404');
    if (!missing || url.endsWith(WELL_KNOWN)) throw error;
  }
  const response = await fetchOk(io, url + BUNDLE);
  if (response.headers.get('content-type') !== BUNDLE_TYPE) {
    throw new Failure(`${url} offers no keys. Check that it is a gateway or a relay.`);
  }
  return fromBundle(await bytesOf(response));
}

const fromBundle = (signed: Bytes): Bytes => decodeBundle(decodeSignedBundle(signed).bundle).keyConfigs;

function decoded(body: Bytes): ReturnType<typeof decodeKeyConfigs> {
  try {
    return decodeKeyConfigs(body);
  } catch {
    throw new Failure('The response is not a list of keys (RFC 9458 §3.2). Check that the URL is a gateway.');
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

/** `sotto keys list`. */
export const keysList = command({
  name: 'keys list',
  synopsis: '',
  summary: 'print all keys, those made ahead included (operator)',
  options: OPERATOR,
  examples: [
    ['keys list', 'prints the keys of the profile or the local suite'],
    ['keys list --issuer https://issuer.example --json', 'prints one JSON object per key'],
  ],
  run: async ({ values, words }, io) => {
    noMore(words);
    const { gateway, issuer, headers } = await operator(values, io);
    const get = async (url: string): Promise<unknown> => (await fetchOk(io, url, { headers })).json();
    const epochs = gateway === null ? [] : ((await get(`${gateway}/operator/keys`)) as GatewayEpoch[]);
    const issued =
      issuer === null ? [] : ((await get(`${issuer}/operator/keys`)) as { keys: IssuerKey[] }).keys;
    const keys = epochs.flatMap(({ sequence, notBefore, keys: all }) =>
      all.map((key) => ({ party: 'gateway', sequence, epoch: notBefore, ...key })),
    );
    if (values.json === true) {
      for (const key of keys) io.out(JSON.stringify(key));
      for (const key of issued) io.out(JSON.stringify({ party: 'issuer', ...key }));
      return 0;
    }
    printTable(io, [
      ['GATEWAY EPOCH', 'STARTS', 'KEY ID', 'KEM', 'PUBLIC KEY'],
      ...keys.map(({ sequence, epoch, keyId, kemId, publicKey }) => [
        `${sequence}`,
        iso(epoch),
        `${keyId}`,
        kemName(kemId),
        shortened(publicKey),
      ]),
    ]);
    printTable(io, [
      ['ISSUER EPOCH', 'SERVICE', 'TYPE', 'STATE', 'EVALUATIONS', 'KEY ID'],
      ...issued.map(({ service, epoch, type, keyId, state, evaluations }) => [
        iso(epoch),
        printable(service),
        `0x${type.toString(16).padStart(4, '0')}`,
        printable(state),
        evaluations === 0 ? '0' : `<${evaluations}`,
        printable(keyId),
      ]),
    ]);
    return 0;
  },
});

function printTable(io: Io, rows: readonly (readonly string[])[]): void {
  if (rows.length === 1) return;
  const [head = '', ...lines] = table(rows);
  io.out(styled(io, 'bold', head));
  for (const line of lines) io.out(line);
}

const shortened = (key: string): string =>
  key.length > 20 ? `${printable(key.slice(0, 16))}…` : printable(key);
