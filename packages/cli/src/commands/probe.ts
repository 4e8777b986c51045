import { randomFillSync } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { nodeHpke } from '@sotto/ohttp/node';
import { ProtocolError } from '@sotto/wire';
import { count, Failure, noMore, parse, printable, UsageError } from '../arguments.ts';
import { base, rootKey } from '../fetching.ts';
import type { Io, Status } from '../io.ts';
import { localSuite } from '../local.ts';
import { ENVELOPE_ROWS } from '../probe/envelope-rows.ts';
import { KEY_ROWS } from '../probe/key-rows.ts';
import { LEAK_ROWS } from '../probe/leak-rows.ts';
import {
  cannotTell,
  fail,
  NoResponseError,
  type Finding,
  type Live,
  type ProbePlatform,
  type Row,
} from '../probe/live.ts';
import { reach } from '../probe/reach.ts';
import { RELAY_ROWS } from '../probe/relay-rows.ts';
import { table } from '../table.ts';

export const PROBE_USAGE = `Usage: sotto probe [--relay URL [--gateway URL] [--root KEY]]

Test a live deployment from outside, ours or anybody's: what it refuses, what it lets through, what it
shows to whom. One row a question: pass, fail, or cannot tell. Exit status 1 if one fails.
It sends about sixty requests, and no token.

  --relay URL            base URL of the relay; without it, the local suite of the same PORT
  --gateway URL          base URL of its gateway: asked directly too
  --root KEY             the bundle's Ed25519 key, base64url
  --egress NAME=VALUE    a header that the relay's place of execution adds, the same for everyone; repeatable
  --epoch-seconds N      seconds of a epoch, if it is not a day
  --json                 one object a line: id, result, detail`;

const ROWS: readonly Row[] = [...RELAY_ROWS, ...KEY_ROWS, ...ENVELOPE_ROWS, ...LEAK_ROWS];
const SIGNS = { pass: 'pass', fail: 'FAIL', 'cannot-tell': 'cannot tell' } as const;

/** Runs `sotto probe`. */
export async function probe(
  argv: readonly string[],
  io: Io,
  given: Partial<Omit<ProbePlatform, 'fetch'>> = {},
): Promise<Status> {
  const { values, positionals } = parse(argv, {
    relay: { type: 'string' },
    gateway: { type: 'string' },
    root: { type: 'string' },
    egress: { type: 'string', multiple: true },
    'epoch-seconds': { type: 'string' },
    json: { type: 'boolean' },
  });
  noMore(positionals);
  const local = values.relay === undefined ? await localSuite(io) : null;
  const { relay, gateway, root } = { ...local, ...values };
  const platform: ProbePlatform = {
    fetch: io.fetch,
    random: (length) => randomFillSync(new Uint8Array(length)),
    now: () => Math.floor(Date.now() / 1000),
    sleep: (seconds) => wait(seconds * 1000),
    hpke: nodeHpke(),
    ...given,
  };
  const live = await reached({
    ...platform,
    relay: base(relay ?? ''),
    gateway: gateway === undefined ? null : base(gateway),
    roots: root === undefined ? null : [rootKey(root)],
    epochSeconds: count(values['epoch-seconds'], 'epoch-seconds') ?? local?.epochSeconds ?? 86_400,
    egress: egressOf(values.egress ?? []),
  });
  let status: Status = 0;
  const lines: string[][] = [];
  for (const row of ROWS) {
    const { result, detail } = await found(row, live);
    if (result === 'fail') status = 1;
    if (values.json === true) io.out(JSON.stringify({ id: row.id, result, detail: printable(detail) }));
    else lines.push([row.id, SIGNS[result], row.title, printable(detail)]);
  }
  for (const line of table(lines)) io.out(line);
  return status;
}

async function reached(options: Parameters<typeof reach>[0]): Promise<Live> {
  try {
    return await reach(options);
  } catch (error) {
    if (error instanceof NoResponseError) throw new Failure(error.message);
    throw error;
  }
}

/** The finding of a check. An unreadable response is a fault; no response is inconclusive. */
async function found({ check }: Row, live: Live): Promise<Finding> {
  try {
    return await check(live);
  } catch (error) {
    if (error instanceof NoResponseError) return cannotTell(error.message);
    if (error instanceof ProtocolError) return fail(`the response cannot be read (${error.code})`);
    if (error instanceof SyntaxError) return fail('the response cannot be read');
    throw error;
  }
}

function egressOf(pairs: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    pairs.map((pair) => {
      const [, name, value] = /^([\w-]+)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined || value === undefined) throw new UsageError('--egress takes NAME=VALUE');
      return [name.toLowerCase(), value];
    }),
  );
}
