import { randomFillSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { nodeHpke } from '@sotto/ohttp/node';
import { ProtocolError, type Bytes } from '@sotto/wire';
import { count, given, noMore, printable } from '../arguments.ts';
import { command, Failure, parseCall, UsageError, type Values } from '../command.ts';
import { loadSettings } from '../config.ts';
import { base, rootKey } from '../fetching.ts';
import { statusOf } from '../findings.ts';
import { withProgress, type Io, type Status } from '../io.ts';
import { localSuite } from '../local.ts';
import {
  cannotTell,
  fail,
  FaultyResponseError,
  NoResponseError,
  type Finding,
  type Live,
  type ProbePlatform,
  type Row,
  type Target,
} from '../probe/live.ts';
import { reach, type ProbeTarget } from '../probe/reach.ts';
import { asJson, junit, printList, printTable, type RowFinding } from '../probe/report.ts';
import { inSection, judged, ROWS } from '../probe/rows.ts';
import { sender, type SendLimits } from '../probe/send.ts';

const MOST_REQUESTS = 240;
const RATE = 4; // requests a second
const TIMEOUT = 20; // seconds

const OPTIONS = {
  relay: { type: 'string', value: 'URL', text: 'base URL of the relay' },
  gateway: {
    type: 'string',
    value: 'URL',
    text: 'base URL of the gateway: tested directly if there is no --relay',
  },
  keys: {
    type: 'string',
    value: 'URL|FILE',
    text: "the gateway's keys, if they are not where envelopes are posted",
  },
  target: {
    type: 'string',
    value: 'URL',
    text: 'a resource that the gateway admits, for the rows of class 2',
  },
  header: {
    type: 'string',
    value: 'NAME=VALUE',
    multiple: true,
    text: 'a header of every envelope, such as a credential',
  },
  section: {
    type: 'string',
    value: 'S',
    multiple: true,
    text: 'only rows of this section, such as 9458/5.2',
  },
  strict: { type: 'boolean', text: 'a failed SHOULD is a failure' },
  list: { type: 'boolean', text: 'print the rows, and send nothing' },
  junit: { type: 'string', value: 'FILE', text: 'write the findings as JUnit XML too' },
  rate: { type: 'string', value: 'N', text: `requests a second; default: ${RATE}, no pause on loopback` },
  'max-requests': {
    type: 'string',
    value: 'N',
    text: `never send more requests than this; default: ${MOST_REQUESTS}`,
  },
  timeout: { type: 'string', value: 'SECONDS', text: `of one request; default: ${TIMEOUT}` },
  root: { type: 'string', value: 'KEY', text: "the bundle's Ed25519 key, base64url" },
  egress: {
    type: 'string',
    value: 'NAME=VALUE',
    multiple: true,
    text: "a header that the relay's platform adds, the same for everyone",
  },
  'epoch-seconds': { type: 'string', value: 'N', text: 'length of an epoch, if it is not a day' },
} as const;

type ProbeValues = Values<typeof OPTIONS>;

/** `sotto probe`. */
export const probeCommand = command({
  name: 'probe',
  synopsis: '',
  summary: 'test any OHTTP relay or gateway from outside',
  details: [
    'One row per requirement, named by RFC section. Class 0 needs a URL, class 1 the gateway’s public keys, class 2 a',
    '--target, class 3 a gateway that tells which headers arrived. A failed MUST is FAIL, a failed SHOULD a warning;',
    'a deployment of Sotto must pass every row.',
    `It sends at most ${MOST_REQUESTS} requests and no token. Test only what you may test.`,
    'It cannot see logs, collusion, or how other clients are treated: passing is no audit.',
  ].join('\n'),
  options: OPTIONS,
  examples: [
    ['probe --gateway https://gateway.example --target https://www.example/', 'tests any gateway directly'],
    [
      'probe --relay https://relay.example --keys keys.bin --strict',
      'tests any relay with the keys of a file',
    ],
    [
      'probe --relay https://relay.example --gateway https://gateway.example --root KEY',
      'tests a deployment of Sotto',
    ],
    ['probe --list --section 9458/5.2', 'prints the rows of one section'],
    ['probe --json', 'tests the profile or the local suite, and prints one object per row'],
  ],
  run: ({ values, words }, io) => runProbe(values, words, io, {}),
});

type ProbePorts = Partial<Omit<ProbePlatform, 'fetch'>>;

/** Runs `sotto probe` with other ports than Node's. */
export async function probe(argv: readonly string[], io: Io, ports: ProbePorts = {}): Promise<Status> {
  const { values, words } = parseCall(probeCommand, argv);
  return runProbe(values, words, io, ports);
}

async function runProbe(
  values: ProbeValues,
  words: readonly string[],
  io: Io,
  ports: ProbePorts,
): Promise<Status> {
  noMore(words);
  const selected = rowsOf(values);
  if (values.list === true) {
    printList(selected, values.json === true, io);
    return 0;
  }
  const live = await reached(await targetOf(values, io, ports));
  const rows = selected.filter(({ relayOnly }) => relayOnly !== true || live.relay !== null);
  return checkAll(rows, live, values, io);
}

function rowsOf({ section = [] }: ProbeValues): readonly Row[] {
  for (const one of section)
    if (!ROWS.some(inSection(one)))
      throw new UsageError(`--section ${printable(one)} has no row; see sotto probe --list`);
  return section.length === 0 ? ROWS : ROWS.filter((row) => section.some((one) => inSection(one)(row)));
}

async function targetOf(values: ProbeValues, io: Io, ports: ProbePorts): Promise<ProbeTarget> {
  const profiled = values.config !== undefined || values.profile !== undefined;
  const named = values.relay !== undefined || (values.gateway !== undefined && !profiled);
  const settings = named ? null : await loadSettings(values, io);
  const local = named || settings !== null ? null : await localSuite(io);
  const { relay, gateway, root } = { ...local, ...settings, ...given(values) };
  const platform: ProbePlatform = {
    fetch: io.fetch,
    random: (length) => randomFillSync(new Uint8Array(length)),
    now: () => Math.floor(Date.now() / 1000),
    clock: () => performance.now(),
    sleep: (seconds) => wait(seconds * 1000),
    hpke: nodeHpke(),
    ...ports,
  };
  const bases = {
    relay: relay === undefined ? null : base(relay, 'relay'),
    gateway: gateway === undefined ? null : base(gateway, 'gateway'),
  };
  return {
    ...platform,
    send: sender(platform, limitsOf(values, bases.relay ?? bases.gateway ?? '')),
    ...bases,
    ...(await keysOf(values.keys, io)),
    target: targetUrl(values.target),
    headers: headersOf(values.header),
    roots: root === undefined ? null : [rootKey(root)],
    epochSeconds:
      count(values['epoch-seconds'], 'epoch-seconds') ??
      settings?.epochSeconds ??
      local?.epochSeconds ??
      86_400,
    egress: pairs(values.egress, 'egress'),
  };
}

function limitsOf(values: ProbeValues, tested: string): SendLimits {
  return {
    most: count(values['max-requests'], 'max-requests') ?? MOST_REQUESTS,
    rate: count(values.rate, 'rate') ?? (tested.startsWith('https:') ? RATE : null),
    timeoutSeconds: count(values.timeout, 'timeout') ?? TIMEOUT,
  };
}

async function keysOf(text: string | undefined, io: Io): Promise<Pick<ProbeTarget, 'keys' | 'keysUrl'>> {
  if (text === undefined) return { keys: null, keysUrl: null };
  if (/^https?:/i.test(text)) return { keys: null, keysUrl: base(text, 'keys') };
  const file = path.resolve(io.cwd, text);
  const keys: Bytes = await readFile(file).catch(() => {
    throw new UsageError(`--keys ${printable(text)} is no URL, and no file that can be read`);
  });
  return { keys, keysUrl: null };
}

function targetUrl(text: string | undefined): Target | null {
  if (text === undefined) return null;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new UsageError(`--target ${printable(text)} is no http or https URL`);
  const { host, pathname, search } = new URL(text);
  return { authority: host, path: pathname + search };
}

function pairs(words: readonly string[] = [], option: string): ReadonlyMap<string, string> {
  return new Map(
    words.map((pair) => {
      const [, name, value] = /^([\w-]+)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined || value === undefined) throw new UsageError(`--${option} must be NAME=VALUE`);
      return [name.toLowerCase(), value];
    }),
  );
}

/** Headers of every envelope. The message does not repeat a value, which may be a credential. */
function headersOf(words: readonly string[] = []): Readonly<Record<string, string>> {
  const headers = Object.fromEntries(pairs(words, 'header'));
  for (const [name, value] of Object.entries(headers)) {
    try {
      new Headers().set(name, value);
    } catch {
      throw new UsageError(`--header ${name}: the value has a character that no header may have`);
    }
  }
  return headers;
}

async function checkAll(rows: readonly Row[], live: Live, values: ProbeValues, io: Io): Promise<Status> {
  const report = values.junit === undefined ? null : await writable(path.resolve(io.cwd, values.junit));
  const judge = { strict: values.strict === true, own: live.bundleUrl !== null };
  const findings: RowFinding[] = [];
  for (const [i, row] of rows.entries()) {
    const progress = `row ${i + 1} of ${rows.length}: ${row.title}`;
    const finding = judged(row.level, await withProgress(io, progress, found(row, live)), judge);
    findings.push({ row, ...finding });
    if (values.json === true) io.out(asJson({ row, ...finding }));
  }
  if (values.json !== true) printTable(findings, io);
  if (report !== null) await writeFile(report, junit(findings));
  return statusOf(findings.map(({ result }) => result));
}

/** A file that is written when all rows are done. It is tried before anything is sent. */
async function writable(file: string): Promise<string> {
  await writeFile(file, '').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--junit ${printable(file)} cannot be written (${error.code ?? 'unknown error'})`);
  });
  return file;
}

async function reached(options: ProbeTarget): Promise<Live> {
  try {
    return await reach(options);
  } catch (error) {
    if (error instanceof NoResponseError)
      throw new Failure(`There is ${error.message}. Check the URL and your connection.`, 3);
    if (error instanceof FaultyResponseError) throw new Failure(`Nothing was tested: ${error.message}.`, 3);
    throw error;
  }
}

/** The finding of a check. An unreadable response is a fault; no response is inconclusive. */
async function found({ check }: Row, live: Live): Promise<Finding> {
  try {
    return await check(live);
  } catch (error) {
    if (error instanceof NoResponseError) return cannotTell(error.message);
    if (error instanceof FaultyResponseError) return fail(error.message);
    if (error instanceof ProtocolError) return fail(`the response cannot be read (${error.code})`);
    if (error instanceof SyntaxError) return fail('the response cannot be read');
    throw error;
  }
}
