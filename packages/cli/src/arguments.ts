import { UsageError } from './command.ts';

/** A whole number of at least 1. @throws {UsageError} */
export function count(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new UsageError(`--${name} must be a whole number of at least 1`);
  return Number(text);
}

/** @throws {UsageError} if there are more words than the command takes */
export function noMore(words: readonly string[]): void {
  if (words[0] !== undefined)
    throw new UsageError(`unexpected argument ${printable(JSON.stringify(words[0]))}`);
}

/** The query of a search: all words. @throws {UsageError} */
export function queryOf(words: readonly string[]): string {
  const query = words.join(' ').trim();
  if (query === '') throw new UsageError('a query is missing');
  return query;
}

/** Text of another party, without characters that a terminal would interpret. */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');

/** `1 picture`, `2 pictures`. */
export const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** A time in UTC, to the second. */
export const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000', '');

/** The options that were given: with `exactOptionalPropertyTypes` an absent one and an undefined one differ. */
export function given<T extends object>(options: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
