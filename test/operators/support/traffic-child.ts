// Private searches at a steady pace until SIGTERM, then one line: what became of them.
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { ClientError, createClient, memoryWallet } from '@sotto/client';
import { random } from '../../support/raw-exchange.ts';

const [config = ''] = process.argv.slice(2);
const { relay, issuer, root, epochSeconds } = JSON.parse(readFileSync(config, 'utf8')) as Record<
  string,
  string
> & {
  readonly epochSeconds: number;
};
const PACE_MS = 250;
const MAX_ATTEMPTS = 60;
const counts = { sent: 0, failed: 0, failedForGood: 0, codes: {} as Record<string, number> };
const over = new AbortController();
process.on('SIGTERM', () => over.abort());

const client = createClient({
  relay: relay ?? '',
  issuer: issuer ?? '',
  root: root ?? '',
  epochSeconds,
  account: async () => process.env['SOTTO_ACCOUNT_TOKEN'] ?? '',
  fetch: (url, init) => fetch(url, init),
  random,
  now: () => Math.floor(Date.now() / 1000),
  wallet: memoryWallet(),
  restSeconds: 0,
});
const search = (): Promise<string> =>
  client.search('happy cat', { locale: 'en', allowFresh: true }).then(
    () => '',
    (error: unknown) => (error instanceof ClientError ? error.code : 'unknown'),
  );

await search(); // the first one fetches tokens and is not counted
process.stdout.write('ready\n');
do {
  await wait(PACE_MS);
  counts.sent++;
  const code = await search();
  if (code === '') continue;
  counts.failed++;
  counts.codes[code] = (counts.codes[code] ?? 0) + 1;
  let attempts = 0;
  while ((await search()) !== '' && ++attempts < MAX_ATTEMPTS) await wait(PACE_MS);
  if (attempts === MAX_ATTEMPTS) counts.failedForGood++;
} while (!over.signal.aborted);
process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0));
