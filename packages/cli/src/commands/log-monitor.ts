import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProtocolError, utf8 } from '@sotto/wire';
import { count, noMore, printable } from '../arguments.ts';
import { command, Failure, UsageError } from '../command.ts';
import { base, rootKey } from '../fetching.ts';
import type { Io, Status } from '../io.ts';
import { POLICY, readPolicy } from '../log/policy.ts';
import { observe, type MonitorRules, type Observation, type ObservedEntry } from '../log/monitor.ts';
import { writeDurably } from '../write-durably.ts';

const EVERY = 3600; // seconds

/** `sotto log monitor`. */
export const logMonitor = command({
  name: 'log monitor',
  synopsis: '',
  summary: 'follow a log of key bundles, and keep the evidence if it shows two histories',
  details:
    'Prints one line for each new entry: epoch, services, SHA-256 of the bundle; separated by tabs. Anybody can run it: it needs\nno secret. DIR keeps the last checkpoint, and both notes of a fork.',
  options: {
    policy: POLICY,
    root: { type: 'string', value: 'KEY', text: "the bundle's Ed25519 key, base64url" },
    log: {
      type: 'string',
      value: 'URL',
      text: 'where the files of the log are: its own server, or a mirror',
    },
    relay: { type: 'string', multiple: true, value: 'URL', text: 'a relay that must serve what is logged' },
    state: { type: 'string', value: 'DIR', text: 'folder for the last checkpoint and for evidence' },
    every: { type: 'string', value: 'SECONDS', text: `between two looks; default ${EVERY}` },
    once: { type: 'boolean', text: 'look once' },
  },
  examples: [
    [
      'log monitor --policy policy --root KEY --log https://log.example --state seen --once',
      'checks a log and remembers its checkpoint',
    ],
  ],
  run: async ({ values, words }, io) => {
    noMore(words);
    const { log, state } = values;
    if (log === undefined) throw new UsageError('--log is missing');
    if (state === undefined) throw new UsageError('--state is missing');
    const policy = await readPolicy(values.policy, io);
    const rules = {
      policy,
      base: policy.base ?? 0,
      log: base(log, 'log'),
      relays: (values.relay ?? []).map((url) => base(url, 'relay')),
      roots: [rootKey(values.root ?? '')],
    };
    const every = count(values.every, 'every') ?? EVERY;
    for (;;) {
      const status = await look(rules, path.resolve(io.cwd, state), values.json === true, io);
      if (values.once === true || status === 1) return status;
      await sleep(every * 1000);
    }
  },
});

async function look(
  rules: Omit<MonitorRules, 'last'>,
  folder: string,
  json: boolean,
  io: Io,
): Promise<Status> {
  const file = path.join(folder, 'checkpoint');
  const last = await readFile(file, 'utf8').catch(() => null);
  let seen: Observation;
  try {
    seen = await observe(io, { ...rules, last });
  } catch (error) {
    if (error instanceof Failure && error.status === 3) {
      io.err(`sotto: ${error.message}`);
      return 3;
    }
    if (!(error instanceof ProtocolError)) throw error;
    throw new Failure(`${rules.log} does not serve a log (${error.code}). Check its address.`);
  }
  const { anomalies, entries, note } = seen;
  await mkdir(folder, { recursive: true });
  const known = last === null ? 0 : Number(last.split('\n')[1]);
  for (const entry of entries.slice(known)) print(entry, json, io);
  for (const { what, notes } of anomalies) {
    const files = await keepEvidence(folder, notes);
    if (json) io.out(JSON.stringify({ anomaly: what, evidence: files }));
    io.err(`sotto: ${printable(what)}${files.length === 0 ? '' : `. Evidence: ${files.join(' ')}`}`);
  }
  if (anomalies.length > 0) return 1;
  await writeDurably(file, utf8(note)).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`cannot write ${file} (${error.code ?? 'unknown'})`);
  });
  return 0;
}

function print({ epochIndex, bundle, digest }: ObservedEntry, json: boolean, io: Io): void {
  const services = bundle?.services.map(({ name }) => name) ?? [];
  if (json) io.out(JSON.stringify({ epoch: epochIndex, void: bundle === null, services, digest }));
  else io.out([epochIndex, bundle === null ? 'void' : printable(services.join(',')), digest].join('\t'));
}

/** Writes the notes of a fork into files that no later look replaces. */
async function keepEvidence(folder: string, notes: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const [i, note] of notes.entries()) {
    for (let n = 1; ; n++) {
      const file = path.join(folder, `fork-${n}-${i + 1}.note`);
      const there = await readFile(file, 'utf8').catch(() => null);
      if (there !== null && there !== note) continue;
      if (there === null) await writeFile(file, note, { flag: 'wx' });
      files.push(file);
      break;
    }
  }
  return files;
}
