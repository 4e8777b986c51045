import { ProtocolError } from '@sotto/wire';
import { ClientError } from '@sotto/client';
import { Failure, HelpRequest, printable, UsageError } from './arguments.ts';
import { bundle, BUNDLE_USAGE } from './commands/bundle.ts';
import { explain, EXPLAIN_USAGE } from './commands/explain.ts';
import type { Command, Io, Status } from './io.ts';
import { keys, KEYS_USAGE } from './commands/keys.ts';
import { probe, PROBE_USAGE } from './commands/probe.ts';
import { quota, QUOTA_USAGE } from './commands/quota.ts';
import { root, ROOT_USAGE } from './commands/root.ts';
import { search, SEARCH_USAGE } from './commands/search.ts';
import { explained } from './setup.ts';

interface Listed {
  readonly run: Command;
  readonly usage: string;
  readonly does: string;
}

const COMMANDS: Readonly<Record<string, Listed>> = {
  search: { run: search, usage: SEARCH_USAGE, does: 'search for stickers, privately' },
  explain: { run: explain, usage: EXPLAIN_USAGE, does: 'search, and show what each party saw' },
  keys: { run: keys, usage: KEYS_USAGE, does: 'show, list and rotate keys' },
  quota: { run: quota, usage: QUOTA_USAGE, does: 'show what an account has drawn' },
  bundle: { run: bundle, usage: BUNDLE_USAGE, does: 'verify and sign key bundles' },
  probe: { run: probe, usage: PROBE_USAGE, does: 'test a live deployment from outside' },
  root: { run: root, usage: ROOT_USAGE, does: 'make the key that signs bundles' },
};

const USAGE = [
  'Usage: sotto COMMAND …',
  '',
  ...Object.entries(COMMANDS).map(([name, { does }]) => `  ${name.padEnd(9)} ${does}`),
  '',
  '`sotto COMMAND --help` says more. Exit status: 0 done, 1 failed, 2 wrong usage.',
].join('\n');

/** Runs the command line. It never throws: what fails is said in one line. */
export async function run(argv: readonly string[], io: Io): Promise<Status> {
  const [name = '', ...rest] = argv;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const asked = name === '--help' || name === '-h' || name === 'help';
    if (!asked && name !== '') io.err(`sotto: no such command: ${printable(name)}\n`);
    (asked ? io.out : io.err)(USAGE);
    return asked ? 0 : 2;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    if (error instanceof HelpRequest) {
      io.out(command.usage);
      return 0;
    }
    const misconfigured = error instanceof ClientError && error.code === 'config';
    if (error instanceof UsageError || misconfigured) {
      io.err(`sotto: ${error.message}\n\n${command.usage}`);
      return 2;
    }
    io.err(`sotto: ${told(error)}`);
    return 1;
  }
}

function told(error: unknown): string {
  if (error instanceof ClientError) return explained(error);
  if (error instanceof Failure) return error.message;
  if (error instanceof ProtocolError) return `the response cannot be read (${error.code})`;
  return `failed (${error instanceof Error ? error.name : 'unknown'})`;
}
