import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** The words do not make a command. The message says which, in one line. */
export class UsageError extends Error {}

/** A failure with a line for a person. */
export class Failure extends Error {}

/** `--help` was among the words. */
export class HelpRequest extends Error {}

type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>
>;

/** @throws {UsageError} @throws {HelpRequest} */
export function parse<const T extends Options>(argv: readonly string[], options: T): Parsed<T> {
  if (argv.includes('--help') || argv.includes('-h')) throw new HelpRequest();
  try {
    return parseArgs({ args: joined(argv, options), options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]);
  }
}

/** Each option joined to its value, since a key in base64url may begin with a dash. */
function joined(argv: readonly string[], options: Options): string[] {
  const takesValue = (word: string): boolean =>
    options[word.slice(2)]?.type === 'string' && word.startsWith('--');
  const isOption = (word: string): boolean =>
    word.startsWith('--') && Object.hasOwn(options, word.slice(2).split('=', 1)[0] ?? '');
  const words: string[] = [];
  let open = false; // whether the word before waits for its value
  for (const [i, word] of argv.entries()) {
    if (word === '--' && !open) return [...words, ...argv.slice(i)];
    if (open && !isOption(word)) {
      words.push(`${words.pop()}=${word}`);
      open = false;
    } else {
      words.push(word);
      open = takesValue(word);
    }
  }
  return words;
}

/** A whole number of at least 1. @throws {UsageError} */
export function count(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new UsageError(`--${name} takes a whole number`);
  return Number(text);
}

/** @throws {UsageError} when there are more words than the command takes */
export function noMore(words: readonly string[]): void {
  if (words.length > 0) throw new UsageError('too many words');
}

/** The one word of a search. @throws {UsageError} */
export function queryOf([query = '', ...rest]: readonly string[]): string {
  if (query.trim() === '') throw new UsageError('what to search for?');
  if (rest.length > 0) throw new UsageError('too many words: quote a query of several');
  return query;
}

/** Server-made text without anything that a terminal would obey. */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');

/** `1 picture`, `2 pictures`. */
export const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** A time in UTC, to the second. */
export const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000', '');
