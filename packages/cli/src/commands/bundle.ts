import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  bundleDigest,
  compareBundles,
  decodeBundle,
  decodeSignedBundle,
  refillKeysDiffer,
  verifySignedBundle,
  type Bundle,
} from '@sotto/bundle';
import { hex, ProtocolError, type Bytes } from '@sotto/wire';
import { count, iso } from '../arguments.ts';
import { command, Failure } from '../command.ts';
import { loadSettings } from '../config.ts';
import { base, bytesOf, bytesOfText, fetchOk, rootKey } from '../fetching.ts';
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
  synopsis: '[URL|FILE…]',
  summary: 'fetch the key bundle from relays and mirrors, verify it, and compare',
  details:
    'Everybody must be shown the same bytes. One line each: result, URL, sequence, not-after, SHA-256 of the bundle; separated\nby tabs. A file has a bundle in base64url, as error.evidence of a client; it may have expired. Two that contradict each\nother prove that the root signed both.',
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
    [
      'bundle verify first second --root KEY',
      'verifies the evidence of a client: exit status 1 and `equivocation` if the two contradict each other',
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
      urls.map((url) => sourceOf(url, io)),
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

/** Where a bundle comes from. */
interface Source {
  readonly name: string;
  /** Whether it is kept, and may have expired. */
  readonly isFile: boolean;
  readonly read: () => Promise<Bytes>;
}

function sourceOf(word: string, io: Io): Source {
  if (word.includes('://')) {
    const url = base(word);
    const name = url.endsWith('/bundle') ? url : `${url}/bundle`;
    return { name, isFile: false, read: async () => bytesOf(await fetchOk(io, name)) };
  }
  return {
    name: word,
    isFile: true,
    read: async () => {
      const text = await readFile(path.resolve(io.cwd, word), 'utf8').catch(() => null);
      const bytes = text === null ? null : bytesOfText(text);
      if (bytes === null)
        throw new Failure(`${word} has no bundle in base64url. Name such a file, or a URL.`);
      return bytes;
    },
  };
}

async function verifyAll(sources: readonly Source[], rules: VerifyRules, io: Io): Promise<Status> {
  let status: Status = 0;
  let first: FetchedBundle | null = null;
  for (const { name, isFile, read } of sources) {
    let result = 'pass';
    let found: FetchedBundle | null = null;
    try {
      found = opened(await read(), rules, isFile);
      first ??= found;
      const order = compareBundles(first, found);
      const contradicts = order === 'equivocation' || refillKeysDiffer(first.bundle, found.bundle);
      if (order !== 'same') result = contradicts ? 'equivocation' : 'another epoch';
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof Failure)) throw error;
      if (error instanceof ProtocolError) result = error.code;
      else if (isFile) throw error;
      else result = error.status === 3 ? 'no response' : 'no bundle';
    }
    if (result === 'no response') status = status === 0 ? 3 : status;
    else if (result !== 'pass') status = 1;
    printResult({ result, url: name, found, json: rules.json }, io);
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

function opened(signed: Bytes, { roots, epochSeconds }: VerifyRules, isFile: boolean): FetchedBundle {
  const { bundle: encoded } = decodeSignedBundle(signed);
  const now = isFile ? decodeBundle(encoded).notBefore : Math.floor(Date.now() / 1000);
  const options = { roots: roots ?? [], now, epochSeconds };
  const unsigned = { ...options, roots: [new Uint8Array(32)], ed25519Verify: () => true };
  verifySignedBundle(signed, roots === null ? unsigned : options);
  return { bundle: decodeBundle(encoded), digest: bundleDigest(encoded) };
}
