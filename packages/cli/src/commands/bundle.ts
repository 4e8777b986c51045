import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  bundleDigest,
  compareBundles,
  decodeBundle,
  decodeSignedBundle,
  signBundle,
  verifySignedBundle,
  type Bundle,
} from '@sotto/bundle';
import { base64url, fromBase64url, hex, ProtocolError, type Bytes } from '@sotto/wire';
import { count, Failure, iso, noMore, parse, UsageError } from '../arguments.ts';
import {
  fetchOk,
  base,
  bytesOf,
  bytesOfText,
  operator,
  OPERATOR,
  OPERATOR_USAGE,
  operatorBundles,
  rootKey,
} from '../fetching.ts';
import type { Io, Status } from '../io.ts';
import { localSuite } from '../local.ts';

export const BUNDLE_USAGE = `Usage: sotto bundle verify [URL…] [--root KEY]
       sotto bundle sign [--gateway URL] --root-secret FILE

verify  fetch the key bundle from each relay or mirror, verify it, and compare: everybody must be shown
        the same bytes. One a line: result, URL, sequence, not-after, SHA-256 of the bundle; tab-separated
sign    sign the bundles of the epochs ahead with the root, and hand the signatures to the gateway (operator)

  --root KEY             the Ed25519 key that signed, base64url; without it the signature is not looked at
  --epoch-seconds N      seconds of a epoch, if it is not a day
  --root-secret FILE     what \`sotto root new\` wrote
${OPERATOR_USAGE}`;

/** Runs `sotto bundle`. */
export async function bundle(argv: readonly string[], io: Io): Promise<Status> {
  const [verb, ...rest] = argv;
  if (verb === 'verify') return verify(rest, io);
  if (verb === 'sign') return sign(rest, io);
  parse(argv, {});
  throw new UsageError('bundle verify or bundle sign');
}

interface Shown {
  readonly bundle: Bundle;
  readonly digest: Bytes;
}

async function verify(argv: readonly string[], io: Io): Promise<Status> {
  const { values, positionals } = parse(argv, {
    root: { type: 'string' },
    'epoch-seconds': { type: 'string' },
  });
  const local = positionals.length === 0 ? await localSuite(io) : null;
  const urls = (local === null ? positionals : [local.relay, local.gateway]).map(base);
  const root = values.root ?? local?.root;
  const epochSeconds = count(values['epoch-seconds'], 'epoch-seconds') ?? local?.epochSeconds ?? 86_400;
  const roots = root === undefined ? null : [rootKey(root)];
  if (roots === null) io.err('sotto: no --root: the signature is not looked at');
  let status: Status = 0;
  let first: Shown | null = null;
  for (const url of urls) {
    const at = url.endsWith('/bundle') ? url : `${url}/bundle`;
    let result = 'pass';
    let columns: readonly (string | number)[] = [];
    try {
      const signed = await bytesOf(await fetchOk(io, at));
      const shown = opened(signed, roots, epochSeconds);
      first ??= shown;
      const order = compareBundles(first, shown);
      if (order !== 'same') result = order === 'equivocation' ? 'equivocation' : 'another epoch';
      const { sequence, notAfter } = shown.bundle;
      columns = [sequence, iso(notAfter), hex(shown.digest)];
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof Failure)) throw error;
      result = error instanceof ProtocolError ? error.code : 'no response';
    }
    if (result !== 'pass') status = 1;
    io.out([result, at, ...columns].join('\t'));
  }
  return status;
}

function opened(signed: Bytes, roots: readonly Bytes[] | null, epochSeconds: number): Shown {
  const { bundle: encoded } = decodeSignedBundle(signed);
  const options = { roots: roots ?? [], now: Math.floor(Date.now() / 1000), epochSeconds };
  const unsigned = { ...options, roots: [new Uint8Array(32)], ed25519Verify: () => true };
  verifySignedBundle(signed, roots === null ? unsigned : options);
  return { bundle: decodeBundle(encoded), digest: bundleDigest(encoded) };
}

async function sign(argv: readonly string[], io: Io): Promise<Status> {
  const { values, positionals } = parse(argv, {
    gateway: OPERATOR.gateway,
    'operator-token': OPERATOR['operator-token'],
    'root-secret': { type: 'string' },
  });
  noMore(positionals);
  const file = values['root-secret'];
  if (file === undefined) throw new UsageError('--root-secret is needed');
  const text = await readFile(path.resolve(io.cwd, file), 'utf8').catch(() => null);
  if (text === null) throw new Failure(`cannot read ${file}`);
  const secret = bytesOfText(text);
  if (secret?.length !== 32) throw new Failure(`${file} holds no root secret`);
  const { gateway, headers } = await operator(values, io);
  const url = `${gateway}/operator/bundles`;
  const bundles = await operatorBundles(io, url, headers);
  const signatures = bundles
    .filter(({ signed }) => !signed)
    .map(({ sequence, bundle: encoded }) => ({
      sequence,
      signature: base64url(signBundle(fromBase64url(encoded), secret)),
    }));
  if (signatures.length > 0) {
    await fetchOk(io, url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(signatures),
    });
  }
  for (const { sequence } of signatures) io.out(`${sequence}`);
  io.err(`sotto: ${signatures.length} signed, ${bundles.length - signatures.length} were signed before`);
  return 0;
}
