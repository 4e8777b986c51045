import { Failure, iso, noMore, parse, printable, UsageError } from '../arguments.ts';
import { fetchOk, operator, OPERATOR, OPERATOR_USAGE } from '../fetching.ts';
import type { Io, Status } from '../io.ts';

export const QUOTA_USAGE = `Usage: sotto quota show --account A [--service S] [--attester ISS] [--issuer URL]

Print how many tokens an account has drawn in this epoch (operator):
service, start of the epoch, drawn, and the quota of each tier; tab-separated.

${OPERATOR_USAGE}`;

interface Shown {
  readonly service: string;
  readonly epoch: number;
  readonly used: number;
  readonly quota: Readonly<Record<string, number>>;
}

/** Runs `sotto quota show`. */
export async function quota(argv: readonly string[], io: Io): Promise<Status> {
  const [verb, ...rest] = argv;
  if (verb !== 'show') {
    parse(argv, {});
    throw new UsageError('quota show');
  }
  const { values, positionals } = parse(rest, {
    issuer: OPERATOR.issuer,
    'operator-token': OPERATOR['operator-token'],
    account: { type: 'string' },
    service: { type: 'string' },
    attester: { type: 'string' },
  });
  noMore(positionals);
  const { account, service, attester } = values;
  if (account === undefined || account === '') throw new UsageError('--account is needed');
  const { issuer, headers } = await operator(values, io);
  if (issuer === null) throw new Failure('no issuer');
  const body = JSON.stringify({ account, service, issuer: attester });
  const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body };
  const shown = (await (await fetchOk(io, `${issuer}/operator/quota`, init)).json()) as Shown;
  const tiers = Object.entries(shown.quota).map(([tier, most]) => `${printable(tier)}=${most}`);
  io.out([printable(shown.service), iso(shown.epoch), shown.used, ...tiers].join('\t'));
  return 0;
}
