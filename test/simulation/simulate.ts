import { flags, numberOf } from '../support/flags.ts';
import { BOUNDS, keeps } from './bounds.ts';
import { simulate, type Findings } from './model.ts';
import type { Surface } from './people.ts';
import { SCHEMES, type Scheme } from './schemes.ts';

const USAGE = `Usage: npm run simulate -- [--accounts N] [--seed N] [--json]

Simulates twelve weeks of so many accounts (2000) that use an app or a page, with the client's own schedules, and computes what an
operator of issuer and gateway learns from the times of requests with an account. Two leaky builds stand beside them.
Exit status 1 when a bound is not kept.`;

const values = flags(USAGE, {
  accounts: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'boolean' },
});
const accounts = numberOf('accounts', values.accounts ?? '2000');
const seed = numberOf('seed', values.seed ?? '1');

const percent = (share: number): string => (Number.isNaN(share) ? '–' : `${(100 * share).toFixed(1)} %`);
const COLUMNS: readonly (readonly [name: string, text: (findings: Findings) => string])[] = [
  ['requests with the account in 28 days', ({ requests }) => requests.toFixed(1)],
  ['days with one, in 28 days', ({ visibleDays }) => visibleDays.toFixed(1)],
  ['I(hour of request; hour of first search), bits', ({ bits }) => bits.toFixed(3)],
  ['last account to request is the searcher', ({ lastRequest }) => percent(lastRequest)],
  ['last device to refill is the searcher', ({ lastRefill }) => percent(lastRefill)],
  ...([1, 7, 14] as const).map(
    (linked) =>
      [
        `candidates, ${linked} linked day${linked === 1 ? '' : 's'}: median (5th percentile)`,
        ({ candidates }: Findings) => candidates[linked].map(percent).join(' (').concat(')'),
      ] as const,
  ),
  ['searches without a rested token', ({ unserved }) => percent(unserved)],
  [
    'requests, refills, searches a device-day',
    (f) => [f.requestsADay, f.refillsADay, f.searchesADay].map((n) => n.toFixed(2)).join(', '),
  ],
];

const schemes = Object.keys(SCHEMES) as Scheme[];
let isKept = true;
for (const surface of ['messenger', 'page'] as const satisfies readonly Surface[]) {
  const all = new Map(schemes.map((scheme) => [scheme, simulate({ scheme, surface, accounts, seed })]));
  if (values.json === true) {
    for (const [scheme, findings] of all) console.log(JSON.stringify({ surface, scheme, ...findings }));
  } else {
    console.log(`| ${surface} | ${schemes.join(' | ')} |\n| --- |${' ---: |'.repeat(schemes.length)}`);
    for (const [name, text] of COLUMNS)
      console.log(`| ${name} | ${[...all.values()].map(text).join(' | ')} |`);
    console.log('');
  }
  for (const bound of BOUNDS.filter((one) => one.surface === surface)) {
    const findings = all.get(bound.scheme);
    if (findings === undefined || keeps(bound, findings)) continue;
    isKept = false;
    const limit = bound.most === undefined ? `at least ${bound.least}` : `at most ${bound.most}`;
    console.error(
      `${surface}, ${bound.scheme}: ${bound.what}: ${bound.value(findings).toFixed(3)}, must be ${limit}`,
    );
  }
}
console.log(
  `simulate: ${accounts} accounts, seed ${seed}: ${isKept ? `all ${BOUNDS.length} bounds are kept` : 'a bound is NOT kept'}`,
);
process.exitCode = isKept ? 0 : 1;
