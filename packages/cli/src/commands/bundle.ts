import {
  bundleDigest,
  compareBundles,
  decodeBundle,
  decodeSignedBundle,
  verifySignedBundle,
  type Bundle,
} from '@sotto/bundle';
import { hex, ProtocolError, type Bytes } from '@sotto/wire';
import { count, iso } from '../arguments.ts';
import { command, Failure } from '../command.ts';
import { loadSettings } from '../config.ts';
import { base, bytesOf, fetchOk, rootKey } from '../fetching.ts';
import type { Io, Status } from '../io.ts';
import { localSuite } from '../local.ts';

/** A bundle that was fetched. */
interface FetchedBundle {
  readonly bundle: Bundle;
  readonly digest: Bytes;
}

/** `sotto bundle verify`. */
export const bundleVerify = command({
  name: 'bundle verify',
  synopsis: '[URL…]',
  summary: 'fetch the key bundle from relays and mirrors, verify it, and compare',
  details:
    'Everybody must be shown the same bytes. One URL per line: result, URL, sequence, not-after, SHA-256 of the bundle;\nseparated by tabs.',
  options: {
    root: {
      type: 'string',
      value: 'KEY',
      text: 'the Ed25519 key, base64url; without it signatures are not verified',
    },
    'epoch-seconds': { type: 'string', value: 'N', text: 'length of an epoch, if it is not a day' },
  },
  examples: [
    [
      'bundle verify https://relay.example https://mirror.example --root KEY',
      'compares a relay with a mirror',
    ],
    ['bundle verify', 'verifies the relay and the gateway of the profile or the local suite'],
  ],
  run: async ({ values, words }, io) => {
    const settings = await loadSettings(values, io);
    const local = words.length === 0 && settings === null ? await localSuite(io) : null;
    const known = settings ?? local;
    const urls = words.length > 0 ? words : [known?.relay, known?.gateway].filter((url) => url !== undefined);
    const root = values.root ?? known?.root;
    const epochSeconds = count(values['epoch-seconds'], 'epoch-seconds') ?? known?.epochSeconds ?? 86_400;
    const roots = root === undefined ? null : [rootKey(root)];
    if (roots === null) io.err('sotto: without --root signatures are not verified');
    return verifyAll(
      urls.map((url) => base(url)),
      { roots, epochSeconds, json: values.json === true },
      io,
    );
  },
});

interface VerifyRules {
  readonly roots: readonly Bytes[] | null;
  readonly epochSeconds: number;
  readonly json: boolean;
}

async function verifyAll(urls: readonly string[], rules: VerifyRules, io: Io): Promise<Status> {
  let status: Status = 0;
  let first: FetchedBundle | null = null;
  for (const url of urls) {
    const at = url.endsWith('/bundle') ? url : `${url}/bundle`;
    let result = 'pass';
    let found: FetchedBundle | null = null;
    try {
      found = opened(await bytesOf(await fetchOk(io, at)), rules);
      first ??= found;
      const order = compareBundles(first, found);
      if (order !== 'same') result = order === 'equivocation' ? 'equivocation' : 'another epoch';
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof Failure)) throw error;
      if (error instanceof ProtocolError) result = error.code;
      else result = error.status === 3 ? 'no response' : 'no bundle';
    }
    if (result === 'no response') status = status === 0 ? 3 : status;
    else if (result !== 'pass') status = 1;
    printResult({ result, url: at, found, json: rules.json }, io);
  }
  return status;
}

function printResult(
  { result, url, found, json }: { result: string; url: string; found: FetchedBundle | null; json: boolean },
  io: Io,
): void {
  const shown =
    found === null
      ? {}
      : {
          sequence: found.bundle.sequence,
          notAfter: iso(found.bundle.notAfter),
          digest: hex(found.digest),
        };
  io.out(
    json ? JSON.stringify({ result, url, ...shown }) : [result, url, ...Object.values(shown)].join('\t'),
  );
}

function opened(signed: Bytes, { roots, epochSeconds }: VerifyRules): FetchedBundle {
  const { bundle: encoded } = decodeSignedBundle(signed);
  const options = { roots: roots ?? [], now: Math.floor(Date.now() / 1000), epochSeconds };
  const unsigned = { ...options, roots: [new Uint8Array(32)], ed25519Verify: () => true };
  verifySignedBundle(signed, roots === null ? unsigned : options);
  return { bundle: decodeBundle(encoded), digest: bundleDigest(encoded) };
}
