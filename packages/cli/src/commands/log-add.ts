import path from 'node:path';
import { nodePlatform } from '@sotto/client/node';
import { iso, noMore } from '../arguments.ts';
import { command, UsageError, type Values } from '../command.ts';
import { operatorBundles, readSecret } from '../fetching.ts';
import type { Io, Status } from '../io.ts';
import { logBundles } from '../log/bundles.ts';
import { filesIn } from '../log/files.ts';
import { signedOnly } from '../log/held-proof.ts';
import { bundlesRoute, GATEWAY, sendSignatures } from './operator-bundles.ts';

/** How many epochs ahead an entry is logged at most, because logged entries cannot be replaced. */
const AHEAD = 2;
const MOST_AHEAD = 7;

/** The options of logging beside the folder. */
export const LOG_ADD = {
  'log-secret': { type: 'string', value: 'FILE', text: 'what sotto log init wrote' },
  ahead: {
    type: 'string',
    value: 'N',
    text: `log so many epochs ahead, 0 to ${MOST_AHEAD}; default ${AHEAD}`,
  },
  yes: { type: 'boolean', text: 'log bundles with other services or another next root than the last one' },
} as const;

type LogAddValues = Values<typeof GATEWAY & typeof LOG_ADD>;

/** `sotto log add`. */
export const logAdd = command({
  name: 'log add',
  synopsis: 'DIR',
  summary: 'log signed bundles, have the witnesses cosign, and send the proofs to the gateway (operator)',
  details:
    'It can be interrupted anywhere and run again. The witnesses are those of DIR/policy. Past epochs without a bundle get a\nvoid entry.',
  options: { ...GATEWAY, ...LOG_ADD },
  examples: [
    [
      'log add bundles --log-secret log.secret --config ops/b',
      'logs the bundles of this epoch and the next two',
    ],
  ],
  run: async ({ values, words: [folder, ...rest] }, io) => {
    noMore(rest);
    if (folder === undefined) throw new UsageError('name the folder of the log');
    return addToLog(folder, values, io);
  },
});

/** Logs what the gateway has signed and not yet proven. */
export async function addToLog(folder: string, values: LogAddValues, io: Io): Promise<Status> {
  const file = values['log-secret'];
  if (file === undefined) throw new UsageError('--log-secret is missing');
  const secret = await readSecret(file, 'sotto log init', io);
  const rules = { secret, ahead: aheadOf(values.ahead), agreed: values.yes === true };
  const { url, headers } = await bundlesRoute(values, io);
  const bundles = signedOnly(await operatorBundles(io, url, headers));
  const where = path.resolve(io.cwd, folder);
  // Two processes that sign at once could sign two histories.
  const { proofs, added, provenUntil, conflicts } = await nodePlatform(where).lock('log', () =>
    logBundles(filesIn(where), bundles, { ...rules, now: Math.floor(Date.now() / 1000) }, io),
  );
  if (proofs.length > 0) await sendSignatures(io, url, headers, proofs);
  const until = provenUntil === null ? null : iso(provenUntil);
  if (values.json === true)
    io.out(JSON.stringify({ logged: added, proofs: proofs.length, provenUntil: until }));
  io.err(
    `sotto: ${added.length} logged, ${proofs.length} proofs sent${until === null ? '' : `, proven until ${until}`}`,
  );
  return conflicts === 0 ? 0 : 1;
}

function aheadOf(text: string | undefined): number {
  if (text === undefined) return AHEAD;
  if (/^[0-9]$/.test(text) && Number(text) <= MOST_AHEAD) return Number(text);
  throw new UsageError(`--ahead must be a whole number from 0 to ${MOST_AHEAD}`);
}
