import '../../services/local/src/offline-env.ts';
import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { prepare } from '../../services/local/src/prepare.ts';
import { flags, numberOf } from '../support/flags.ts';
import { barChart, htmlReport } from '../support/report.ts';
import { liveThrough } from './history.ts';
import { largeLedger } from './ledger.ts';
import { load, type LoadFigures } from './load.ts';
import { history } from './operations.ts';
import { compareStores } from './stores.ts';
import { liveWithVouchers } from './voucher-history.ts';

const USAGE = `Usage: npm run soak -- [--json] [--html FILE] [--histories N] [--seconds N] [--rate N] [--seed N]
       npm run soak -- --vouchers [--json] [--histories N] [--seed N]
       npm run soak -- --store postgres [--json] [--seconds N] [--rows N]

Runs generated histories with kills and restores, fills a ledger, then redeems at a steady rate, with keys that stay and
keys that rotate. The last line sums up; --json prints only it, as an object, and --html writes a report with a plot.
With --vouchers it runs the histories with vouchers alone: issuances, refills, kills and restores.
With --store postgres it compares spends in PostgreSQL, a server of its own, and in SQLite with 1, 2 and 4 processes, then
fills a ledger of N rows, spends in it, and drops it while spends go on in another.
Exit status 1 if a token was redeemed twice or lost, an account got more than its quota, a request failed, or tokens for
most redemptions were missing.`;

const values = flags(USAGE, {
  json: { type: 'boolean' },
  html: { type: 'string' },
  histories: { type: 'string', default: '2000' },
  seconds: { type: 'string', default: '60' },
  rate: { type: 'string', default: '200' },
  seed: { type: 'string', default: '20261122' },
  vouchers: { type: 'boolean' },
  store: { type: 'string' },
  rows: { type: 'string', default: '1000000' },
});
const histories = numberOf('histories', values.histories);
const seconds = numberOf('seconds', values.seconds);
const perSecond = numberOf('rate', values.rate);
const seed = numberOf('seed', values.seed);
const print = (line: string): void => (values.json ? console.error(line) : console.log(line));
const MAX_SECONDS = 10; // of each figure of a comparison
const counts = { doubled: 0, lost: 0, overQuota: 0 };

if (values.store !== undefined) {
  if (values.store !== 'postgres') throw new Error('--store: must be postgres');
  const rows = numberOf('rows', values.rows);
  const compared = await compareStores({ seconds: Math.min(seconds, MAX_SECONDS), rows, print });
  if (values.json) console.log(JSON.stringify(compared));
  const failures = compared.filter(({ store, failed }) => store === 'PostgreSQL' && failed > 0).length;
  process.exit(failures === 0 ? 0 : 1);
}

await prepare();
let lived = 0;
const live = values.vouchers ? liveWithVouchers : liveThrough;
for (const operations of fc.sample(history, { numRuns: histories, seed })) {
  const { doubled, lost, overQuota } = await live(operations);
  counts.doubled += doubled.length;
  counts.lost += lost.length;
  counts.overQuota += overQuota.length;
  if (doubled.length + lost.length + overQuota.length > 0) {
    print(`history ${lived}: ${JSON.stringify({ doubled, lost, overQuota, operations })}`);
  }
  lived++;
  if (lived % 200 === 0) print(`${lived} of ${histories} histories`);
}
if (values.vouchers) {
  const found = { histories: lived, ...counts };
  const sums = `${counts.doubled} doubled, ${counts.lost} lost, ${counts.overQuota} over the allowance`;
  console.log(values.json ? JSON.stringify(found) : `soak: ${lived} histories of vouchers, ${sums}`);
  process.exit(counts.doubled + counts.lost + counts.overQuota === 0 ? 0 : 1);
}

const ledger = largeLedger(1_000_000);
print(`S23 ledger of ${ledger.rows} rows: a spend in ${ledger.p99.toFixed(3)} ms (p99)`);

function say(what: string, { redeemed, seconds: took, errors, short, p99, wrong }: LoadFigures): void {
  const rate = `${(redeemed / took).toFixed(0)} redemptions/s, ${(perSecond / 10).toFixed(0)} at once in ${p99.toFixed(0)} ms (p99)`;
  print(`${what}: ${rate}, ${errors} errors ${wrong.join(', ')}`);
  if (short > 0)
    print(`${what}: ${short} redemptions had no token, because the machine was too slow to issue it`);
}
const steady = await load({ perSecond, seconds, epochSeconds: 86_400 });
say('steady keys', steady);
const rotating = await load({ perSecond, seconds, epochSeconds: 10 });
say('keys rotating every 10 s', rotating);

const doubled = counts.doubled + steady.doubled + rotating.doubled;
const errors = steady.errors + rotating.errors;
const short = steady.short + rotating.short;
const mostShort = short > perSecond * seconds; // of twice that many
const rate = Math.floor(Math.min(steady.redeemed / steady.seconds, rotating.redeemed / rotating.seconds));
const sums = `${doubled} doubled, ${counts.lost} lost, ${counts.overQuota} over quota`;
if (doubled + counts.lost + counts.overQuota + errors > 0 || mostShort || !ledger.withinBudget)
  process.exitCode = 1;
const summary = `soak: ${lived} histories, ${sums}; ${rate} redemptions/s, ${errors} errors`;
const COLUMNS =
  'doubled: tokens that were redeemed twice. lost: records that were acknowledged and are gone, or fresh tokens that were refused. over quota: tokens beyond the quota of an account. errors: requests that failed during the load. short: redemptions that had no token, because the machine was too slow to issue it.';
const figures = {
  histories: lived,
  ...counts,
  doubled,
  redemptionsPerSecond: rate,
  errors,
  short,
  mostShort,
  ledgerP99: ledger.p99,
};
if (values.json) console.log(JSON.stringify(figures));
else console.log(`${COLUMNS}\n${summary}`);
if (values.html !== undefined) {
  const bars = [
    { name: 'steady keys', value: steady.redeemed / steady.seconds },
    { name: 'rotating keys', value: rotating.redeemed / rotating.seconds },
  ];
  const chart = barChart({ title: 'Redemptions under load', unit: 'per second', bars, reference: perSecond });
  const table = Object.entries(figures).map(([name, value]) => [name, `${value}`]);
  writeFileSync(
    values.html,
    htmlReport('Sotto: npm run soak', [
      { text: summary },
      { chart },
      { text: COLUMNS },
      { table: [['figure', 'value'], ...table] },
    ]),
  );
}
