import { randomFillSync } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { nodeHpke } from '@sotto/ohttp/node';
import { ProtocolError } from '@sotto/wire';
import { count, given, noMore, printable } from '../arguments.ts';
import { command, Failure, parseCall, UsageError } from '../command.ts';
import { loadSettings, type ConfigValues } from '../config.ts';
import { base, rootKey } from '../fetching.ts';
import { withProgress, type Io, type Status } from '../io.ts';
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
import { SIGNS, statusOf } from '../findings.ts';
import { reach } from '../probe/reach.ts';
import { RELAY_ROWS } from '../probe/relay-rows.ts';
import { styled } from '../style.ts';
import { table } from '../table.ts';

const ROWS: readonly Row[] = [...RELAY_ROWS, ...KEY_ROWS, ...ENVELOPE_ROWS, ...LEAK_ROWS];

/** `sotto probe`. */
export const probeCommand = command({
  name: 'probe',
  synopsis: '',
  summary: 'test a live deployment from outside',
  details:
    'What it refuses, what it lets through, and what it shows to whom. One row per check: pass, FAIL or cannot tell.\nIt sends about sixty requests and no token, to any OHTTP relay.',
  options: {
    relay: { type: 'string', value: 'URL', text: 'base URL of the relay' },
    gateway: {
      type: 'string',
      value: 'URL',
      text: 'base URL of its gateway, which is then asked directly too',
    },
    root: { type: 'string', value: 'KEY', text: "the bundle's Ed25519 key, base64url" },
    egress: {
      type: 'string',
      value: 'NAME=VALUE',
      multiple: true,
      text: "a header that the relay's platform adds, the same for everyone",
    },
    'epoch-seconds': { type: 'string', value: 'N', text: 'length of an epoch, if it is not a day' },
  },
  examples: [
    [
      'probe --relay https://relay.example --gateway https://gateway.example --root KEY',
      'tests both from outside',
    ],
    ['probe --json', 'tests the profile or the local suite, and prints one object per check'],
  ],
  run: ({ values, words }, io) => runProbe(values, words, io, {}),
});

/** Runs `sotto probe` with other ports than Node's. */
export async function probe(
  argv: readonly string[],
  io: Io,
  ports: Partial<Omit<ProbePlatform, 'fetch'>> = {},
): Promise<Status> {
  const { values, words } = parseCall(probeCommand, argv);
  return runProbe(values, words, io, ports);
}

type ProbeValues = ConfigValues & {
  readonly relay?: string;
  readonly gateway?: string;
  readonly root?: string;
  readonly egress?: readonly string[];
  readonly 'epoch-seconds'?: string;
  readonly json?: boolean;
};

async function runProbe(
  values: ProbeValues,
  words: readonly string[],
  io: Io,
  ports: Partial<Omit<ProbePlatform, 'fetch'>>,
): Promise<Status> {
  noMore(words);
  const settings = values.relay === undefined ? await loadSettings(values, io) : null;
  const local = values.relay === undefined && settings === null ? await localSuite(io) : null;
  const { relay, gateway, root } = { ...local, ...settings, ...given(values) };
  const platform: ProbePlatform = {
    fetch: io.fetch,
    random: (length) => randomFillSync(new Uint8Array(length)),
    now: () => Math.floor(Date.now() / 1000),
    sleep: (seconds) => wait(seconds * 1000),
    hpke: nodeHpke(),
    ...ports,
  };
  const seconds = count(values['epoch-seconds'], 'epoch-seconds');
  const live = await reached({
    ...platform,
    relay: base(relay ?? '', 'relay'),
    gateway: gateway === undefined ? null : base(gateway, 'gateway'),
    roots: root === undefined ? null : [rootKey(root)],
    epochSeconds: seconds ?? settings?.epochSeconds ?? local?.epochSeconds ?? 86_400,
    egress: egressOf(values.egress ?? []),
  });
  return checkAll(live, values.json === true, io);
}

async function checkAll(live: Live, json: boolean, io: Io): Promise<Status> {
  const results: Finding['result'][] = [];
  const lines: string[][] = [];
  for (const [i, row] of ROWS.entries()) {
    const progress = `check ${i + 1} of ${ROWS.length}: ${row.title}`;
    const { result, detail } = await withProgress(io, progress, found(row, live));
    results.push(result);
    if (json) io.out(JSON.stringify({ id: row.id, result, detail: printable(detail) }));
    else lines.push([row.id, SIGNS[result], row.title, printable(detail)]);
  }
  for (const line of table(lines)) io.out(line.includes(' FAIL ') ? styled(io, 'red', line) : line);
  return statusOf(results);
}

async function reached(options: Parameters<typeof reach>[0]): Promise<Live> {
  try {
    return await reach(options);
  } catch (error) {
    if (error instanceof NoResponseError)
      throw new Failure(`There is ${error.message}. Check the URL and your connection.`, 3);
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
      if (name === undefined || value === undefined) throw new UsageError('--egress must be NAME=VALUE');
      return [name.toLowerCase(), value];
    }),
  );
}
