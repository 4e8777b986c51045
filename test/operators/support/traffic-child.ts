// A client that searches at a steady pace. Its input is one command a line: `go TOKEN` with an account token, `rest`, and
// `rest now`, which does not wait until a search that failed succeeds. At each rest it prints its counts since the start.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { ClientError, createClient, memoryWallet, type Attempt } from '@sotto/client';
import { detectNotSent } from '@sotto/client/node';
import { random } from '../../support/raw-exchange.ts';
import type { Traffic } from './live-client.ts';

const [config = ''] = process.argv.slice(2);
const { relay, issuer, root, epochSeconds } = JSON.parse(readFileSync(config, 'utf8')) as {
  readonly [name in 'relay' | 'issuer' | 'root']: string;
} & { readonly epochSeconds: number };
const PACE_MS = 250;
const MAX_SEARCHES = 240; // until one succeeds again
const counts = { sent: 0, failed: 0, retried: 0, repeated: 0, open: 0, seconds: 0, codes: {} };
const state = { account: '', isOver: true, givesUp: false };
let searching: Promise<void> | null = null;

const client = createClient({
  relay,
  issuer,
  root,
  epochSeconds,
  account: async () => state.account,
  fetch: detectNotSent((url, init) => fetch(url, init)),
  random,
  now: () => Math.floor(Date.now() / 1000),
  wallet: memoryWallet(),
  restSeconds: 0,
});

interface Failure {
  readonly code: string;
  /** With it the client may send the same request again, with the same token. */
  readonly attempt: Attempt | null;
}

const failureOf = (request: Promise<unknown>): Promise<Failure | null> =>
  request.then(
    () => null,
    (error: unknown) =>
      error instanceof ClientError
        ? { code: error.code, attempt: error.attempt }
        : { code: 'unknown', attempt: null },
  );

const search = (): Promise<Failure | null> =>
  failureOf(client.search('happy cat', { locale: 'en', allowFresh: true }));

function count({ code }: Failure): void {
  const codes = counts.codes as Record<string, number>;
  counts.failed++;
  codes[code] = (codes[code] ?? 0) + 1;
}

/** Whether a search succeeds again. */
async function isBack(): Promise<boolean> {
  for (let searches = 0; searches < MAX_SEARCHES && !state.givesUp; searches++) {
    await wait(PACE_MS);
    if ((await search()) === null) return true;
  }
  return false;
}

/** When searches succeed again, the one that failed is retried, as a person would, as long as the client allows it. */
async function recover(failure: Failure): Promise<void> {
  const from = performance.now();
  if (!(await isBack())) {
    counts.open++;
    return;
  }
  counts.seconds = Math.max(counts.seconds, Math.round((performance.now() - from) / 100) / 10);
  if (failure.attempt === null) {
    counts.repeated++;
    return;
  }
  const again = await failureOf(client.retrySearch(failure.attempt));
  if (again === null) {
    counts.retried++;
    return;
  }
  count(again);
  await recover(again);
}

async function searchUntilOver(): Promise<void> {
  for (;;) {
    const isLast = state.isOver;
    await wait(PACE_MS);
    counts.sent++;
    const failure = await search();
    if (failure !== null) {
      count(failure);
      await recover(failure);
    }
    if (isLast || (failure !== null && state.givesUp)) return;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, word = ''] = line.split(' ');
  if (command === 'go') {
    Object.assign(state, { account: word, isOver: false, givesUp: false });
    if (counts.sent === 0) await isBack(); // the first search fetches tokens and is not counted
    searching = searchUntilOver();
    process.stdout.write('going\n');
  } else {
    Object.assign(state, { isOver: true, givesUp: word === 'now' });
    await searching;
    process.stdout.write(`${JSON.stringify(counts satisfies Traffic)}\n`);
  }
}
process.exit(0);
