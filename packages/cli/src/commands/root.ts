import { randomFillSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { rootPublicKey } from '@sotto/bundle';
import { base64url } from '@sotto/wire';
import { Failure, noMore, parse, UsageError } from '../arguments.ts';
import type { Io, Status } from '../io.ts';

export const ROOT_USAGE = `Usage: sotto root new --root-secret FILE

Make the Ed25519 key pair that signs key bundles. The secret goes into a new file that its owner alone may
read; the public key, which clients pin, is printed in base64url. Keep the secret off line.`;

/** Runs `sotto root new`. */
export async function root(argv: readonly string[], io: Io): Promise<Status> {
  const [verb, ...rest] = argv;
  if (verb !== 'new') {
    parse(argv, {});
    throw new UsageError('root new');
  }
  const { values, positionals } = parse(rest, { 'root-secret': { type: 'string' } });
  noMore(positionals);
  const file = values['root-secret'];
  if (file === undefined) throw new UsageError('--root-secret is needed');
  const secret = randomFillSync(new Uint8Array(32));
  try {
    await writeFile(path.resolve(io.cwd, file), `${base64url(secret)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const there = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new Failure(there ? `${file} is there already` : `cannot write ${file}`);
  }
  io.out(base64url(rootPublicKey(secret)));
  return 0;
}
