import { parseArgs } from 'node:util';
import type { Io, Status } from './io.ts';
import { didYouMean } from './suggestion.ts';

/** One option of a command. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  /** Placeholder of its value in the help. */
  readonly value?: string;
  /** What it does, for the help. */
  readonly text: string;
}

/** Options by their long name. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** Options that every command has. */
export const COMMON = {
  json: { type: 'boolean', text: 'print JSON' },
  config: { type: 'string', value: 'DIR', text: 'read URLs and the root from DIR/client.json' },
  profile: { type: 'string', value: 'NAME', text: 'the same, from a named profile (see sotto config)' },
  help: { type: 'boolean', short: 'h', text: 'print this help' },
} as const satisfies OptionSpecs;

type ValueOf<O extends OptionSpec> = O extends { readonly type: 'boolean' }
  ? boolean
  : O extends { readonly multiple: true }
    ? readonly string[]
    : string;

/** The options that were given. */
export type Values<T extends OptionSpecs> = {
  readonly [K in keyof (T & typeof COMMON)]?: ValueOf<(T & typeof COMMON)[K]>;
};

/** A command line after parsing. */
export interface Call<T extends OptionSpecs> {
  readonly values: Values<T>;
  /** Words that are not options. */
  readonly words: readonly string[];
}

/** A command: everything that the help, the completion and the parser need. */
export interface Command<T extends OptionSpecs = OptionSpecs> {
  /** `search`, or `keys show` for a command in a group. */
  readonly name: string;
  /** The words after its name, for the help. */
  readonly synopsis: string;
  /** One line. */
  readonly summary: string;
  /** More, for the help. */
  readonly details?: string;
  readonly options: T;
  /** A command line without `sotto`, and what it does. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  readonly run: (call: Call<T>, io: Io) => Promise<Status>;
}

/** Declares a command. The types of its options are those of the call. */
export const command = <const T extends OptionSpecs>(spec: Command<T>): Command => spec as unknown as Command;

/** The arguments are wrong. The message is one sentence without the full stop. */
export class UsageError extends Error {}

/** A failure that is reported in one line. */
export class Failure extends Error {
  readonly status: Status;

  constructor(message: string, status: Status = 1) {
    super(message);
    this.status = status;
  }
}

/** Help was requested. */
export class HelpRequest extends Error {}

/** @throws {UsageError} @throws {HelpRequest} */
export function parseCall(spec: Command, argv: readonly string[]): Call<OptionSpecs> {
  const options: OptionSpecs = { ...spec.options, ...COMMON };
  const args = joinValues(argv, options);
  if (args.some((word, i) => (word === '--help' || word === '-h') && !args.slice(0, i).includes('--'))) {
    throw new HelpRequest();
  }
  checkNames(args, options);
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true });
    return { values: values as Values<OptionSpecs>, words: positionals };
  } catch (error) {
    const message = (error as Error).message.split(/\.? To specify|\n/)[0]?.replace(/\.$/, '') ?? '';
    const [, option] = /^Option '(?:-\w, )?(--[\w-]+).*argument (?:missing|is ambiguous)/.exec(message) ?? [];
    throw new UsageError(option === undefined ? message : `${option} needs a value`);
  }
}

function checkNames(args: readonly string[], options: OptionSpecs): void {
  const end = args.indexOf('--');
  for (const word of end < 0 ? args : args.slice(0, end)) {
    const [, name] = /^--(?:no-)?([^=]+)/.exec(word) ?? [];
    if (name === undefined || Object.hasOwn(options, name)) continue;
    const known = Object.keys(options).map((option) => `--${option}`);
    throw new UsageError(`unknown option --${name}${didYouMean(`--${name}`, known)}`);
  }
}

/** Joins each option with its value, because a key in base64url may begin with a dash. */
function joinValues(argv: readonly string[], options: OptionSpecs): string[] {
  const takesValue = (word: string): boolean =>
    word.startsWith('--')
      ? options[word.slice(2)]?.type === 'string'
      : Object.values(options).some(({ short, type }) => word === `-${short}` && type === 'string');
  const isOption = (word: string): boolean =>
    word.startsWith('--') && Object.hasOwn(options, word.slice(2).split('=', 1)[0] ?? '');
  const words: string[] = [];
  let waiting = false; // whether the last word waits for its value
  for (const [i, word] of argv.entries()) {
    if (word === '--' && !waiting) return [...words, ...argv.slice(i)];
    if (waiting && !isOption(word)) {
      const option = words.pop() ?? '';
      words.push(option.startsWith('--') ? `${option}=${word}` : `${option}${word}`);
      waiting = false;
    } else {
      words.push(word);
      waiting = takesValue(word);
    }
  }
  return words;
}
