import { ClientError, type ClientErrorCode } from '@sotto/client';
import { ProtocolError } from '@sotto/wire';
import manifest from '../package.json' with { type: 'json' };
import { iso, printable } from './arguments.ts';
import { Failure, HelpRequest, parseCall, UsageError, type Command } from './command.ts';
import { account } from './commands/account.ts';
import { auditCommand } from './commands/audit.ts';
import { bundleExport, bundleImport, bundleSign } from './commands/bundle-sign.ts';
import { bundleVerify } from './commands/bundle.ts';
import { checkCommand } from './commands/check.ts';
import { explain } from './commands/explain.ts';
import { fetchCommand } from './commands/fetch.ts';
import { initA, initB } from './commands/init.ts';
import { keysRetireAll, keysRewrap, keysRotate } from './commands/keys-change.ts';
import { keysList, keysShow } from './commands/keys.ts';
import { logAdd } from './commands/log-add.ts';
import { logInit } from './commands/log-init.ts';
import { logMonitor } from './commands/log-monitor.ts';
import { logVerify } from './commands/log-verify.ts';
import { probeCommand } from './commands/probe.ts';
import { quotaShow } from './commands/quota.ts';
import { rootNew } from './commands/root.ts';
import { search } from './commands/search.ts';
import { candidates, completion } from './completion.ts';
import { configSet, configShow } from './config.ts';
import { commandHelp, groupHelp, overview } from './help.ts';
import type { Io, Status } from './io.ts';
import { didYouMean } from './suggestion.ts';

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  search,
  explain,
  fetchCommand,
  probeCommand,
  auditCommand,
  initB,
  initA,
  account,
  checkCommand,
  keysShow,
  keysList,
  keysRotate,
  keysRewrap,
  keysRetireAll,
  quotaShow,
  bundleVerify,
  bundleSign,
  bundleExport,
  bundleImport,
  rootNew,
  logInit,
  logAdd,
  logMonitor,
  logVerify,
  configShow,
  configSet,
  completion,
];

/** Errors without a response. Nothing is known to be wrong. */
const UNREACHABLE: ReadonlySet<ClientErrorCode> = new Set([
  'relay-unreachable',
  'issuer-unreachable',
  'bundle-outdated',
  'bundle-unconfirmed',
]);

/** Runs the command line. It never throws: a failure is reported in one line. */
export async function run(argv: readonly string[], io: Io): Promise<Status> {
  const [first = '', ...rest] = argv;
  if (first === '__complete') {
    for (const name of candidates(COMMANDS, rest)) io.out(name);
    return 0;
  }
  if (first === '--version' || first === '-V') {
    io.out(manifest.version);
    return 0;
  }
  if (first === 'help' || first === '--help' || first === '-h') return help(rest, io);
  const spec = find(argv);
  if (spec === undefined) return noCommand(argv, io);
  try {
    return await spec.run(parseCall(spec, argv.slice(spec.name.split(' ').length)), io);
  } catch (error) {
    if (error instanceof HelpRequest) return print(commandHelp(spec, io), io);
    return report(error, spec, argv.includes('--json'), io);
  }
}

/** The command that these words begin with. */
function find(words: readonly string[]): Command | undefined {
  return COMMANDS.find(({ name }) => name.split(' ').every((part, i) => part === words[i]));
}

const inGroup = (group: string): readonly Command[] =>
  COMMANDS.filter(({ name }) => name.startsWith(`${group} `));

function help(words: readonly string[], io: Io): Status {
  const [first = ''] = words;
  if (first === '') return print(overview(COMMANDS, io), io);
  const spec = find(words);
  if (spec !== undefined) return print(commandHelp(spec, io), io);
  const group = inGroup(first);
  if (group.length > 0 && words.length === 1) return print(groupHelp(first, group, io), io);
  return noCommand(words, io);
}

function noCommand(words: readonly string[], io: Io): Status {
  const [first = '', second = ''] = words;
  const group = inGroup(first);
  if (group.length > 0 && (second === '--help' || second === '-h')) {
    return print(groupHelp(first, group, io), io);
  }
  if (first === '') {
    io.err('sotto: name a command. See sotto --help.');
    return 2;
  }
  const verbs = group.map(({ name }) => name.slice(first.length + 1));
  const said =
    group.length === 0
      ? `no such command: ${printable(first)}${didYouMean(first, topLevel())}. See sotto --help.`
      : second === ''
        ? `${first}: name one of ${verbs.join(', ')}. See sotto help ${first}.`
        : `no such command: ${first} ${printable(second)}${didYouMean(second, verbs)}. See sotto help ${first}.`;
  io.err(`sotto: ${said}`);
  return 2;
}

const topLevel = (): string[] => [...new Set(COMMANDS.map(({ name }) => name.split(' ', 1)[0] ?? ''))];

function print(lines: readonly string[], io: Io): Status {
  for (const line of lines) io.out(line);
  return 0;
}

interface Report {
  readonly status: Status;
  readonly code: string;
  readonly message: string;
  readonly advice?: string;
  readonly until?: string;
}

function report(error: unknown, spec: Command, json: boolean, io: Io): Status {
  const found = reportOf(error);
  const { status, code, message, advice, until } = found;
  if (json) {
    io.err(JSON.stringify({ error: found }));
    return status;
  }
  if (status === 2) {
    io.err(`sotto ${spec.name}: ${message.replace(/\.$/, '')}. See sotto ${spec.name} --help.`);
    return status;
  }
  const more = [
    advice,
    until === undefined ? undefined : `(until ${until})`,
    code === '' ? undefined : `[${code}]`,
  ];
  io.err(`sotto: ${[message, ...more].filter((part) => part !== undefined).join(' ')}`);
  return status;
}

function reportOf(error: unknown): Report {
  if (error instanceof UsageError) return { status: 2, code: 'usage', message: error.message };
  if (error instanceof Failure) return { status: error.status, code: '', message: error.message };
  if (error instanceof ClientError) {
    const { code, message, advice, until } = error;
    const status = code === 'config' ? 2 : UNREACHABLE.has(code) ? 3 : 1;
    const hint = code === 'tokens-resting' ? ' Or pass --fresh.' : '';
    return {
      status,
      code,
      message,
      advice: `${advice}${hint}`,
      ...(until !== null && { until: iso(until) }),
    };
  }
  if (error instanceof ProtocolError) {
    return {
      status: 1,
      code: error.code,
      message: 'The response cannot be read: it is not what this command expects.',
    };
  }
  const name = error instanceof Error ? error.name : 'unknown';
  return { status: 1, code: name, message: 'The command failed because of a fault in it.' };
}
