import { randomFillSync } from 'node:crypto';
import path from 'node:path';
import { rootPublicKey } from '@sotto/bundle';
import { base64url } from '@sotto/wire';
import { noMore } from '../arguments.ts';
import { command, UsageError } from '../command.ts';
import { writeSecret } from '../init/write.ts';

/** `sotto root new`. */
export const rootNew = command({
  name: 'root new',
  synopsis: '',
  summary: 'make the Ed25519 key pair that signs key bundles',
  details:
    'The secret is written into a new file that only its owner can read. The public key, which clients pin, is printed in\nbase64url. Keep the secret offline.',
  options: { 'root-secret': { type: 'string', value: 'FILE', text: 'the new file' } },
  examples: [['root new --root-secret root.secret', 'writes the secret and prints the public key']],
  run: async ({ values, words }, io) => {
    noMore(words);
    const file = values['root-secret'];
    if (file === undefined) throw new UsageError('--root-secret is missing');
    const secret = randomFillSync(new Uint8Array(32));
    await writeSecret(path.resolve(io.cwd, file), `${base64url(secret)}\n`);
    const root = base64url(rootPublicKey(secret));
    io.out(values.json === true ? JSON.stringify({ root, file }) : root);
    return 0;
  },
});
