import { noMore } from '../arguments.ts';
import { command, UsageError } from '../command.ts';
import { fetchOk, operator, OPERATOR, operatorBundles } from '../fetching.ts';

/** `sotto keys rotate`. */
export const keysRotate = command({
  name: 'keys rotate',
  synopsis: '',
  summary: 'bring all keys up to their schedule now, as cron does (operator)',
  options: OPERATOR,
  examples: [['keys rotate', 'rotates the keys of the profile or the local suite']],
  run: async ({ values, words }, io) => {
    noMore(words);
    const { gateway, issuer, headers } = await operator(values, io);
    const rotated: string[] = [];
    // The issuer first: the gateway's next bundles name its keys.
    for (const party of [issuer, gateway]) {
      if (party === null) continue;
      await fetchOk(io, `${party}/operator/keys/rotate`, { method: 'POST', headers });
      rotated.push(party);
      io.err(`sotto: ${party}: all keys are up to their schedule`);
    }
    const bundles = gateway === null ? [] : await operatorBundles(io, `${gateway}/operator/bundles`, headers);
    const unsigned = bundles.filter(({ signed }) => !signed).length;
    if (unsigned > 0) io.err(`sotto: ${unsigned} bundles have no signature: run sotto bundle sign`);
    if (values.json === true) io.out(JSON.stringify({ rotated, unsigned }));
    return 0;
  },
});

interface Rewrapped {
  readonly rewrapped: number;
  readonly unreadable: readonly unknown[];
}

/** `sotto keys rewrap`. */
export const keysRewrap = command({
  name: 'keys rewrap',
  synopsis: '',
  summary: 'wrap all stored keys under the new KEY_WRAPPING_KEY, after a change (operator)',
  options: OPERATOR,
  examples: [['keys rewrap --config ops/b', 'wraps the keys of gateway and issuer']],
  run: async ({ values, words }, io) => {
    noMore(words);
    const { gateway, issuer, headers } = await operator(values, io);
    let lost = 0;
    for (const party of [gateway, issuer]) {
      if (party === null) continue;
      const response = await fetchOk(io, `${party}/operator/keys/rewrap`, { method: 'POST', headers });
      const { rewrapped, unreadable } = (await response.json()) as Rewrapped;
      lost += unreadable.length;
      if (values.json === true) io.out(JSON.stringify({ party, rewrapped, unreadable: unreadable.length }));
      else io.out(`${party}\t${rewrapped} wrapped\t${unreadable.length} unreadable`);
    }
    return lost === 0 ? 0 : 1;
  },
});

/** `sotto keys retire-all`. */
export const keysRetireAll = command({
  name: 'keys retire-all',
  synopsis: '',
  summary: 'destroy every issuer key that may have signed, after a restore or a theft (operator)',
  details:
    'Tokens of this epoch and the last are lost, and nothing is issued until the next epoch. Keys made ahead stay.',
  options: { ...OPERATOR, yes: { type: 'boolean', text: 'really do it' } },
  examples: [['keys retire-all --config ops/b --yes', 'retires the keys of the issuer']],
  run: async ({ values, words }, io) => {
    noMore(words);
    if (values.yes !== true) throw new UsageError('--yes is missing: every token of this epoch is lost');
    const { issuer, headers } = await operator(values, io);
    if (issuer === null) throw new UsageError('--issuer is missing');
    const response = await fetchOk(io, `${issuer}/operator/keys/retire-all`, { method: 'POST', headers });
    const { retired } = (await response.json()) as { readonly retired: number };
    io.out(values.json === true ? JSON.stringify({ retired }) : `${retired} keys retired`);
    return 0;
  },
});
