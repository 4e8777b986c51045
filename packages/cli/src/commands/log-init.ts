import path from 'node:path';
import { COSIGNATURE, parsePolicy, parseVerifierKey, splitViewCost } from '@sotto/tlog';
import { DAY, ProtocolError } from '@sotto/wire';
import { count, noMore } from '../arguments.ts';
import { command, UsageError } from '../command.ts';
import { base } from '../fetching.ts';
import { allOrNothing } from '../init/write.ts';
import { epochNow, newLogKey, newLogSteps } from '../log/new-log.ts';
import { policyText, type WitnessLine } from '../log/policy.ts';

/** `sotto log init`. */
export const logInit = command({
  name: 'log init',
  synopsis: 'DIR',
  summary: 'make a public log of key bundles, and the key that signs it (operator)',
  details:
    'DIR is public: serve it with any static web server. DIR/policy names log and witnesses: clients pin it, and it can be\nedited until the first release with it. The secret signs the log alone; it is not the root secret. Losing DIR or the secret\nends the log.',
  options: {
    origin: { type: 'string', value: 'NAME', text: 'the permanent name of the log, such as bundles.example' },
    'log-secret': { type: 'string', value: 'FILE', text: 'the new file, outside of DIR' },
    witness: {
      type: 'string',
      multiple: true,
      value: '"KEY URL"',
      text: 'verifier key and address of a witness; all of them have to cosign',
    },
    base: { type: 'string', value: 'N', text: 'the epoch of the first entry; default: the current epoch' },
    'epoch-seconds': { type: 'string', value: 'N', text: 'length of an epoch, if it is not a day' },
  },
  examples: [
    [
      'log init bundles --origin bundles.example --log-secret log.secret --witness "KEY https://witness.example"',
      'makes a log that one witness has to cosign',
    ],
  ],
  run: async ({ values, words: [folder, ...rest] }, io) => {
    noMore(rest);
    const { origin, 'log-secret': file, witness = [] } = values;
    if (folder === undefined) throw new UsageError('name the new folder of the log');
    if (origin === undefined) throw new UsageError('--origin is missing');
    if (file === undefined) throw new UsageError('--log-secret is missing');
    const epochSeconds = count(values['epoch-seconds'], 'epoch-seconds') ?? DAY;
    const first = count(values.base, 'base') ?? epochNow(epochSeconds);
    const { secret, key } = newLogKey(origin, 'origin');
    const policy = policyText({ key, base: first, witnesses: witness.map(witnessOf) });
    const cost = splitViewCost(parsePolicy(policy).quorum);
    const [dir, secretFile] = [path.resolve(io.cwd, folder), path.resolve(io.cwd, file)];
    await allOrNothing(newLogSteps({ folder: dir, secretFile, secret, policy }, 'log-secret'));
    io.out(values.json === true ? JSON.stringify({ key, base: first, splitViewCost: cost }) : key);
    io.err(`sotto: two histories of this log need ${cost} witnesses that lie`);
    return 0;
  },
});

function witnessOf(text: string): WitnessLine {
  const [key = '', url = '', ...rest] = text.trim().split(/\s+/);
  try {
    if (rest.length === 0 && parseVerifierKey(key).type === COSIGNATURE)
      return { key, url: base(url, 'witness') };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  throw new UsageError('--witness must be a verifier key and an address with a space between them');
}
