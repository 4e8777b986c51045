import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeBundle, signVersions } from '@sotto/bundle';
import { base64url, fromBase64url, ProtocolError, type Bytes } from '@sotto/wire';
import { iso, noMore } from '../arguments.ts';
import { command, Failure, UsageError } from '../command.ts';
import { bytesOfText, operatorBundles, readSecret } from '../fetching.ts';
import type { Io } from '../io.ts';
import { addToLog, LOG_ADD } from './log-add.ts';
import { bundlesRoute, GATEWAY, sendSignatures, type UploadedSignature } from './operator-bundles.ts';

interface Unsigned {
  readonly sequence: number;
  readonly bundle: string; // base64url
}

const ROOT_SECRET = {
  type: 'string',
  value: 'FILE',
  text: 'what sotto root new or sotto init b wrote',
} as const;

/** `sotto bundle sign`. */
export const bundleSign = command({
  name: 'bundle sign',
  synopsis: '',
  summary: 'sign the bundles of coming epochs, and send the signatures to the gateway (operator)',
  details: 'With --in and --out it uses no network: for an offline machine that has the root secret.',
  options: {
    ...GATEWAY,
    'root-secret': ROOT_SECRET,
    in: { type: 'string', value: 'FILE', text: 'what sotto bundle export wrote' },
    out: { type: 'string', value: 'FILE', text: 'for sotto bundle import' },
    log: { type: 'string', value: 'DIR', text: 'log the bundles too, as sotto log add does' },
    ...LOG_ADD,
  },
  examples: [
    ['bundle sign --root-secret root.secret', 'signs all bundles that have no signature'],
    [
      'bundle sign --root-secret root.secret --log bundles --log-secret log.secret',
      'signs them, logs those of this epoch and the next two, and sends the proofs',
    ],
    [
      'bundle sign --in unsigned.json --out signatures.json --root-secret root.secret',
      'signs them without a network',
    ],
  ],
  run: async ({ values, words }, io) => {
    noMore(words);
    const { in: from, out: to } = values;
    if ((from === undefined) !== (to === undefined)) throw new UsageError('--in and --out belong together');
    const folder = values.log;
    if (folder !== undefined && from !== undefined)
      throw new UsageError('--log needs a gateway: use sotto log add');
    const secret = await rootSecret(values['root-secret'], io);
    if (from !== undefined && to !== undefined) {
      const signatures = signAll(await readList<Unsigned>(from, io), secret, io);
      await writeList(to, signatures, io);
      return 0;
    }
    const { url, headers } = await bundlesRoute(values, io);
    const bundles = await operatorBundles(io, url, headers);
    const unsigned = bundles.filter(({ signed }) => !signed);
    const signatures = unsigned.map(({ sequence, bundle }) =>
      signatureOf(sequence, fromBase64url(bundle), secret),
    );
    if (signatures.length > 0) await sendSignatures(io, url, headers, signatures);
    const before = bundles.length - signatures.length;
    const sequences = signatures.map(({ sequence }) => sequence);
    if (values.json === true) io.out(JSON.stringify({ signed: sequences, before }));
    else for (const sequence of sequences) io.out(`${sequence}`);
    io.err(`sotto: ${sequences.length} signed, ${before} had a signature before`);
    return folder === undefined ? 0 : addToLog(folder, values, io);
  },
});

/** `sotto bundle export`. */
export const bundleExport = command({
  name: 'bundle export',
  synopsis: 'FILE',
  summary: 'write the bundles that wait for a signature into a file (operator)',
  options: GATEWAY,
  examples: [['bundle export unsigned.json --config ops/b', 'writes what the root has to sign']],
  run: async ({ values, words: [file, ...rest] }, io) => {
    noMore(rest);
    if (file === undefined) throw new UsageError('name the file to write');
    const { url, headers } = await bundlesRoute(values, io);
    const bundles = await operatorBundles(io, url, headers);
    const unsigned = bundles
      .filter(({ signed }) => !signed)
      .map(({ sequence, bundle }) => ({ sequence, bundle }));
    await writeList(file, unsigned, io);
    return unsigned.length === 0 ? 4 : 0;
  },
});

/** `sotto bundle import`. */
export const bundleImport = command({
  name: 'bundle import',
  synopsis: 'FILE',
  summary: 'send the signatures in a file to the gateway, which verifies them (operator)',
  options: GATEWAY,
  examples: [['bundle import signatures.json --config ops/b', 'sends what sotto bundle sign --out wrote']],
  run: async ({ values, words: [file, ...rest] }, io) => {
    noMore(rest);
    if (file === undefined) throw new UsageError('name the file with the signatures');
    const { url, headers } = await bundlesRoute(values, io);
    const signatures = await readList<UploadedSignature>(file, io);
    await sendSignatures(io, url, headers, signatures);
    io.err(`sotto: ${signatures.length} signatures sent`);
    return 0;
  },
});

/** Signs the bundle and its conversion to version 1. */
function signatureOf(sequence: number, bundle: Bytes, secret: Bytes): UploadedSignature {
  const { signature, signature1 } = signVersions(bundle, secret);
  return {
    sequence,
    signature: base64url(signature),
    ...(signature1 !== null && { signature1: base64url(signature1) }),
  };
}

/** Prints the contents of each bundle before it is signed, so that the signer can read them. */
function signAll(list: readonly Unsigned[], secret: Bytes, io: Io): UploadedSignature[] {
  return list.map(({ sequence, bundle: text }) => {
    const bytes = bytesOfText(text);
    if (bytes === null) throw new Failure('The file has a bundle that is not base64url. Export it again.');
    const bundle = readBundle(bytes);
    if (bundle.sequence !== sequence)
      throw new Failure(`Bundle ${sequence} is of another epoch. Export it again.`);
    const names = bundle.services.map(({ name }) => name).join(',');
    io.out([sequence, iso(bundle.notBefore), iso(bundle.notAfter), names].join('\t'));
    return signatureOf(sequence, bytes, secret);
  });
}

function readBundle(bytes: Bytes): ReturnType<typeof decodeBundle> {
  try {
    return decodeBundle(bytes);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Failure('The file has something that is not a bundle. Export it again.');
  }
}

async function readList<T>(file: string, io: Io): Promise<readonly T[]> {
  const text = await readFile(path.resolve(io.cwd, file), 'utf8').catch(() => null);
  if (text === null) throw new Failure(`Cannot read ${file}. Check its name.`);
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list as T[];
  } catch {
    // reported below
  }
  throw new Failure(`${file} is not a list of bundles. Use what sotto bundle export or sign wrote.`);
}

async function writeList(file: string, list: readonly unknown[], io: Io): Promise<void> {
  await writeFile(path.resolve(io.cwd, file), `${JSON.stringify(list, null, 2)}\n`).catch(
    (error: unknown) => {
      throw new Failure(
        `Cannot write ${file} (${(error as NodeJS.ErrnoException).code ?? 'unknown'}). Choose another.`,
      );
    },
  );
  io.err(`sotto: ${list.length} in ${file}`);
}

async function rootSecret(file: string | undefined, io: Io): Promise<Bytes> {
  if (file === undefined) throw new UsageError('--root-secret is missing');
  return readSecret(file, 'sotto root new', io);
}
