import { given, iso, noMore, printable } from '../arguments.ts';
import { command, UsageError } from '../command.ts';
import { fetchOk, operator, OPERATOR } from '../fetching.ts';

interface AccountQuota {
  readonly service: string;
  readonly epoch: number;
  readonly used: number;
  readonly quota: Readonly<Record<string, number>>;
}

/** `sotto quota show`. */
export const quotaShow = command({
  name: 'quota show',
  synopsis: '',
  summary: 'print how many tokens an account was issued in this epoch (operator)',
  details: 'Service, start of the epoch, tokens issued, and the quota of each tier; separated by tabs.',
  options: {
    account: { type: 'string', value: 'A', text: 'the account: the `sub` of its JWT' },
    service: { type: 'string', value: 'S', text: 'one service' },
    attester: { type: 'string', value: 'ISS', text: 'the attester: the `iss` of the JWT' },
    issuer: OPERATOR.issuer,
    'operator-token': OPERATOR['operator-token'],
  },
  examples: [['quota show --account alice@example', 'prints the count of one account']],
  run: async ({ values, words }, io) => {
    noMore(words);
    const { account, service, attester } = values;
    if (account === undefined || account === '') throw new UsageError('--account is missing');
    const { issuer, headers } = await operator(values, io);
    if (issuer === null) throw new UsageError('--issuer is missing');
    const body = JSON.stringify({ account, ...given({ service, issuer: attester }) });
    const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body };
    const shown = (await (await fetchOk(io, `${issuer}/operator/quota`, init)).json()) as AccountQuota;
    if (values.json === true) {
      io.out(JSON.stringify(shown));
      return 0;
    }
    const tiers = Object.entries(shown.quota).map(([tier, most]) => `${printable(tier)}=${most}`);
    io.out([printable(shown.service), iso(shown.epoch), shown.used, ...tiers].join('\t'));
    return 0;
  },
});
