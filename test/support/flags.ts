import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{ options: T }>>['values'];

/** Parses a script's flags. `--help` prints the usage and exits with 0; an unknown flag exits with 2. */
export function flags<const T extends Options>(usage: string, options: T): Values<T> {
  if (process.argv.slice(2).includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    const [line = ''] = (error as Error).message.split('\n');
    console.error(`${line}\n\n${usage}`);
    return process.exit(2);
  }
}

/** The value of a flag as a number above zero; otherwise prints which flag is wrong and exits with 2. */
export function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (number > 0 && number < Infinity) return number;
  console.error(`--${name} takes a number above zero`);
  return process.exit(2);
}
